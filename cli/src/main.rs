//! Strata on the command line.

fn main() {}
