//! The module that the page unpacks with; the library holds everything.

// Keeps the library's exports in the module.
use unpack as _;

fn main() {}
