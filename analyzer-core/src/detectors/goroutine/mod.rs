//! `goroutine.*`: what the classified groups of goroutines say. The classification is
//! in `analysis::goroutines::classify`.

detectors! { leak }
