//! Number conversions that say what happens at the edges; the only place with `as`.

/// A length or offset in memory as a file offset. Lossless on every target.
pub const fn to_u64(n: usize) -> u64 {
    n as u64
}

/// A file offset or count as an index into memory, if this target can hold it.
pub fn to_usize(n: u64) -> Option<usize> {
    usize::try_from(n).ok()
}

/// A table index as the `u32` that ids are made of; saturates, and tables
/// refuse rows long before (see [`crate::base::limits`]).
pub fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The sum of amounts that a file states; saturates, as a file may state anything.
pub fn total(amounts: impl IntoIterator<Item = u64>) -> u64 {
    amounts.into_iter().fold(0, u64::saturating_add)
}

/// An id back as an index. Lossless on every target with at least 32 bits.
pub const fn id_to_usize(n: u32) -> usize {
    n as usize
}

/// `part / whole` as a fraction, for display and thresholds; `None` if `whole` is zero.
pub fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// A 64-bit count as a float, for statistics; exact below 2^53.
pub const fn to_f64(n: u64) -> f64 {
    n as f64
}

/// A wire value of a signed field: two's complement, as protobuf's `int64` stores it.
pub const fn wire_to_i64(n: u64) -> i64 {
    n as i64
}

/// Clamps a wide sum into the range of an `i64`.
pub fn clamp_i64(n: i128) -> i64 {
    i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX })
}

/// A signed value as a float, for positions on an axis; exact within ±2^53.
pub const fn i64_to_f64(n: i64) -> f64 {
    n as f64
}

/// A length in memory as a float; exact below 2^53.
pub const fn usize_to_f64(n: usize) -> f64 {
    n as f64
}

/// A position as an index: the whole part, clamped to what an index can be; zero for NaN.
pub const fn f64_to_usize(x: f64) -> usize {
    x as usize
}

/// A position as a value: the whole part, clamped; zero for NaN.
pub const fn f64_to_i64(x: f64) -> i64 {
    x as i64
}

/// A length in memory as a signed number. Lossless: no allocation passes `isize::MAX`.
pub const fn to_i64(n: usize) -> i64 {
    n as i64
}

/// A float as a whole number, rounded; `None` if it is no number or does not fit.
pub fn rounded_i64(value: f64) -> Option<i64> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    let rounded = value.round();
    (rounded.is_finite() && (-BOUND..BOUND).contains(&rounded)).then_some(rounded as i64)
}

/// Nanoseconds of one tick of a clock with `frequency` ticks in a second.
pub fn to_nanos_per_tick(frequency: u64) -> f64 {
    1e9 / frequency.max(1) as f64
}

/// `ticks` times `scale`, rounded to the nearest whole; saturates. Exact to
/// the nanosecond while the product is below 2^53 (104 days).
pub fn scale_ticks(ticks: u64, scale: f64) -> u64 {
    (ticks as f64 * scale).round() as u64
}
