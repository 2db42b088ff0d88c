//! Colors of boxes: an index for each, and what it looks like in a theme.
//!
//! A package has a hue of its own, out of a few that differ to most eyes;
//! standard library and runtime are muted, for they are rarely the cause.
//! Values go from pale to strong in one hue; a change has two hues that differ
//! for color-blind readers too, and never only those: shrinking is hatched.

use analyzer_core::base::convert::{f64_to_i64, id_to_usize, ratio, usize_to_f64};
use analyzer_core::base::go_symbol::{self, Origin};

/// Hues of packages.
const HUES: [u16; 12] = [258, 160, 75, 320, 205, 120, 35, 290, 230, 185, 95, 350];
/// Steps of a diff on each side of no change.
const STEPS: u8 = 4;

const STANDARD: u8 = 12;
const RUNTIME: u8 = 13;
const NATIVE: u8 = 14;
const ROOT: u8 = 15;
const SAME: u8 = 20;
/// The palest color of a value.
const VALUE: u8 = 32;
/// Shares of the whole, in percent, at which a value's color becomes stronger.
const VALUE_BOUNDS: [f64; 7] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0];

/// What is bad for certain.
pub const ALERT: u8 = 26;
/// What may be bad.
pub const CAUTION: u8 = 27;
/// What is fine.
pub const FINE: u8 = 28;
/// What nothing is known of.
pub const PLAIN: u8 = 29;

/// The root's color.
pub const fn root() -> u8 {
    ROOT
}

/// The color of a function: by its package.
pub fn of_function(name: &str, own_modules: &[String]) -> u8 {
    match origin(name, own_modules) {
        Origin::Own | Origin::Dependency => of_text(go_symbol::package(name)),
        Origin::Standard => STANDARD,
        Origin::Runtime => RUNTIME,
        Origin::Native => NATIVE,
    }
}

/// The color of a function: by the module that its package lies in.
pub fn of_module(name: &str, own_modules: &[String]) -> u8 {
    let package = go_symbol::package(name);
    match own_modules.iter().find(|own| go_symbol::is_within(package, own)) {
        Some(own) => of_text(own),
        None if origin(name, own_modules) == Origin::Dependency => of_text(go_symbol::likely_module(package)),
        None => of_function(name, own_modules),
    }
}

/// Where a function comes from, seen from a program of these modules.
pub fn origin(name: &str, own_modules: &[String]) -> Origin {
    let package = go_symbol::package(name);
    let own = own_modules.iter().find(|own| go_symbol::is_within(package, own));
    go_symbol::origin(name, own.map(String::as_str))
}

fn of_text(text: &str) -> u8 {
    // FNV-1a: the same package has the same color in every profile.
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    u8::try_from((hash ^ (hash >> 32)) % 12).unwrap_or(0)
}

/// The color of a change, by its share of what it changed.
pub fn of_change(before: i64, after: i64) -> u8 {
    let change = i128::from(after) - i128::from(before);
    let whole = i128::from(before).abs().max(i128::from(after).abs());
    graded(change, whole, [0.01, 0.05, 0.25, 0.6])
}

/// The color of a change, by its share of all that changed.
pub fn of_change_in_all(change: i64, all: i64) -> u8 {
    graded(change.into(), i128::from(all).abs(), [0.001, 0.01, 0.05, 0.2])
}

fn graded(change: i128, whole: i128, bounds: [f64; 4]) -> u8 {
    let share = ratio(change.abs(), whole).unwrap_or(0.0);
    let step = bounds.iter().fold(0, |step, &bound| step + u8::from(share >= bound));
    if change > 0 { SAME + step } else { SAME - step }
}

/// The color of what a node costs itself, by its share of the whole.
pub fn of_value(value: i64, whole: i64) -> u8 {
    let percent = ratio(i128::from(value).abs(), i128::from(whole).abs()).unwrap_or(0.0) * 100.0;
    VALUE + VALUE_BOUNDS.iter().fold(0, |step, &bound| step + u8::from(percent >= bound))
}

/// True if the color stands for growth, false for shrinking, `None` for neither.
pub fn is_growth(color: u8) -> Option<bool> {
    match color {
        _ if !(SAME - STEPS..=SAME + STEPS).contains(&color) || color == SAME => None,
        _ => Some(color > SAME),
    }
}

/// The fill of a color where nothing is written on it.
pub fn css_strong(color: u8, is_dark: bool) -> String {
    let (lightness, chroma, hue) = oklch(color, is_dark);
    hex(if is_dark { lightness + 0.15 } else { lightness - 0.15 }, chroma, hue)
}

/// The fill of a color: `#rrggbb`.
pub fn css(color: u8, is_dark: bool) -> String {
    let (lightness, chroma, hue) = oklch(color, is_dark);
    hex(lightness, chroma, hue)
}

fn oklch(color: u8, is_dark: bool) -> (f64, f64, u16) {
    match color {
        STANDARD => (if is_dark { 0.38 } else { 0.86 }, 0.018, 250),
        RUNTIME => (if is_dark { 0.33 } else { 0.91 }, 0.008, 250),
        NATIVE => (if is_dark { 0.36 } else { 0.88 }, 0.03, 60),
        ROOT => (if is_dark { 0.30 } else { 0.94 }, 0.005, 250),
        SAME => (if is_dark { 0.36 } else { 0.90 }, 0.005, 250),
        VALUE..64 => {
            let strength = f64::from(color - VALUE) / usize_to_f64(VALUE_BOUNDS.len());
            let lightness = if is_dark { 0.30 + 0.23 * strength } else { 0.95 - 0.25 * strength };
            (lightness, 0.01 + 0.12 * strength, 55)
        }
        ALERT => (if is_dark { 0.47 } else { 0.80 }, 0.11, 25),
        CAUTION => (if is_dark { 0.48 } else { 0.87 }, 0.10, 80),
        FINE => (if is_dark { 0.40 } else { 0.89 }, 0.05, 155),
        PLAIN => (if is_dark { 0.41 } else { 0.85 }, 0.02, 250),
        _ => match is_growth(color) {
            Some(is_growth) => {
                let strength = f64::from(color.abs_diff(SAME)) / f64::from(STEPS);
                let lightness = if is_dark { 0.36 + 0.10 * strength } else { 0.91 - 0.13 * strength };
                (lightness, 0.02 + 0.09 * strength, if is_growth { 30 } else { 240 })
            }
            None => {
                let hue = HUES.get(id_to_usize(u32::from(color))).copied().unwrap_or(0);
                if is_dark { (0.45, 0.075, hue) } else { (0.84, 0.075, hue) }
            }
        },
    }
}

/// A color of OKLCh in sRGB, which every program that shows pictures knows.
/// Source: Björn Ottosson, "A perceptual color space for image processing".
fn hex(lightness: f64, chroma: f64, hue: u16) -> String {
    let (sin, cos) = f64::from(hue).to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ];
    let [red, green, blue] = linear.map(|channel: f64| {
        let channel = channel.clamp(0.0, 1.0);
        let curved =
            if channel <= 0.003_130_8 { 12.92 * channel } else { 1.055 * channel.powf(1.0 / 2.4) - 0.055 };
        f64_to_i64((curved * 255.0).round())
    });
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_a_package_share_a_color_and_the_runtime_has_its_own() {
        let own = ["example.com/shop".to_owned()];
        let color = |name| of_function(name, &own);
        assert_eq!(color("example.com/shop/store.Open"), color("example.com/shop/store.(*DB).Close"));
        assert_eq!(color("runtime.mallocgc"), RUNTIME);
        assert_eq!(color("net/http.(*conn).serve"), STANDARD);
        assert_eq!(color("malloc"), NATIVE);
        assert!(color("example.com/shop/store.Open") < 12);
    }

    #[test]
    fn changes_are_graded_on_both_sides() {
        assert_eq!(of_change(100, 100), SAME);
        assert_eq!(of_change(0, 10), SAME + STEPS);
        assert_eq!(of_change(10, 0), SAME - STEPS);
        assert_eq!(of_change(100, 110), SAME + 2);
        assert_eq!(is_growth(of_change(100, 50)), Some(false));
        assert_eq!(is_growth(of_change(0, 0)), None);
    }

    #[test]
    fn values_go_from_pale_to_strong() {
        assert_eq!(of_value(0, 1000), VALUE);
        assert_eq!(of_value(1, 1000), VALUE + 1);
        assert_eq!(of_value(-500, 1000), VALUE + 7);
        assert_eq!(of_value(5, 0), VALUE);
        let lightness = |color| oklch(color, false).0;
        assert!((VALUE..VALUE + 7).all(|color| lightness(color) > lightness(color + 1)));
    }

    #[test]
    fn a_change_can_be_graded_by_all_that_changed() {
        assert_eq!(of_change_in_all(-300, 1000), SAME - STEPS);
        assert_eq!(of_change_in_all(20, 1000), SAME + 2);
        assert_eq!(of_change_in_all(0, 0), SAME);
    }

    #[test]
    fn every_color_looks_different_in_a_theme() {
        for is_dark in [true, false] {
            let all: std::collections::BTreeSet<String> =
                (0..25).chain(32..40).map(|color| css(color, is_dark)).collect();
            assert_eq!(all.len(), 33);
        }
    }

    #[test]
    fn colors_convert_to_srgb() {
        assert_eq!(hex(1.0, 0.0, 0), "#ffffff");
        assert_eq!(hex(0.0, 0.0, 0), "#000000");
        // oklch(0.628 0.2577 29.23), pure red, with the hue to the degree.
        assert_eq!(hex(0.628, 0.2577, 29), "#ff0004");
    }

    /// What is written on a box is black or white, by the theme.
    #[test]
    fn labels_stand_out_on_every_color() {
        let channel = |text: &str| {
            let value = f64::from(u8::from_str_radix(text, 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |hex: &str| {
            0.2126 * channel(&hex[1..3]) + 0.7152 * channel(&hex[3..5]) + 0.0722 * channel(&hex[5..7])
        };
        for (is_dark, ink) in [(false, "#15191e"), (true, "#f1f3f5")] {
            for color in (0..25).chain(32..40) {
                let (one, other) = (luminance(ink), luminance(&css(color, is_dark)));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= 4.5, "{color} {is_dark}: {contrast:.2}");
            }
        }
    }
}
