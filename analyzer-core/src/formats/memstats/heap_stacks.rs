//! The stacks of `heap?debug=1` as a profile, for a text without the figures that stand below them.
//!
//! ```text
//! heap profile: 4: 122976 [3186: 71076696] @ heap/1048576
//! 1: 90112 [1: 90112] @ 0x408466 0x7ae656
//! #    0x7ae655    html.init+0x75    /usr/local/go/src/html/entity.go:16
//! ```
//! runtime/pprof/pprof.go (`writeHeapInternal`) prints what was sampled, and twice the rate. It is scaled up as
//! google/pprof does (profile/legacy_profile.go, `parseHeap`, `scaleHeapSample`).

use crate::base::convert::{i64_to_f64, rounded_i64, to_usize};
use crate::base::error::ParseError;
use crate::base::limits;
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::profiles::{LocationId, ValueType};
use crate::formats::Facts;
use crate::formats::goroutine_dump::{CountedFrame, counted_frame};
use crate::formats::record::decimal;
use crate::formats::sampled::{Builder, Frame};

/// The columns of Go's own heap profiles.
const COLUMNS: [(&str, &str); 4] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
];

/// A stack that is being read: its frames come after its amounts.
struct Open {
    /// Objects and bytes in use, then allocated.
    amounts: [i64; 4],
    at: usize,
    leaf_first: Vec<LocationId>,
    /// True if it has more frames than are kept.
    is_cut: bool,
}

/// Adds the stacks as a profile; none without a stack.
/// # Errors
/// `LimitExceeded` past the limits of profiles.
pub(super) fn read(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut lines = Lines::new(input.bytes);
    let title = lines.next().map_or(String::new(), |line| line.text().to_owned());
    let Some(rate) = rate(&title) else { return Ok(()) };
    let mut builder = Builder::new(input.source, &mut evidence.strings);
    for (what, unit) in COLUMNS {
        builder.column(what, unit);
    }
    let mut open: Option<Open> = None;
    let mut cut = 0_u64;
    for line in lines {
        let text = line.text();
        if let Some(amounts) = amounts(text) {
            finish(open.take(), rate, &mut builder)?;
            open = Some(Open {
                amounts,
                at: to_usize(line.offset).unwrap_or(0),
                leaf_first: Vec::new(),
                is_cut: false,
            });
        } else if let Some(frame) = text.trim().strip_prefix('#').and_then(counted_frame)
            && let Some(open) = &mut open
        {
            if open.leaf_first.len() < limits::SAMPLED_STACK_FRAMES {
                open.leaf_first.push(location(&frame, &mut builder));
            } else if !std::mem::replace(&mut open.is_cut, true) {
                cut += 1;
            }
        }
    }
    finish(open, rate, &mut builder)?;
    if cut > 0 {
        let message = format!(
            "{cut} stacks have more than {} frames; their outermost frames are omitted",
            limits::SAMPLED_STACK_FRAMES
        );
        facts.notes.data_loss("deep-stacks", None, message);
    }
    if builder.profile.samples.is_empty() {
        return Ok(());
    }
    builder.profile.period = Some(rate);
    let period = ValueType { kind: builder.strings.intern("space"), unit: builder.strings.intern("bytes") };
    builder.profile.period_type = Some(period);
    facts.kind = Some("heap".to_owned());
    let profile = builder.finish(&mut facts.notes);
    evidence.profiles.push(profile);
    Ok(())
}

fn location(frame: &CountedFrame<'_>, builder: &mut Builder<'_>) -> LocationId {
    let (file, line) = frame.place.unwrap_or_default();
    let named = frame.function.map(|name| Frame { name, file, line: line.unwrap_or(0).into(), column: 0 });
    builder.location(frame.pc, None, named)
}

fn finish(open: Option<Open>, rate: i64, builder: &mut Builder<'_>) -> Result<(), ParseError> {
    let Some(Open { amounts, at, leaf_first, .. }) = open else { return Ok(()) };
    let [objects, bytes, all_objects, all_bytes] = amounts;
    let (in_use, allocated) = (scaled(objects, bytes, rate), scaled(all_objects, all_bytes, rate));
    let size = all_bytes.checked_div(all_objects).or_else(|| bytes.checked_div(objects)).unwrap_or(0);
    let label = builder.number_label("bytes", size);
    let labels = builder.labels(&[label]);
    let stack = builder.stack(leaf_first.into_iter().rev(), at)?;
    builder.sample(stack, labels, at, None)?;
    builder.profile.samples.values.extend([allocated.0, allocated.1, in_use.0, in_use.1]);
    Ok(())
}

/// Bytes of allocation between two samples.
fn rate(title: &str) -> Option<i64> {
    let doubled = decimal(title.trim().rsplit_once("@ heap/")?.1)?;
    Some((doubled / 2).max(1))
}

/// The four numbers of `1: 90112 [1: 90112] @ 0x408466`.
fn amounts(text: &str) -> Option<[i64; 4]> {
    let (counts, _) = text.trim().split_once(" @")?;
    if !counts.bytes().all(|byte| byte.is_ascii_digit() || b": []".contains(&byte)) {
        return None;
    }
    let mut numbers = counts.split(|c: char| !c.is_ascii_digit()).filter_map(decimal);
    Some([numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?])
}

/// Objects and bytes as they were before sampling: an object of `size` bytes was sampled with
/// probability 1 - e^(-size/rate).
fn scaled(objects: i64, bytes: i64, rate: i64) -> (i64, i64) {
    if objects == 0 || bytes == 0 || rate <= 1 {
        return (objects, bytes);
    }
    let size = i64_to_f64(bytes) / i64_to_f64(objects);
    let factor = 1.0 / (1.0 - (-size / i64_to_f64(rate)).exp());
    let times = |amount: i64| rounded_i64((i64_to_f64(amount) * factor).trunc()).unwrap_or(amount);
    (times(objects), times(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;

    const TEXT: &str = "heap profile: 2: 1048608 [12: 1049200] @ heap/1048576\n\
        1: 1048576 [1: 1048576] @ 0x408466 0x7ae656 0x42c6ca\n\
        #\t0x7ae655\texample.com/shop/cart.(*Cart).Load+0x75\t\t/srv/cart.go:16\n\
        #\t0x42c6c9\tmain.main+0x1c9\t\t\t/srv/main.go:73\n\n\
        1: 32 [11: 624] @ 0x4570f9 0x42f470\n\
        #\t0x4570f8\texample.com/shop/log.f+0x78\t/srv/log.go:7\n";

    #[test]
    fn stacks_are_scaled_up_as_pprof_does() {
        assert_eq!(rate("heap profile: 2: 1048608 [12: 1049200] @ heap/1048576"), Some(524_288));
        assert_eq!(amounts("1: 32 [11: 624] @ 0x4570f9 0x42f470"), Some([1, 32, 11, 624]));
        assert_eq!(amounts("3 @ 0x1 0x2"), None);
        // 1 / (1 - e^-2) = 1.1565…; 1 / (1 - e^(-32/524288)) = 16384.5….
        assert_eq!(scaled(1, 1_048_576, 524_288), (1, 1_212_696));
        assert_eq!(scaled(1, 32, 524_288), (16_384, 524_304));
        assert_eq!(scaled(0, 0, 524_288), (0, 0));
        assert_eq!(scaled(3, 96, 1), (3, 96));
    }

    #[test]
    fn of_a_stack_that_is_too_deep_the_innermost_frames_are_kept() {
        let frames: String =
            (0..5000).map(|at| format!("#\t{:#x}\tmain.f{at}+0x1\t/srv/main.go:{at}\n", at + 1)).collect();
        let text = format!("heap profile: 1: 32 [1: 32] @ heap/2\n1: 32 [1: 32] @ 0x1\n{frames}");
        let mut session = Session::default();
        session.add("heap.txt", text.into_bytes());
        let report = session.report();
        let notes = &report.sources[0].notes;
        let said = "1 stacks have more than 4096 frames; their outermost frames are omitted";
        assert!(notes.iter().any(|note| note.message.contains(said)), "{notes:?}");
    }

    #[test]
    fn stacks_without_the_runtimes_figures_are_a_profile() {
        for (text, bytes) in [
            (TEXT.to_owned(), 1_212_696 + 524_304),
            // Cut within the second stack.
            (TEXT[..TEXT.len() - 30].to_owned(), 1_212_696 + 524_304),
            (format!("look at this:\n```\n{TEXT}```\nIt grows.\n"), 1_212_696 + 524_304),
        ] {
            let mut session = Session::default();
            session.add("paste.txt", text.clone().into_bytes());
            let report = session.report();
            let total = report
                .profiles
                .first()
                .and_then(|profile| profile.sample_types.iter().find(|column| column.kind == "inuse_space"));
            assert_eq!(total.map(|column| column.total), Some(bytes), "{text}");
        }
    }
}
