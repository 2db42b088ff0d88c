//! `cpu.*`: the quota, and what the runtime makes of it.

detectors! { gomaxprocs, pressure, quota, throttled }
