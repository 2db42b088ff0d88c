//! `all goroutines are asleep`: what each waits for, and who is missing that could end it.

use std::collections::BTreeMap;

use super::fatal::PLACES;
use super::support::Event;
use crate::analysis::goroutines::names;
use crate::base::order::StableOrder;
use crate::evidence::goroutines::GoroutineFlags;
use crate::report::{Origin, StackFrame};

const GROUP_WAIT: &str = "sync.(*WaitGroup).Wait";

/// A goroutine that is not the runtime's.
struct Asleep<'a> {
    state: &'a str,
    frames: Vec<StackFrame>,
}

impl Asleep<'_> {
    fn own_frame(&self) -> Option<&StackFrame> {
        self.frames.iter().find(|frame| frame.origin == Origin::Own).or_else(|| self.frames.first())
    }

    fn waits_for_group(&self) -> bool {
        self.frames
            .iter()
            .take_while(|frame| frame.origin == Origin::Runtime || frame.function.starts_with("sync."))
            .any(|frame| frame.function == GROUP_WAIT)
    }
}

/// What every goroutine waits for: all of them are stuck.
pub fn stuck(event: &Event<'_>) -> String {
    let rows = event.dump.goroutines.iter().filter(|row| !row.flags.has(GoroutineFlags::SYSTEM_STACK));
    let all: Vec<Asleep<'_>> = rows
        .map(|row| {
            let frames = event.evidence.stacks.leaf_first(row.stack).map(|frame| event.frame(frame));
            Asleep { state: event.evidence.strings.get(row.state), frames: frames.collect() }
        })
        .filter(|row| row.frames.is_empty() || row.frames.iter().any(|frame| frame.origin != Origin::Runtime))
        .collect();
    if all.is_empty() {
        return " The output lists no goroutines.".to_owned();
    }
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    for row in &all {
        let place = row.own_frame().map(|frame| format!(" in {}", frame.call_site())).unwrap_or_default();
        *places.entry(format!("[{}]{place}", row.state)).or_default() += 1;
    }
    let mut rows: Vec<(String, u64)> = places.into_iter().collect();
    rows.order_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let more = rows.len().checked_sub(PLACES).filter(|more| *more > 0);
    let named: Vec<String> =
        rows.iter().take(PLACES).map(|(place, count)| format!("{count} in {place}")).collect();
    let rest = more.map(|more| format!(", and {more} more")).unwrap_or_default();
    let who = match all.len() {
        1 => "The only listed goroutine is blocked".to_owned(),
        _ => "All listed goroutines are blocked".to_owned(),
    };
    format!(" {who} ({}): {}{rest}.{}", all.len(), named.join(", "), missing(&all, event.dump.is_cut))
}

/// Who is not there. Of a list that was cut nobody knows.
fn missing(all: &[Asleep<'_>], is_cut: bool) -> String {
    if is_cut {
        return String::new();
    }
    let mut text = String::new();
    let is_all_in = |state: &str| all.iter().all(|row| row.state.starts_with(state));
    if all.iter().all(Asleep::waits_for_group) {
        text.push_str(" Nobody is left to call Done: the WaitGroup was told of more goroutines (Add) than have called it.");
    } else if is_all_in("chan receive") {
        text.push_str(" All of them receive: nobody is left to send or to close the channel.");
    } else if is_all_in("chan send") {
        text.push_str(" All of them send: nobody is left to receive.");
    }
    if let Some((sender, worker)) = all.iter().find_map(sends_to_itself) {
        text.push_str(&format!(
            " {} was called from {}, a worker of the same type: workers that send to their own pool wait for each other once all of them do.",
            names::short(&sender),
            names::short(&worker)
        ));
    }
    text
}

/// The method that sends, and the one of the same type that the goroutine began in.
fn sends_to_itself(row: &Asleep<'_>) -> Option<(String, String)> {
    let is_user = |frame: &&StackFrame| matches!(frame.origin, Origin::Own | Origin::Dependency);
    let mut users = row.frames.iter().filter(is_user).map(|frame| frame.function.as_str());
    let (sender, entry) = (users.next()?, users.next_back()?);
    let is_own = row.state.starts_with("chan send")
        && names::is_method(sender)
        && names::is_method(entry)
        && sender != entry
        && names::owner_of(sender) == names::owner_of(entry);
    is_own.then(|| (sender.to_owned(), entry.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn claim(rest: &str) -> String {
        let text = format!("fatal error: all goroutines are asleep - deadlock!\n\n{rest}");
        check("crash", &[("dump.txt", text)], &["crash.deadlock"]).remove(0).claim
    }

    #[test]
    fn who_is_missing_is_said() {
        let group = "goroutine 1 [semacquire]:\nsync.runtime_Semacquire(0xc000)\n\t/usr/local/go/src/runtime/sema.go:62 +0x25\nsync.(*WaitGroup).Wait(0xc000)\n\t/usr/local/go/src/sync/waitgroup.go:139 +0x52\nmain.main()\n\t/srv/main.go:9 +0x1d\n";
        assert!(claim(group).contains("Nobody is left to call Done"), "{}", claim(group));
        let of = |id: u64, state: &str, call: &str| {
            format!("goroutine {id} [{state}]:\nmain.{call}\n\t/srv/main.go:{id} +0x1d\n\n")
        };
        let receive = of(1, "chan receive", "main()") + &of(7, "chan receive", "(*Limit).run(0xc000)");
        assert!(claim(&receive).contains("All of them receive"), "{}", claim(&receive));
        let mixed = of(1, "chan receive", "main()") + &of(7, "select", "(*Limit).run(0xc000)");
        assert!(
            !claim(&mixed).contains("All of them") && !claim(&mixed).contains("Done"),
            "{}",
            claim(&mixed)
        );
        let worker = of(1, "chan send, 1 minutes", "main()")
            + "goroutine 7 [chan send, 1 minutes]:\nmain.(*Pool).Submit(...)\n\t/srv/pool.go:7\nmain.scan.func1()\n\t/srv/scan.go:9 +0x1d\nmain.(*Pool).worker(0xc000)\n\t/srv/pool.go:30 +0x1d\n";
        let said = claim(&worker);
        assert!(said.contains("All of them send") && said.contains("Pool).Submit was called from"), "{said}");
    }
}
