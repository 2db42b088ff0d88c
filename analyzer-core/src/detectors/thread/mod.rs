//! `thr.*`: threads that do not come back, and what bounds them.

detectors! { crash, near_limit, syscall_leak }
