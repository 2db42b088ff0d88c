//! Hand-made traces in which time alone gives a wrong order.

use super::{codes, read, text};

/// Events of the goroutines, shortened to `goroutine from>to`.
fn story(text: &str) -> (Vec<String>, Vec<u64>) {
    let (lines, decoded) = read(&text::wire_measured(text));
    let forced = decoded.generations.iter().map(|generation| generation.forced).collect();
    let go = |line: &String| {
        let (_, rest) = line.split_once("GoID=")?;
        let mut words = rest.split(' ');
        Some(format!("{} {}", words.next()?, words.next()?.replace("->", ">")))
    };
    (lines.iter().filter_map(go).collect(), forced)
}

/// Thread 2 starts goroutine 5 at a time before thread 1 makes it.
#[test]
fn a_goroutine_starts_after_it_was_made_whatever_the_clocks_say() {
    let (story, forced) = story(
        "Trace Go1.22
         EventBatch gen=1 m=1 time=100
         ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=1 g=1 m=1 gstatus=2
         GoCreate dt=50 new_g=5 new_stack=0 stack=0
         EventBatch gen=1 m=2 time=90
         ProcStatus dt=1 p=1 pstatus=1
         GoStart dt=1 g=5 g_seq=1
         GoDestroy dt=1
         EventBatch gen=1 m=18446744073709551615 time=200
         Frequency freq=15625000",
    );
    assert_eq!(
        story,
        ["1 Undetermined>Running", "5 NotExist>Runnable", "5 Runnable>Running", "5 Running>NotExist"]
    );
    assert_eq!(forced, [0]);
}

/// The sequence number alone tells which of two equal starts comes first.
#[test]
fn sequence_numbers_decide_between_threads() {
    let (story, forced) = story(
        "Trace Go1.22
         EventBatch gen=1 m=1 time=10
         ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=0 g=7 m=18446744073709551615 gstatus=1
         GoStart dt=9 g=7 g_seq=2
         GoDestroy dt=0
         EventBatch gen=1 m=2 time=20
         ProcStatus dt=0 p=1 pstatus=1
         GoStart dt=0 g=7 g_seq=1
         GoStop dt=0 reason_string=0 stack=0
         EventBatch gen=1 m=18446744073709551615 time=5
         Frequency freq=15625000",
    );
    assert_eq!(
        story,
        [
            "7 Undetermined>Runnable",
            "7 Runnable>Running",
            "7 Running>Runnable",
            "7 Runnable>Running",
            "7 Running>NotExist"
        ]
    );
    assert_eq!(forced, [0]);
}

/// The return from a blocked system call waits until another thread has taken the processor.
#[test]
fn a_blocked_system_call_ends_after_its_processor_was_stolen() {
    let (lines, decoded) = read(&text::wire_measured(
        "Trace Go1.22
         EventBatch gen=1 m=1 time=0
         ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=0 g=1 m=1 gstatus=2
         GoSyscallBegin dt=0 p_seq=1 stack=0
         GoSyscallEndBlocked dt=1
         EventBatch gen=1 m=2 time=5
         ProcStatus dt=0 p=1 pstatus=1
         ProcSteal dt=0 p=0 p_seq=2 m=1
         EventBatch gen=1 m=18446744073709551615 time=0
         Frequency freq=15625000",
    ));
    let steal = lines.iter().position(|line| line.contains("ProcID=0 Running->Idle")).unwrap();
    let back = lines.iter().position(|line| line.contains("Syscall->Runnable")).unwrap();
    assert!(steal < back);
    // Without its processor, as the thread that it is on has none.
    assert!(lines[back].starts_with("M=1 P=-1 G=1 "));
    assert!(codes(&decoded).is_empty());
}

/// A status restarts the count: the event of generation 2 must not go before it.
#[test]
fn nothing_moves_in_a_new_generation_before_its_status() {
    let (story, forced) = story(
        "Trace Go1.22
         EventBatch gen=1 m=1 time=0
         ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=0 g=4 m=18446744073709551615 gstatus=4
         GoUnblock dt=0 g=4 g_seq=1 stack=0
         EventBatch gen=1 m=18446744073709551615 time=0
         Frequency freq=15625000
         EventBatch gen=2 m=2 time=10
         ProcStatus dt=0 p=1 pstatus=1
         GoStart dt=0 g=4 g_seq=1
         EventBatch gen=2 m=1 time=20
         ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=0 g=4 m=18446744073709551615 gstatus=1
         EventBatch gen=2 m=18446744073709551615 time=20
         Frequency freq=15625000",
    );
    assert_eq!(
        story,
        ["4 Undetermined>Waiting", "4 Waiting>Runnable", "4 Runnable>Runnable", "4 Runnable>Running"]
    );
    assert_eq!(forced, [0, 0]);
}

#[test]
fn a_coroutine_switch_is_a_wake_a_block_and_a_start() {
    let (story, forced) = story(
        "Trace Go1.23
         EventBatch gen=1 m=1 time=0
         ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=0 g=1 m=1 gstatus=2
         GoCreateBlocked dt=1 new_g=2 new_stack=0 stack=0
         GoSwitch dt=1 g=2 g_seq=1
         GoSwitchDestroy dt=1 g=1 g_seq=1
         EventBatch gen=1 m=18446744073709551615 time=0
         Frequency freq=15625000",
    );
    assert_eq!(
        story,
        [
            "1 Undetermined>Running",
            "2 NotExist>Waiting",
            "2 Waiting>Runnable",
            "1 Running>Waiting",
            "2 Runnable>Running",
            "1 Waiting>Runnable",
            "2 Running>NotExist",
            "1 Runnable>Running"
        ]
    );
    assert_eq!(forced, [0]);
}

/// A wake-up that was lost: the start is taken by its time, and that is said.
#[test]
fn an_impossible_order_is_forced_and_noted() {
    let text = "Trace Go1.26
         EventBatch gen=1 m=1 time=0
         ProcStatus dt=0 p=0 pstatus=1
         GoStatus dt=0 g=4 m=18446744073709551615 gstatus=4
         GoStart dt=9 g=4 g_seq=2
         GoDestroy dt=1
         EventBatch gen=1 m=18446744073709551615 time=0
         Sync
         Frequency freq=15625000
         EndOfGeneration";
    let (told, forced) = story(text);
    assert_eq!(told, ["4 Undetermined>Waiting", "4 Waiting>Running", "4 Running>NotExist"]);
    assert_eq!(forced, [1]);
    let (_, decoded) = read(&text::wire_measured(text));
    assert_eq!(codes(&decoded), ["trace-order-uncertain"]);
}

#[test]
fn without_a_frequency_the_usual_clock_is_taken() {
    let (_, decoded) = read(&text::wire_measured(
        "Trace Go1.22
         EventBatch gen=1 m=1 time=1000
         ProcStatus dt=100 p=0 pstatus=2",
    ));
    assert_eq!((decoded.generations[0].frequency, decoded.generations[0].end), (15_625_000, 6_400));
}

/// Nobody witnessed the statuses of quiet goroutines, which carry a late time:
/// they do not push the next generation's events ahead.
#[test]
fn times_stay_as_they_were_written() {
    let (_, decoded) = read(&text::wire_measured(
        "Trace Go1.22
         EventBatch gen=1 m=1 time=0
         ProcStatus dt=0 p=0 pstatus=1
         EventBatch gen=1 m=18446744073709551615 time=5000
         GoStatus dt=0 g=4 m=18446744073709551615 gstatus=4
         EventBatch gen=1 m=18446744073709551615 time=5000
         Frequency freq=15625000
         EventBatch gen=2 m=1 time=1000
         ProcStatus dt=0 p=0 pstatus=1
         EventBatch gen=2 m=18446744073709551615 time=6000
         Frequency freq=15625000",
    ));
    let starts: Vec<u64> = decoded.generations.iter().map(|generation| generation.start).collect();
    assert_eq!(starts, [0, 64_000]);
    assert_eq!(decoded.generations[1].end, 64_000);
}
