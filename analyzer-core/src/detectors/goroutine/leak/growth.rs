//! What growth says: of ids, of counts alone, and of what fills up to a bound.

use super::short::dump;
use super::tests::{Dump, PATHS, Stack, goroutine, kept_awake, series, with};
use crate::detectors::testing::check;

/// Text of `debug=1` with so many goroutines at one place.
fn counted(count: u64, frames: &str) -> String {
    let mut text = format!("goroutine profile: total {}\n", count + 1);
    let mut stack = |count: u64, frames: &str| {
        text += &format!("{count} @ 0x1 0x2 0x3\n");
        for frame in frames.lines() {
            let (name, place) = frame.split_once(' ').expect("a function and its place");
            text += &format!("#\t0x1\t{name}+0x1\t/srv/app/{place}\n");
        }
        text.push('\n');
    };
    stack(count, frames);
    stack(1, "main.main main.go:9");
    text
}

fn counts(counts: [u64; 3], frames: &str) -> [Dump; 3] {
    let mut paths = PATHS.into_iter();
    counts.map(|count| (paths.next().expect("a path for each"), counted(count, frames)))
}

const LOCK: &str =
    "sync.runtime_SemacquireMutex sema.go:95\nsync.(*Mutex).Lock mutex.go:46\nmain.(*cache).get cache.go:12";
const SLEEP: &str = "time.Sleep time.go:300\nmain.retry retry.go:12";

#[test]
fn one_more_each_time_says_something_where_nobody_stays() {
    check("goroutine", &counts([1, 2, 3], LOCK), &["goroutine.lock-never-released"]);
    check("goroutine", &counts([1, 3, 4], LOCK), &[]);
    check("goroutine", &counts([1, 2, 3], SLEEP), &[]);
}

#[test]
fn counts_that_slow_down_fill_something_up() {
    check("goroutine", &counts([10, 30, 50], SLEEP), &["goroutine.sleep-loop"]);
    check("goroutine", &counts([2, 40, 50], SLEEP), &[]);
}

#[test]
fn a_lock_whose_holder_is_at_work_changes_hands() {
    let dumps = counts([2, 10, 18], LOCK);
    check("goroutine", &dumps, &["goroutine.lock-never-released"]);
    let holder = "1 @ 0x4 0x5\n#\t0x1\ttime.Sleep+0x1\t/srv/app/time.go:300\n#\t0x1\tmain.(*cache).get+0x1\t/srv/app/cache.go:14\n";
    check("goroutine", &with(&dumps, holder), &[]);
}

/// Workers that goroutine 9 started, one a minute, `ended` minutes before the last of them.
fn staged(starter: u64) -> [Dump; 2] {
    let worker = |index: u64, minutes: u64| {
        let wait = if minutes == 0 { String::new() } else { format!(", {minutes} minutes") };
        format!(
            "goroutine {} [chan receive{wait}]\n main.shard(0xc{index:03}0) shard.go:7\n started example.com/shop/main.warm {starter}\n",
            20 + index
        )
    };
    let starts =
        "goroutine 9 [sleep]\n time.Sleep(0x1) time.go:300\n main.warm(0xc000) warm.go:9\n by main.run\n";
    let text = |count: u64, age: u64| {
        let workers: String = (0..count).map(|index| worker(index, age - index)).collect();
        dump(&format!("{starts}{workers}"))
    };
    [(PATHS[0], text(4, 6)), (PATHS[1], text(10, 11))]
}

#[test]
fn two_dumps_do_not_tell_a_start_in_stages_from_a_leak() {
    check("goroutine", &staged(9), &["goroutine.suspect"]);
    // Whoever started them is gone: nobody of the program waits for them.
    check("goroutine", &staged(8), &["goroutine.chan-recv-unclosed"]);
}

const SERVING: Stack = Stack {
    state: "IO wait",
    frames: &[("internal/poll.(*FD).Read", 7), ("main.serve", 3)],
    by: "main.accept",
};

#[test]
fn only_the_newly_born_leave() {
    let dumps = series(|moment| {
        let settled =
            |index: u64| goroutine(&SERVING, 100 + 10 * index, 3 + 5 * (moment - index / 12), 0xc000 + index);
        let passing = |index: u64| goroutine(&SERVING, 900 + 100 * moment + index, 0, 0xd000 + index);
        (0..12 * (moment + 1)).map(settled).chain((0..2).map(passing)).collect()
    });
    check("goroutine", &dumps, &["goroutine.net-read-no-deadline"]);
}

#[test]
fn the_few_of_an_early_dump_say_nothing_of_who_stays() {
    let dumps = |stays: u64| {
        let member = |goid: u64, minutes: u64| goroutine(&SERVING, goid, minutes, 0xc000 + goid);
        let first: Vec<String> = (0..5).map(|index| member(100 + index, 0)).collect();
        let second: Vec<String> =
            (0..25).map(|index| member(100 + if index < stays { index } else { 100 + index }, 2)).collect();
        let third: Vec<String> = (0..45)
            .map(|index| {
                member(100 + if index < stays { index } else { 100 + index }, if index < 25 { 4 } else { 1 })
            })
            .collect();
        series(move |moment| [&first, &second, &third][usize::try_from(moment).unwrap_or(0)].clone())
    };
    check("goroutine", &dumps(3), &["goroutine.net-read-no-deadline"]);
    check("goroutine", &dumps(1), &[]);
}

#[test]
fn who_runs_at_one_line_in_every_dump_spins() {
    let spins = |line: [u64; 3]| {
        series(move |moment| {
            let line = line.get(usize::try_from(moment).unwrap_or(0)).copied().unwrap_or(0);
            vec![format!(
                "goroutine 30 [runnable]:\nmain.(*poller).loop(0xc000)\n\t/srv/app/poll.go:{line} +0x28\ncreated by main.start in goroutine 1\n\t/srv/app/start.go:9 +0x1\n\n"
            )]
        })
    };
    check("goroutine", &spins([12, 12, 12]), &["goroutine.busy-loop"]);
    check("goroutine", &spins([12, 14, 12]), &[]);
}

#[test]
fn sleepers_that_become_fewer_each_time_are_no_leak() {
    let stack = Stack { state: "sleep", frames: &[("time.Sleep", 300), ("main.poll", 12)], by: "main.start" };
    check("goroutine.sleep-loop", &kept_awake(&stack), &["goroutine.sleep-loop"]);
    let member = |index: u64| goroutine(&stack, 100 + 10 * index, 0, 0xc000 + index);
    let slowing =
        series(|moment| (0..[2, 14, 18][usize::try_from(moment).unwrap_or(0)]).map(member).collect());
    check("goroutine.sleep-loop", &slowing, &[]);
}
