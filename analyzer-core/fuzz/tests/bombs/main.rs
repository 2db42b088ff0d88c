//! Inputs made to exhaust memory or time: each is refused or cut at a named
//! limit, in words, within a memory that is stated, and the file beside it is
//! analyzed.

mod archives;
mod profiles;
mod support;
mod texts;
mod traces;
