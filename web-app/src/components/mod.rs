//! Parts that several views share.

pub mod flame;
pub mod strata;
