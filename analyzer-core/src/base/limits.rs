//! Every ceiling of the engine, with its reason. Input past a ceiling is refused
//! or cut with a note; it never exhausts memory or time.

/// Archives inside archives: a bundle of a bundle of gzipped files is the
/// deepest that people send; more is a bomb.
pub const CONTAINER_DEPTH: u32 = 5;

/// Decoded bytes of one file. Go cuts dumps at 64 MiB; the largest profiles in
/// the field are a few hundred MiB. wasm32 has 4 GiB for everything.
pub const DECODED_FILE_BYTES: u64 = 1 << 30;

/// Decoded bytes of a whole session.
pub const DECODED_SESSION_BYTES: u64 = 3 << 29;

/// Decoded size over encoded size from which a stream is taken for a bomb, once
/// it has produced [`EXPANSION_GRACE_BYTES`]. Repetitive goroutine dumps reach
/// about 60; deflate itself cannot pass 1032.
pub const EXPANSION_RATIO: u64 = 400;

/// Output below which no expansion ratio is suspicious.
pub const EXPANSION_GRACE_BYTES: u64 = 96 << 20;

/// Streams of one file that are refused before the rest of it is: each may
/// have cost [`EXPANSION_GRACE_BYTES`] of work.
pub const BOMBS_PER_FILE: u32 = 3;

/// Members of one archive: a capture of many pods has some thousand files.
pub const ARCHIVE_MEMBERS: usize = 20_000;

/// Sources of a session, archives' members included.
pub const SOURCES: usize = 50_000;

/// Bytes of a path; longer ones are cut for display.
pub const PATH_BYTES: usize = 4_096;

/// Bytes of a note's sentence, which may quote the input.
pub const MESSAGE_BYTES: usize = 1_024;

/// Distinct notes kept for one source; further codes are counted in one note.
pub const NOTES_PER_SOURCE: usize = 64;

/// Bytes of one line of a text format that are looked at; a longer line is cut
/// and noted. Go prints label sets and arguments of a few KiB at most, but a
/// logger may put a whole dump on one line of JSON.
pub const LINE_BYTES: usize = 16 << 20;

/// Bytes of one name, path, label or message; a longer one is cut and noted.
/// Names of generic types in the field reach some KiB; a page cannot draw more.
pub const STRING_BYTES: usize = 32 << 10;

/// Sample types of one profile: Go writes four at most; each costs eight bytes a sample.
pub const PROFILE_SAMPLE_TYPES: usize = 64;

/// Values of one profile, over all samples and types. A zero takes one byte in
/// the file and eight in the table.
pub const PROFILE_VALUES: usize = 1 << 27;

/// Locations of one profile, and likewise its lines and functions: a program
/// of 1 GiB has about a million of each.
pub const PROFILE_ROWS: usize = 1 << 23;

/// Frames of one stack of a sampler: perf and V8 stop at some hundreds, bpftrace at 127.
pub const SAMPLED_STACK_FRAMES: usize = 4_096;

/// Frames of all distinct stacks of one profile of a sampler: a tree of calls in
/// a file of n bytes can stand for n² of them.
pub const SAMPLED_FRAMES: usize = 1 << 28;

/// Events of one `perf script`: two columns each.
pub const PERF_EVENTS: usize = PROFILE_SAMPLE_TYPES / 2;

/// Types of samples in one file of OpenTelemetry: profilers write one or two.
pub const OTLP_SAMPLE_TYPES: usize = 16;

/// Labels of one profile, over its distinct label sets.
pub const PROFILE_LABELS: usize = 1 << 24;

/// Values of one label key in an answer: more are not read by anyone, and a
/// request id has one for every sample.
pub const LABEL_VALUES: usize = 10_000;

/// Bytes of one filter of a profile: a link may carry one, and a set of
/// alternatives costs its length times the names that it is tried on.
pub const FILTER_BYTES: usize = 16 << 10;

/// Bytes of a compiled filter: `\pL{1000}` in ten characters is megabytes of states.
pub const COMPILED_FILTER_BYTES: usize = 4 << 20;

/// Bytes of an export that is a text of its own size: twice of it must fit into
/// wasm's memory beside the profile.
pub const EXPORT_BYTES: u64 = 512 << 20;

/// Groups inside groups of a protobuf message, which pprof does not use: as deep as protobuf libraries go.
pub const PROTOBUF_GROUP_DEPTH: usize = 100;

/// Lines of a function that are shown beside their costs: generated ones reach some thousand.
pub const SOURCE_VIEW_LINES: usize = 4_000;

/// Mappings read of one process. The kernel's default ceiling is 65,530
/// (`vm.max_map_count`); databases raise it to 2^20 at most.
pub const MAPPINGS: usize = 1 << 20;

/// Rows of tables of `pprof -top` that are kept of one text. A profile of a large service has some thousand functions.
pub const TOP_ROWS: usize = 10_000;

/// Readings of MemStats that are kept of one text, the last ones: a program that prints one a second for
/// half an hour has as many, and a trend shows in far fewer.
pub const MEMSTATS_READINGS: usize = 2_000;

/// Containers read from one Prometheus text. A node runs some hundred.
pub const CONTAINERS: usize = 10_000;

/// Garbage collection trace lines of a session. A service that collects every
/// 100 ms prints 1.7 million in two days.
pub const GC_LINES: usize = 2_000_000;

/// Bytes of one JSON document. expvar and pod lists are a few MiB.
pub const JSON_BYTES: usize = 64 << 20;

/// Diagnostics of static analyzers of a session: nobody reads more, and each is
/// compared with the places of every finding.
pub const DIAGNOSTICS: usize = 20_000;

/// Lists and objects in each other in one YAML document: as `serde_json` allows in JSON.
pub const YAML_DEPTH: usize = 128;

/// Scalars, lists and objects of one YAML text, what aliases repeat among them: a list of pods
/// has some three thousand each, and a bomb of ten lines has billions.
pub const YAML_NODES: usize = 4 << 20;

/// Bytes of text that the aliases of one YAML text may repeat.
pub const YAML_REPEATED_BYTES: usize = 16 << 20;

/// Out-of-memory dumps read from one log; a livelock writes some hundred a minute.
pub const OOM_EVENTS: usize = 10_000;

/// Statistics of one out-of-memory record: the kernel has some sixty, twice that in version 1.
pub const OOM_STATS: usize = 512;

/// Tasks of one out-of-memory dump: those of a machine in the worst case.
pub const OOM_TASKS: usize = 20_000;

/// Bytes of one batch of an execution trace: the runtime's own ceiling (`tracev2.MaxBatchSize`).
pub const TRACE_BATCH_BYTES: u64 = 64 << 10;

/// Frames of one stack of an execution trace: the runtime's own ceiling.
pub const TRACE_STACK_FRAMES: u64 = 128;

/// Bytes of one string of an execution trace: the runtime's own ceiling.
pub const TRACE_STRING_BYTES: u64 = 1 << 10;

/// Threads that write into one generation of a trace. Go refuses to run with
/// more than 10,000 threads; each costs some hundred bytes here.
pub const TRACE_THREADS: usize = 50_000;

/// Processors of a trace: far above any machine; each costs some hundred bytes.
pub const TRACE_PROCS: usize = 20_000;

/// Goroutines of a trace that live at once; each costs about 250 bytes, and a
/// status event of six bytes makes one.
pub const TRACE_LIVE_GOROUTINES: usize = 2_000_000;

/// Bytes of one generation that arrives in chunks. A generation lasts about a
/// second; 7 MB were seen on a small machine, a few hundred MB are plausible.
pub const TRACE_GENERATION_BYTES: u64 = 512 << 20;

/// Goroutine groups in a report. Services have some hundreds; a text made to
/// harm could have one for each goroutine, and the page lists them all.
pub const GOROUTINE_GROUPS: usize = 5_000;

/// Addresses of printed arguments that are kept, over all dumps: 16 bytes each,
/// some ten for each goroutine. They tell who holds a lock, and only of the
/// last dump; a process with more goroutines than that has other signs.
pub const CALL_ADDRESSES: usize = 1 << 22;

/// The same for one source, so that the first file does not take all of them.
pub const CALL_ADDRESSES_PER_SOURCE: usize = 1 << 20;

/// Frames of a group's stack in a report: Go prints the 50 innermost and the
/// 50 outermost at most, protobuf 128.
pub const GROUP_STACK_FRAMES: usize = 256;

/// Ended goroutines of a trace that keep a row of their own, of about 130
/// bytes; later ones are in the figures of their group only.
pub const TRACE_ENDED_GOROUTINES: usize = 200_000;

/// Goroutine groups of a trace, each with histograms of about 2 KiB. Programs
/// have some hundred `go` statements.
pub const TRACE_GROUPS: usize = 20_000;

/// Places of a trace where goroutines stop, each with histograms of about 1 KiB.
pub const TRACE_SITES: usize = 60_000;

/// Pairs of waker and wait in a trace.
pub const TRACE_WAKES: usize = 100_000;

/// GC cycles, and likewise pauses, of a trace with a row of their own.
pub const TRACE_GC_ROWS: usize = 100_000;

/// Tasks, and regions of one goroutine, that are open at once in a trace.
pub const TRACE_OPEN_ANNOTATIONS: usize = 500_000;

/// Distinct names of tasks, of regions, of log categories and of labels in a trace.
pub const TRACE_ANNOTATION_NAMES: usize = 10_000;

/// Logs of a trace that are kept, from its start.
pub const TRACE_LOGS: usize = 20_000;

/// Distinct stacks of CPU samples in a trace.
pub const TRACE_SAMPLE_STACKS: usize = 200_000;

/// States of a trace that lasted over a generation's boundary, kept for
/// zooming; without one, the zoomed view starts the state at the boundary.
pub const TRACE_CROSSINGS: usize = 500_000;

/// Rows of the tables of longest waits, tasks and regions of a trace.
pub const TRACE_LONGEST: usize = 200;

/// Garbage collection cycles, and likewise scavenges, of one run with a row of
/// their own in the report: a chart has some thousand columns at most.
pub const GC_ROWS: usize = 5_000;

/// Lanes of goroutines drawn at once from a trace.
pub const TRACE_LANES: usize = 400;

/// Columns that lanes and tracks of a trace are drawn in: wider than any screen.
pub const TRACE_COLUMNS: u32 = 8_192;

/// Segments of all lanes of one picture of a trace, of about 40 bytes.
pub const TRACE_SEGMENTS: usize = 1_000_000;

/// Wake-ups of one goroutine that are drawn as arrows: more of them are a solid block on any screen.
pub const TRACE_EDGES: usize = 2_000;

/// Goroutines that a search in a trace lists.
pub const TRACE_HITS: usize = 50;

/// Changes of the mutator utilization of a trace that are kept, of 16 bytes: each
/// start and stop of a worker or an assist is one, and each is looked at for every point of the curve.
pub const TRACE_UTILIZATION_STEPS: usize = 500_000;

/// Names that redaction tells apart, of some tens of bytes each; those beyond are blanked.
pub const REDACTED_NAMES: usize = 1_000_000;

/// Edges of a call graph, the heaviest: 200 functions, the most that the page asks for, may have 39,800 between them,
/// and laying out a picture takes longer the more lanes its edges need. Nobody follows more arrows than these.
pub const CALL_GRAPH_EDGES: usize = 1_000;

/// Envelopes in each other around a text: a logger's JSON in a container's JSON
/// in an export behind a terminal's prefix is four.
pub const ENVELOPE_DEPTH: usize = 8;

/// Bytes of a text whose every line is looked at for more than one capture.
/// Larger files are captures or logs of one kind; what people paste is small.
pub const PASTE_BYTES: usize = 2 << 20;

/// Writers of one log that are told apart; a node's log has some tens.
pub const LOG_STREAMS: usize = 64;

/// Shapes of what a log puts before its lines that are told apart.
pub const PREFIX_SHAPES: usize = 32;

/// Captures in one text; a terminal session has some tens.
pub const TEXT_SECTIONS: usize = 2_000;

/// Labels of one capture: a pod has some tens, of which few are given.
pub const MANIFEST_LABELS: usize = 64;

/// Bytes of such a label's key or value: a value of Kubernetes has at most 63, an image with its digest some 200.
pub const MANIFEST_LABEL_BYTES: usize = 512;

/// Allocation sites of a process's heap that the report lists by size, and as many by growth.
pub const HEAP_SITES: usize = 50;

/// Rows of one list of sockets or descriptors: a namespace has 65,535 ports for each pair of
/// addresses, and a busy proxy a few hundred thousand connections.
pub const SOCKETS: usize = 1_000_000;

/// Instances that registries list: the largest clusters have 150,000 pods, and a client sees a few services of them.
pub const INSTANCES: usize = 100_000;

/// Threads of one table: Go ends at 10,000 (debug.SetMaxThreads), a node has a few times as many.
pub const THREADS: usize = 100_000;

/// Rows of one output of a tracing tool. bpftrace keeps 4,096 keys a map unless it is told otherwise; tcplife
/// prints a line a session, some ten thousand a minute on a busy node.
pub const PROBE_ROWS: usize = 500_000;

/// Spans of a session, of about 150 bytes each: what a query of Jaeger or Tempo gives is some ten thousand, a
/// minute of a collector's file some million.
pub const SPANS: usize = 1_000_000;
