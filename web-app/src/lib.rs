//! The report viewer.
