//! The wire: varints, event numbers, and how many arguments each event has.
//! Source: `internal/trace/tracev2/events.go`. Numbers never change; versions only append.

/// Byte before a batch of one thread's events, or of a table.
pub(super) const EVENT_BATCH: u8 = 1;
/// First byte of a batch of stacks.
pub(super) const STACKS: u8 = 2;
/// One stack.
pub(super) const STACK: u8 = 3;
/// First byte of a batch of strings.
pub(super) const STRINGS: u8 = 4;
/// One string.
pub(super) const STRING: u8 = 5;
/// First byte of a batch of CPU samples.
pub(super) const CPU_SAMPLES: u8 = 6;
/// One CPU sample.
pub(super) const CPU_SAMPLE: u8 = 7;
/// Clock ticks in a second.
pub(super) const FREQUENCY: u8 = 8;
/// Byte before a batch of an experiment (Go 1.23).
pub(super) const EXPERIMENTAL_BATCH: u8 = 49;
/// First byte of a batch of clocks (Go 1.25).
pub(super) const SYNC: u8 = 50;
/// One reading of all clocks (Go 1.25).
pub(super) const CLOCK_SNAPSHOT: u8 = 51;
/// Lone byte after the last batch of a generation (Go 1.26).
pub(super) const END_OF_GENERATION: u8 = 52;

/// Timed events.
pub(super) mod ev {
    #![allow(missing_docs, reason = "the names are the specification's")]
    pub const PROCS_CHANGE: u8 = 9;
    pub const PROC_START: u8 = 10;
    pub const PROC_STOP: u8 = 11;
    pub const PROC_STEAL: u8 = 12;
    pub const PROC_STATUS: u8 = 13;
    pub const GO_CREATE: u8 = 14;
    pub const GO_CREATE_SYSCALL: u8 = 15;
    pub const GO_START: u8 = 16;
    pub const GO_DESTROY: u8 = 17;
    pub const GO_DESTROY_SYSCALL: u8 = 18;
    pub const GO_STOP: u8 = 19;
    pub const GO_BLOCK: u8 = 20;
    pub const GO_UNBLOCK: u8 = 21;
    pub const GO_SYSCALL_BEGIN: u8 = 22;
    pub const GO_SYSCALL_END: u8 = 23;
    pub const GO_SYSCALL_END_BLOCKED: u8 = 24;
    pub const GO_STATUS: u8 = 25;
    pub const STW_BEGIN: u8 = 26;
    pub const STW_END: u8 = 27;
    pub const GC_ACTIVE: u8 = 28;
    pub const GC_BEGIN: u8 = 29;
    pub const GC_END: u8 = 30;
    pub const GC_SWEEP_ACTIVE: u8 = 31;
    pub const GC_SWEEP_BEGIN: u8 = 32;
    pub const GC_SWEEP_END: u8 = 33;
    pub const GC_MARK_ASSIST_ACTIVE: u8 = 34;
    pub const GC_MARK_ASSIST_BEGIN: u8 = 35;
    pub const GC_MARK_ASSIST_END: u8 = 36;
    pub const HEAP_ALLOC: u8 = 37;
    pub const HEAP_GOAL: u8 = 38;
    pub const GO_LABEL: u8 = 39;
    pub const USER_TASK_BEGIN: u8 = 40;
    pub const USER_TASK_END: u8 = 41;
    pub const USER_REGION_BEGIN: u8 = 42;
    pub const USER_REGION_END: u8 = 43;
    pub const USER_LOG: u8 = 44;
    pub const GO_SWITCH: u8 = 45;
    pub const GO_SWITCH_DESTROY: u8 = 46;
    pub const GO_CREATE_BLOCKED: u8 = 47;
    pub const GO_STATUS_STACK: u8 = 48;
}

/// Marks a number that is no timed event.
const NOT_TIMED: u8 = u8::MAX;

/// Arguments after the time difference, by event number.
const ARGUMENTS: [u8; 256] = arguments();

const fn arguments() -> [u8; 256] {
    let mut table = [NOT_TIMED; 256];
    // From ProcsChange (9) to GoStatusStack (48).
    let timed: [u8; 40] = [
        2, 2, 0, 3, 2, 3, 1, 2, 0, 0, 2, 2, 3, 2, 0, 0, 3, 2, 0, 1, 2, 1, 1, 1, 2, 1, 1, 0, 1, 1, 1, 4, 2, 3,
        3, 4, 2, 2, 3, 4,
    ];
    // From Span (128) to GoroutineStackFree (136).
    let experimental: [u8; 9] = [3, 3, 1, 2, 2, 1, 2, 2, 1];
    let mut i = 0;
    while i < timed.len() {
        table[9 + i] = timed[i];
        i += 1;
    }
    i = 0;
    while i < experimental.len() {
        table[128 + i] = experimental[i];
        i += 1;
    }
    table
}

/// How often each number of the wire occurs: events, batches and table entries.
#[derive(Clone, Debug)]
pub struct WireCounts([u64; 256]);

impl Default for WireCounts {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl WireCounts {
    #[inline]
    pub(super) fn count(&mut self, number: u8) {
        self.0[usize::from(number)] += 1;
    }

    /// Names and counts of those that occur, by number.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.0.iter().zip(0u8..=u8::MAX).filter(|&(&count, _)| count > 0);
        counts.map(|(&count, number)| (name(number), count))
    }
}

/// The specification's name of a number.
fn name(number: u8) -> &'static str {
    /// From 1 to 52.
    const NAMES: [&str; 52] = [
        "EventBatch",
        "Stacks",
        "Stack",
        "Strings",
        "String",
        "CPUSamples",
        "CPUSample",
        "Frequency",
        "ProcsChange",
        "ProcStart",
        "ProcStop",
        "ProcSteal",
        "ProcStatus",
        "GoCreate",
        "GoCreateSyscall",
        "GoStart",
        "GoDestroy",
        "GoDestroySyscall",
        "GoStop",
        "GoBlock",
        "GoUnblock",
        "GoSyscallBegin",
        "GoSyscallEnd",
        "GoSyscallEndBlocked",
        "GoStatus",
        "STWBegin",
        "STWEnd",
        "GCActive",
        "GCBegin",
        "GCEnd",
        "GCSweepActive",
        "GCSweepBegin",
        "GCSweepEnd",
        "GCMarkAssistActive",
        "GCMarkAssistBegin",
        "GCMarkAssistEnd",
        "HeapAlloc",
        "HeapGoal",
        "GoLabel",
        "UserTaskBegin",
        "UserTaskEnd",
        "UserRegionBegin",
        "UserRegionEnd",
        "UserLog",
        "GoSwitch",
        "GoSwitchDestroy",
        "GoCreateBlocked",
        "GoStatusStack",
        "ExperimentalBatch",
        "Sync",
        "ClockSnapshot",
        "EndOfGeneration",
    ];
    /// From 128 to 136.
    const EXPERIMENTAL: [&str; 9] = [
        "Span",
        "SpanAlloc",
        "SpanFree",
        "HeapObject",
        "HeapObjectAlloc",
        "HeapObjectFree",
        "GoroutineStack",
        "GoroutineStackAlloc",
        "GoroutineStackFree",
    ];
    match number {
        1..=52 => NAMES[usize::from(number) - 1],
        128..=136 => EXPERIMENTAL[usize::from(number) - 128],
        _ => "Unknown",
    }
}

/// One event as it stands in a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawEvent {
    /// Its number.
    pub kind: u8,
    /// Ticks since the event before it, or since the batch's time.
    pub delta: u64,
    /// Its arguments; those that it does not have are 0.
    pub args: [u64; 4],
}

/// Reads the timed event at `*at`; `None`, with `*at` anywhere, if there is none.
#[inline]
pub(super) fn event(data: &[u8], at: &mut usize) -> Option<RawEvent> {
    let kind = *data.get(*at)?;
    *at += 1;
    let count = ARGUMENTS[usize::from(kind)];
    if count == NOT_TIMED {
        return None;
    }
    let delta = varint(data, at)?;
    let mut args = [0; 4];
    for arg in args.iter_mut().take(usize::from(count)) {
        *arg = varint(data, at)?;
    }
    Some(RawEvent { kind, delta, args })
}

/// Reads an unsigned LEB128 number of at most ten bytes. Padding is accepted:
/// the runtime writes the size of a batch into ten bytes reserved for it.
#[inline]
pub(super) fn varint(data: &[u8], at: &mut usize) -> Option<u64> {
    // One, two or three bytes are most of a trace.
    let (value, length) = match *data.get(*at..)? {
        [byte, ..] if byte < 0x80 => (u64::from(byte), 1),
        [low, high, ..] if high < 0x80 => (u64::from(low & 0x7f) | u64::from(high) << 7, 2),
        [low, middle, high, ..] if high < 0x80 => {
            (u64::from(low & 0x7f) | u64::from(middle & 0x7f) << 7 | u64::from(high) << 14, 3)
        }
        [first, ..] => {
            *at += 1;
            return varint_rest(data, at, first);
        }
        [] => return None,
    };
    *at += length;
    Some(value)
}

fn varint_rest(data: &[u8], at: &mut usize, first: u8) -> Option<u64> {
    let mut value = u64::from(first & 0x7f);
    for shift in (7..70).step_by(7) {
        let byte = *data.get(*at)?;
        *at += 1;
        if shift == 63 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_sizes_are_read_and_overlong_numbers_are_not() {
        let padded = [0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
        assert_eq!(varint(&padded, &mut 0), Some(5));
        assert_eq!(varint(&[0xff; 11], &mut 0), None);
        assert_eq!(
            varint(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], &mut 0),
            Some(u64::MAX)
        );
        assert_eq!(varint(&[0x80], &mut 0), None);
    }

    #[test]
    fn an_event_has_as_many_arguments_as_its_number_says() {
        let bytes = [ev::GO_CREATE, 1, 2, 3, 4, ev::GO_DESTROY, 9];
        let mut at = 0;
        let create = event(&bytes, &mut at).unwrap();
        assert_eq!((create.kind, create.delta, create.args), (ev::GO_CREATE, 1, [2, 3, 4, 0]));
        assert_eq!(event(&bytes, &mut at).map(|e| (e.kind, e.delta)), Some((ev::GO_DESTROY, 9)));
        assert!(event(&[EVENT_BATCH, 0], &mut 0).is_none());
    }
}
