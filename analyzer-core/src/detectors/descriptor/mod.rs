//! `fd.*`: descriptors that are not closed, and the limit on them.

detectors! { exhausted, leak, near_limit }
