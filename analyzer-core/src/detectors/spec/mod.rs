//! `spec.*`: what is wrong with the recipe before anything runs: limits, the runtime's variables, how
//! the process is started and stopped. Only what needs to know Go; what linters of manifests and of
//! Dockerfiles do well is left to them. A container is judged only if something shows that it is Go.

mod shell;
pub(in crate::detectors) mod support;

detectors! {
    gomemlimit_syntax,
    gomemlimit_limit,
    gomemlimit_missing,
    tmpfs,
    gomaxprocs_above,
    gomaxprocs_unaware,
    gogc_off,
    entrypoint,
    stop_signal,
    grace,
    request_gap,
    probe_pprof,
    debug_exposed,
    ceilings,
    cgo,
    go_old,
    madvdontneed,
    liveness_kills,
    drift,
}
