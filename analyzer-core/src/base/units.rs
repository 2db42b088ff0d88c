//! Base units as types, so that bytes are never added to counts.
//!
//! ```
//! use analyzer_core::base::units::Bytes;
//!
//! let rss = Bytes::from_kib(800);
//! assert_eq!((rss - Bytes(819_000)).to_string(), "200 B");
//! ```

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

macro_rules! unit {
    ($(#[$meta:meta])* $name:ident($inner:ty), $suffix:literal) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl Sum for $name {
            fn sum<It: Iterator<Item = Self>>(iter: It) -> Self {
                iter.fold(Self::default(), Add::add)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{}", $suffix), self.0)
            }
        }
    };
}

unit! {
    /// An amount of memory. Signed, because differences and residuals are amounts too.
    Bytes(i64), " B"
}
unit! {
    /// A time span, or a point in time since the Unix epoch, in nanoseconds.
    Nanos(i64), " ns"
}
unit! {
    /// A number of things.
    Count(i64), ""
}

impl Bytes {
    /// From the KiB that procfs prints as "kB".
    pub const fn from_kib(kib: i64) -> Self {
        Self(kib.saturating_mul(1024))
    }
}

/// What a plain number in the report counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Nanoseconds.
    Nanoseconds,
    /// Things.
    Count,
    /// Whole minutes, as the Go runtime prints waits.
    Minutes,
    /// Hundredths of a percent.
    BasisPoints,
    /// Thousandths of a CPU.
    MilliCpu,
}
