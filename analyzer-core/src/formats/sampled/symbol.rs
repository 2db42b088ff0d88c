//! Names of functions as linkers and symbolizers print them, under the names that Go's own profiles have.

use std::borrow::Cow;

/// What C compilers add to the copies that they make of a function, with a number behind it.
const COPIES: [&str; 6] = ["isra", "part", "constprop", "cold", "llvm", "lto_priv"];

/// The name without what the linker adds: Go's ABI (`runtime.goexit.abi0`), its
/// type arguments (`main.Map[go.shape.int]` is `main.Map[...]` in Go's profiles),
/// and the copies of C compilers (`finish_task_switch.isra.0`).
pub fn plain(symbol: &str) -> Cow<'_, str> {
    let name = symbol.strip_suffix(".abi0").or_else(|| symbol.strip_suffix(".abiinternal")).unwrap_or(symbol);
    let name = without_copies(name);
    // runtime/symtab.go, funcNameForPrint: from the first bracket to the last.
    match (name.find("[go.shape."), name.rfind(']')) {
        (Some(begin), Some(end)) if begin < end => {
            let (before, after) =
                (name.get(..begin).unwrap_or_default(), name.get(end..).unwrap_or_default());
            Cow::Owned(format!("{before}[...{after}"))
        }
        _ => Cow::Borrowed(name),
    }
}

fn without_copies(mut name: &str) -> &str {
    // Go's receivers and the paths of packages have signs that no C name has.
    if !name.contains('.') || name.contains(['/', '(', '*', ' ', '[']) {
        return name;
    }
    while let Some((rest, last)) = name.rsplit_once('.') {
        let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        let copy = rest.rsplit_once('.').filter(|(_, copy)| is_number && COPIES.contains(copy));
        name = match copy {
            Some((function, _)) if !function.is_empty() => function,
            // `main.cold` is a function of Go's package main.
            _ if last == "cold" && !rest.is_empty() && rest != "main" => rest,
            _ => break,
        };
    }
    name
}

/// A frame of an interpreter or a C compiler's debug information, `work (app.py:12)`: function, file and line.
pub fn placed(frame: &str) -> (&str, &str, i64) {
    let place = frame.strip_suffix(')').and_then(|open| open.rsplit_once(" ("));
    let Some((name, place)) = place.filter(|(name, _)| !name.is_empty()) else { return (frame, "", 0) };
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) if !file.is_empty() => match line.parse() {
            Ok(line) => (file, line),
            Err(_) => return (frame, "", 0),
        },
        _ => (place, 0),
    };
    // `.` of a name's ending: what stands in brackets may also be arguments or a remark.
    let has_ending = file.rsplit(['/', '\\']).next().is_some_and(|last| last.trim_matches('.').contains('.'));
    if has_ending && !file.contains(',') { (name, file, line) } else { (frame, "", 0) }
}

#[cfg(test)]
mod tests {
    use super::{placed, plain};

    #[test]
    fn symbols_get_the_names_that_go_s_profiles_have() {
        for (symbol, expected) in [
            ("runtime.goexit.abi0", "runtime.goexit"),
            ("main.Map[go.shape.int,go.shape.struct { X int }].func1", "main.Map[...].func1"),
            ("main.(*Set[go.shape.string]).Add", "main.(*Set[...]).Add"),
            ("finish_task_switch.isra.0", "finish_task_switch"),
            ("do_work.constprop.0.isra.3", "do_work"),
            ("handler.part.0.cold", "handler"),
            ("main.part", "main.part"),
            ("main.cold", "main.cold"),
            ("main.run.func1.2", "main.run.func1.2"),
            ("example.com/a.part.0", "example.com/a.part.0"),
            ("main.(*T).cold", "main.(*T).cold"),
            ("std::vector<int>::at", "std::vector<int>::at"),
            (".cold", ".cold"),
            ("", ""),
        ] {
            assert_eq!(plain(symbol), expected, "{symbol}");
        }
    }

    #[test]
    fn places_behind_names_are_taken_off() {
        for (frame, expected) in [
            ("work (app.py:12)", ("work", "app.py", 12)),
            ("<module> (/srv/x.py)", ("<module>", "/srv/x.py", 0)),
            ("main.(*T).M", ("main.(*T).M", "", 0)),
            ("f(int, char)", ("f(int, char)", "", 0)),
            ("thread (0x7F1)", ("thread (0x7F1)", "", 0)),
            ("a (b.c, d)", ("a (b.c, d)", "", 0)),
        ] {
            assert_eq!(placed(frame), expected, "{frame}");
        }
    }
}
