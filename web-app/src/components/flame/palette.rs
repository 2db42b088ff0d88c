//! Colors of boxes: an index for each, and what it looks like in a theme.
//!
//! A package has a hue of its own, out of a few that differ to most eyes;
//! standard library and runtime are muted, for they are rarely the cause.

use analyzer_core::base::convert::{id_to_usize, ratio};
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

/// What is bad for certain.
pub const ALERT: u8 = 30;
/// What may be bad.
pub const CAUTION: u8 = 31;
/// What is fine.
pub const FINE: u8 = 32;
/// What nothing is known of.
pub const PLAIN: u8 = 33;

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
    let Some(share) = ratio(change.abs(), whole).filter(|share| *share >= 0.01) else { return SAME };
    let step = [0.05, 0.25, 0.6].iter().fold(1, |step, &bound| step + u8::from(share >= bound));
    if change > 0 { SAME + step } else { SAME - step }
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
    let lightness = if is_dark { lightness + 0.15 } else { lightness - 0.15 };
    format!("oklch({lightness:.3} {chroma:.3} {hue})")
}

/// The fill of a color.
pub fn css(color: u8, is_dark: bool) -> String {
    let (lightness, chroma, hue) = oklch(color, is_dark);
    format!("oklch({lightness:.3} {chroma:.3} {hue})")
}

fn oklch(color: u8, is_dark: bool) -> (f64, f64, u16) {
    match color {
        STANDARD => (if is_dark { 0.38 } else { 0.86 }, 0.018, 250),
        RUNTIME => (if is_dark { 0.33 } else { 0.91 }, 0.008, 250),
        NATIVE => (if is_dark { 0.36 } else { 0.88 }, 0.03, 60),
        ROOT => (if is_dark { 0.30 } else { 0.94 }, 0.005, 250),
        SAME => (if is_dark { 0.36 } else { 0.90 }, 0.005, 250),
        ALERT => (if is_dark { 0.47 } else { 0.80 }, 0.11, 25),
        CAUTION => (if is_dark { 0.48 } else { 0.87 }, 0.10, 80),
        FINE => (if is_dark { 0.40 } else { 0.89 }, 0.05, 155),
        PLAIN => (if is_dark { 0.41 } else { 0.85 }, 0.02, 250),
        _ => match is_growth(color) {
            Some(is_growth) => {
                let strength = f64::from(color.abs_diff(SAME)) / f64::from(STEPS);
                let lightness = if is_dark { 0.36 + 0.12 * strength } else { 0.90 - 0.16 * strength };
                (lightness, 0.03 + 0.11 * strength, if is_growth { 30 } else { 240 })
            }
            None => {
                let hue = HUES.get(id_to_usize(u32::from(color))).copied().unwrap_or(0);
                if is_dark { (0.45, 0.075, hue) } else { (0.84, 0.075, hue) }
            }
        },
    }
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
    fn every_color_looks_different_in_a_theme() {
        let all: std::collections::BTreeSet<String> = (0..25).map(|color| css(color, true)).collect();
        assert_eq!(all.len(), 25);
    }
}
