//! The Strata engine.
