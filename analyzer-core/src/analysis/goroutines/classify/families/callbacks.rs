//! Loops of libraries that call the program for each event: while it does not
//! return, the loop stands.

use super::super::super::grouping::Group;
use super::super::super::state::Wait;
use super::super::{Assessment, Context, Policy, benign};
use crate::report::Origin;

/// Functions that call the program once for each event; `*` at the end stands for anything.
const CALLERS: &[&str] = &[
    "github.com/hashicorp/raft.(*Raft).runFSM*",
    "github.com/hashicorp/raft.(*Raft).runSnapshots",
    "github.com/hashicorp/serf/serf.(*Serf).*",
    "github.com/hashicorp/memberlist.(*Memberlist).*",
    "github.com/nats-io/nats.go.(*Conn).waitForMsgs",
    "github.com/eclipse/paho.mqtt.golang.(*router).matchAndDispatch*",
    "github.com/robfig/cron/v3.(*Cron).startJob*",
    "k8s.io/client-go/tools/cache.(*processorListener).run*",
    "k8s.io/client-go/tools/cache.ResourceEventHandlerFuncs.*",
    "sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller).Reconcile",
    "sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller[...]).Reconcile",
    "net/rpc.(*service).call",
    TEST,
];
/// Runs a test.
const TEST: &str = "testing.tRunner*";
/// Minutes beyond the least figure that proves waiting from which a test that waits is
/// stuck: `go test` itself gives up after ten.
const TEST_MINUTES: u32 = 7;

/// `go` statements of the standard library that run a callback and nothing else.
const CREATORS: &[&str] = &["time.goFunc", "context.(*afterFuncCtx).cancel"];

pub fn assess(_context: &Context<'_>, _index: usize, group: &Group) -> Option<Assessment> {
    let waits = matches!(
        group.wait,
        Wait::Receive | Wait::Channel | Wait::Select | Wait::WaitGroup | Wait::Cond | Wait::Io
    );
    if !waits || benign::of_shape(group).is_some() {
        return None;
    }
    let caller = caller(group)?;
    let is_test = caller.starts_with(TEST.trim_end_matches('*'));
    let policy = if is_test {
        Policy { waited_beyond: TEST_MINUTES, ..Policy::default() }.or_waited(1, 0)
    } else {
        Policy { waited_beyond: 2, ..Policy::IDLE }.or_waited(1, 0).or_aged(1, 20)
    };
    let mut assessment = Assessment::new("callback-stuck", policy);
    assessment.reasons.push(format!("{caller} called it, and handles nothing else until it returns."));
    Some(assessment)
}

/// The library's function below the program's own code.
fn caller(group: &Group) -> Option<&str> {
    let is_caller = |name: &str| {
        CALLERS.iter().any(|caller| match caller.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *caller,
        })
    };
    let at = group.names().position(is_caller);
    let inner = group.frames.get(..at.unwrap_or(group.frames.len()))?;
    if !inner.iter().any(|site| site.origin == Origin::Own) {
        return None;
    }
    let creator = group.creator.as_ref().map(|site| &*site.function.name);
    let on_stack = at.and_then(|at| group.frames.get(at)).map(|site| &*site.function.name);
    on_stack.or_else(|| creator.filter(|name| CREATORS.contains(name)))
}
