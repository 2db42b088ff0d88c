//! Background goroutines that every process with these libraries has. A row
//! says nothing against growth: a known loop that multiplies is one instance
//! of its owner leaked each time.

use super::super::grouping::Group;
use super::super::names::Function;
use super::super::state::Wait;
use super::families;
use crate::base::go_symbol;
use crate::report::Origin;

/// A function whose goroutines are known background.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The function; `*` at the end stands for anything.
    pub function: &'static str,
    /// What it is.
    pub what: &'static str,
    /// One for each connection that a peer opened, or that a pool of
    /// connections keeps: their number follows the load.
    pub follows_load: bool,
    /// One for each client, of which a process makes a few.
    pub is_one_each: bool,
}

const fn known(function: &'static str, what: &'static str) -> Known {
    Known { function, what, follows_load: false, is_one_each: false }
}

const fn follows_load(function: &'static str, what: &'static str) -> Known {
    Known { function, what, follows_load: true, is_one_each: false }
}

const fn one_each(function: &'static str, what: &'static str) -> Known {
    Known { function, what, follows_load: false, is_one_each: true }
}

/// Said of known background of which there are too many for the clients of one process.
pub const ONE_EACH: &str =
    "of which each client has one: clients are created again and again, and not closed";

/// The known function that a name matches.
pub fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| match known.function.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == known.function,
    })
}

/// The known background that a goroutine is by its whole shape: it waits as such
/// a loop does when it has nothing to do, and nothing stands above the loop that
/// could be what is stuck: no code of the program, and of no other library.
pub fn of_shape(group: &Group) -> Option<&'static Known> {
    if families::process::is_waiting_for_pipes(group) {
        return None;
    }
    of_frames(group.wait, frames(group))
}

/// True for such a loop that stands in a deferred function of itself: it was on its way
/// out, and does not rest there.
pub fn is_leaving(group: &Group) -> bool {
    loop_of(group.wait, frames(group)).is_some_and(|(_, is_leaving)| is_leaving)
}

fn frames(group: &Group) -> impl Iterator<Item = (&Function, Origin)> + Clone {
    group.frames.iter().map(|site| (&*site.function, site.origin))
}

/// The same of frames, the innermost first.
pub fn of_frames<'a>(
    wait: Wait,
    frames: impl Iterator<Item = (&'a Function, Origin)> + Clone,
) -> Option<&'static Known> {
    loop_of(wait, frames).filter(|(_, is_leaving)| !is_leaving).map(|(known, _)| known)
}

/// The known loop, and whether it stands in a function that it deferred.
fn loop_of<'a>(
    wait: Wait,
    mut frames: impl Iterator<Item = (&'a Function, Origin)> + Clone,
) -> Option<(&'static Known, bool)> {
    if wait.is_blocked() {
        return None;
    }
    let inner = frames.clone();
    let (at, known) =
        frames.by_ref().enumerate().find_map(|(at, (function, _))| Some((at, find(&function.name)?)))?;
    let owner = go_symbol::likely_module(go_symbol::package(known.function));
    let is_part = |(function, origin): (&Function, Origin)| match origin {
        // A library below GOPATH looks like the program's own.
        Origin::Own => go_symbol::likely_module(&function.package) == owner,
        Origin::Dependency => {
            let name = &*function.name;
            name.starts_with("golang.org/x/") || project(name) == project(known.function)
        }
        _ => true,
    };
    let names = || inner.clone().take(at).map(|(function, _)| &*function.name);
    let is_leaving = names()
        .zip(names().skip(1))
        .any(|(inner, outer)| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(".func")));
    inner.clone().take(at).all(is_part).then_some((known, is_leaving))
}

/// `github.com/hashicorp` of `github.com/hashicorp/raft.(*Raft).run`; else the host.
fn project(function: &str) -> &str {
    let function = function.strip_prefix("sigs.").unwrap_or(function);
    let mut slashes = function.match_indices('/').map(|(at, _)| at);
    let host = slashes.next().and_then(|at| function.get(..at)).unwrap_or(function);
    if matches!(host, "github.com" | "gitlab.com" | "bitbucket.org") {
        return slashes.next().and_then(|at| function.get(..at)).unwrap_or(function);
    }
    host
}

/// Names as captures print them, generics normalized. Sources: the ignore
/// lists that public projects give to leak checkers, and the libraries' names
/// of their own background loops.
pub const KNOWN: &[Known] = &[
    known("os/signal.loop", "waits for signals"),
    known("os/signal.signal_recv", "waits for signals"),
    known("os/signal.NotifyContext.func1", "waits for a signal or its context"),
    one_each("database/sql.(*DB).connectionOpener", "opens connections of a database/sql pool"),
    known("database/sql.(*DB).connectionCleaner", "closes old connections of a database/sql pool"),
    known("database/sql.(*DB).connectionResetter", "resets connections of a database/sql pool"),
    known("net/http.(*Server).Serve", "accepts HTTP connections"),
    known("net/http.(*persistConn).writeLoop", "writes requests of a client connection"),
    known("net/http/pprof.*", "answers this capture"),
    known("runtime/pprof.*", "answers this capture"),
    known("runtime/trace.Start.func1", "writes an execution trace"),
    known("runtime.ensureSigM*", "receives signals"),
    known("testing.(*T).Run", "waits for a subtest"),
    known("testing.(*T).Parallel", "waits for its turn"),
    known("testing.tRunner*", "runs a test"),
    known("net/http/httptest.(*Server).goServe.func1", "a test server"),
    known("os/exec.(*Cmd).Wait", "waits for a child process"),
    known("os/exec.(*Cmd).watchCtx*", "ends a child process with its context"),
    one_each("google.golang.org/grpc.(*ccBalancerWrapper).watcher", "gRPC client connection"),
    one_each("google.golang.org/grpc.(*ccResolverWrapper).watcher", "gRPC client connection"),
    known("google.golang.org/grpc.(*addrConn).resetTransport*", "gRPC client connection"),
    follows_load("google.golang.org/grpc.(*Server).handleRawConn*", "gRPC server connection"),
    follows_load("google.golang.org/grpc.(*Server).Serve*", "gRPC server"),
    known("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run", "gRPC client connection"),
    known("google.golang.org/grpc/internal/transport.(*controlBuffer).get", "gRPC connection"),
    known("google.golang.org/grpc/internal/transport.(*loopyWriter).run", "gRPC connection"),
    known("google.golang.org/grpc/internal/transport.(*http2Client).keepalive", "gRPC client connection"),
    known("google.golang.org/grpc/internal/transport.(*http2Client).reader", "gRPC client connection"),
    follows_load(
        "google.golang.org/grpc/internal/transport.(*http2Server).keepalive",
        "gRPC server connection",
    ),
    follows_load(
        "google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams",
        "gRPC server connection",
    ),
    known("google.golang.org/grpc/internal/resolver/dns.(*dnsResolver).watcher", "gRPC name resolution"),
    known("k8s.io/klog.(*loggingT).flushDaemon", "flushes a log"),
    known("k8s.io/klog/v2.(*loggingT).flushDaemon", "flushes a log"),
    known("k8s.io/klog/v2.(*flushDaemon).run*", "flushes a log"),
    known("k8s.io/client-go/util/workqueue.(*Type).updateUnfinishedWorkLoop", "a work queue"),
    known("k8s.io/client-go/util/workqueue.(*Typed[...]).updateUnfinishedWorkLoop", "a work queue"),
    known("k8s.io/client-go/util/workqueue.(*delayingType*", "a work queue"),
    known("k8s.io/client-go/util/workqueue.(*Type).processLoop", "a work queue"),
    known("k8s.io/client-go/tools/cache.(*Reflector).*", "an informer"),
    known("k8s.io/client-go/tools/cache.handleAnyWatch", "an informer"),
    known("k8s.io/apimachinery/pkg/util/wait.BackoffUntil*", "a Kubernetes loop"),
    known("k8s.io/apimachinery/pkg/util/wait.loopConditionUntilContext*", "a Kubernetes loop"),
    known(
        "sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue.(*priorityqueue[...]).handle*",
        "a work queue",
    ),
    one_each("github.com/IBM/sarama.(*client).backgroundMetadataUpdater", "Kafka client"),
    known("github.com/IBM/sarama.(*Broker).responseReceiver", "Kafka client"),
    known("github.com/IBM/sarama.(*asyncProducer).*", "Kafka producer"),
    known("github.com/IBM/sarama.(*consumerGroup).loopCheckPartitionNumbers", "Kafka consumer"),
    known("github.com/segmentio/kafka-go.(*connPool).discover", "Kafka client"),
    known("github.com/segmentio/kafka-go.(*conn).run", "Kafka client"),
    known("github.com/segmentio/kafka-go.(*Reader).run", "Kafka consumer"),
    known("github.com/segmentio/kafka-go.(*ConsumerGroup).run", "Kafka consumer"),
    one_each("github.com/twmb/franz-go/pkg/kgo.(*Client).updateMetadataLoop", "Kafka client"),
    known("github.com/twmb/franz-go/pkg/kgo.(*Client).reapConnectionsLoop", "Kafka client"),
    known("github.com/twmb/franz-go/pkg/kgo.(*Client).pushMetrics", "Kafka client"),
    known("github.com/twmb/franz-go/pkg/kgo.(*broker).handleReqs", "Kafka client"),
    known("github.com/rcrowley/go-metrics.(*meterArbiter).tick", "metrics"),
    one_each("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).reaper", "Redis pool"),
    follows_load("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial", "Redis pool"),
    known("github.com/redis/go-redis/v9/internal/pool.startGlobalTimeCache.func1", "Redis pool"),
    known(
        "github.com/redis/go-redis/v9/maintnotifications.(*CircuitBreakerManager).cleanupLoop",
        "Redis client",
    ),
    follows_load("github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1", "MySQL connection"),
    one_each("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck", "PostgreSQL pool"),
    known("github.com/jackc/pgx/v5/pgxpool.(*Pool).triggerHealthCheck.func1", "PostgreSQL pool"),
    known("github.com/lib/pq.NewDialListener*", "PostgreSQL listener"),
    known("go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*pool).maintain", "MongoDB pool"),
    follows_load(
        "go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*pool).createConnections*",
        "MongoDB pool",
    ),
    known("go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*rttMonitor).runHellos", "MongoDB monitor"),
    known("github.com/rabbitmq/amqp091-go.(*Connection).reader", "AMQP connection"),
    known("github.com/rabbitmq/amqp091-go.(*Connection).heartbeater", "AMQP connection"),
    known("github.com/rabbitmq/amqp091-go.(*consumers).buffer", "AMQP consumer"),
    known("github.com/nats-io/nats.go.(*Conn).readLoop", "NATS connection"),
    known("github.com/nats-io/nats.go.(*Conn).flusher", "NATS connection"),
    known("github.com/nats-io/nats.go.(*Conn).waitForMsgs", "NATS subscription"),
    known("github.com/nats-io/nats.go.(*Conn).doReconnect", "NATS connection"),
    known("go.opencensus.io/stats/view.(*worker).start", "metrics"),
    known("go.opentelemetry.io/otel/sdk/trace.(*batchSpanProcessor).processQueue", "exports traces"),
    known("go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).run", "exports metrics"),
    known("go.opentelemetry.io/otel/sdk/log.exportSync.func1", "exports logs"),
    known("go.opentelemetry.io/otel/sdk/log.(*BatchProcessor).poll.func1", "exports logs"),
    known("github.com/golang/glog.(*loggingT).flushDaemon", "flushes a log"),
    known("github.com/golang/glog.(*fileSink).flushDaemon", "flushes a log"),
    known("go.uber.org/zap/zapcore.(*BufferedWriteSyncer).flushLoop", "flushes a log"),
    known("gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun", "rotates a log"),
    known("github.com/DataDog/datadog-go/v5/statsd.(*sender).sendLoop", "metrics"),
    known("github.com/DataDog/datadog-go/v5/statsd.(*Client).watch", "metrics"),
    known("github.com/dgraph-io/ristretto.(*Cache).processItems", "a cache"),
    known("github.com/dgraph-io/ristretto.(*defaultPolicy).processItems", "a cache"),
    known("github.com/patrickmn/go-cache.(*janitor).Run", "a cache"),
    known("github.com/hashicorp/golang-lru/v2/expirable.NewLRU[...].func1", "a cache"),
    known("github.com/panjf2000/ants/v2.(*poolCommon).purgeStaleWorkers", "a worker pool"),
    known("github.com/panjf2000/ants/v2.(*poolCommon).ticktock", "a worker pool"),
    known("github.com/syndtr/goleveldb/leveldb.(*DB).mpoolDrain", "a database"),
    known("go.etcd.io/etcd/client/pkg/v3/logutil.(*MergeLogger).outputLoop", "flushes a log"),
    known("github.com/hashicorp/memberlist.(*Memberlist).pushPullTrigger", "gossip"),
    known("github.com/hashicorp/memberlist.(*Memberlist).triggerFunc", "gossip"),
    known("github.com/hashicorp/raft.(*Raft).run", "consensus"),
    known("github.com/hashicorp/raft.(*Raft).runFSM", "consensus"),
    known("github.com/hashicorp/raft.(*Raft).runSnapshots", "consensus"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_whole_or_by_their_start() {
        assert!(find("os/signal.loop").is_some());
        assert!(find("os/signal.loopback").is_none());
        assert!(find("runtime/pprof.writeGoroutineStacks").is_some());
        assert!(find("main.worker").is_none());
    }

    #[test]
    fn projects_of_functions() {
        assert_eq!(project("github.com/hashicorp/raft.(*Raft).run"), "github.com/hashicorp");
        assert_eq!(project("sigs.k8s.io/controller-runtime/pkg/x.F"), "k8s.io");
        assert_eq!(project("k8s.io/client-go/x.F"), "k8s.io");
        assert_eq!(project("main.run"), "main.run");
    }

    #[test]
    fn nothing_that_waits_in_general_is_known() {
        for name in
            ["internal/poll.runtime_pollWait", "time.Sleep", "sync.(*Cond).Wait", "net/http.(*conn).serve"]
        {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
