//! Heap profiles of any size that look like those of a large Go service.
//! The same size always gives the same bytes.

use std::io::Write;

use analyzer_core::base::intern::StringTable;
use analyzer_core::base::source::SourceId;
use analyzer_core::evidence::profiles::{
    Function, FunctionId, Label, LabelInterner, LabelValue, Line, Location, LocationId, Mapping, MappingId,
    Profile, StackInterner, ValueType,
};
use analyzer_core::formats::pprof;
use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

const FUNCTIONS: u32 = 5_500;
const LOCATIONS: u32 = 40_000;
const PACKAGES: [&str; 12] = [
    "example.com/shop/cart",
    "example.com/shop/internal/billing",
    "github.com/acme/platform/codec",
    "github.com/acme/platform/store",
    "google.golang.org/grpc/internal/transport",
    "github.com/jackc/pgx/v5/pgconn",
    "go.uber.org/zap/zapcore",
    "gopkg.in/yaml%2ev3",
    "net/http",
    "encoding/json",
    "bufio",
    "runtime",
];
const TYPES: [&str; 10] =
    ["Server", "Decoder", "Conn", "Pool", "Cache", "Stream", "Batch", "Index", "Buffer", "Router"];
const VERBS: [&str; 12] = [
    "Serve", "Handle", "Decode", "encode", "Read", "write", "Lookup", "insert", "flush", "process", "grow",
    "merge",
];
/// Size classes of Go's allocator.
const SIZES: [i64; 10] = [16, 32, 48, 64, 128, 512, 1024, 4096, 8192, 32_768];

/// A gzipped profile of this many samples, with 20 to 80 frames each.
///
/// # Errors
/// None that a buffer in memory could have.
pub fn heap_profile(samples: u32) -> Result<Vec<u8>> {
    let mut strings = StringTable::default();
    let mut profile = Profile::new(SourceId(0));
    let mut random = Random(u64::from(samples));
    profile.sample_types = ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]
        .iter()
        .map(|name| ValueType {
            kind: strings.intern(name),
            unit: strings.intern(if name.ends_with("space") { "bytes" } else { "count" }),
        })
        .collect();
    profile.period_type = Some(ValueType { kind: strings.intern("space"), unit: strings.intern("bytes") });
    profile.period = Some(512 * 1024);
    profile.mappings.push(Mapping {
        id: 1,
        start: 0x40_0000,
        limit: 0x240_0000,
        file: strings.intern("/app/shop"),
        ..Mapping::default()
    });
    add_functions(&mut profile, &mut strings, &mut random);
    add_locations(&mut profile, &mut random);
    add_samples(&mut profile, &mut strings, &mut random, samples);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&pprof::encode(&profile, &strings))?;
    Ok(encoder.finish()?)
}

fn add_functions(profile: &mut Profile, strings: &mut StringTable, random: &mut Random) {
    for id in 1..=FUNCTIONS {
        let (package, kind, verb) = (random.of(&PACKAGES), random.of(&TYPES), random.of(&VERBS));
        let name = match random.below(5) {
            0 => format!("{package}.{verb}{id}"),
            1 => format!("{package}.{verb}{id}[...]"),
            2 => format!("{package}.(*{kind}).{verb}{id}.func1"),
            _ => format!("{package}.(*{kind}).{verb}{id}"),
        };
        let file = format!("/go/pkg/mod/{package}@v1.4.0/{}.go", kind.to_lowercase());
        let name = strings.intern(&name);
        let start_line = i64::from(random.below(900));
        let file = strings.intern(&file);
        profile.functions.push(Function { id: u64::from(id), name, system_name: name, file, start_line });
    }
}

/// One location in five has a call inlined into it.
fn add_locations(profile: &mut Profile, random: &mut Random) {
    for id in 1..=LOCATIONS {
        let lines_begin = lines(profile);
        for _ in 0..1 + u32::from(random.below(5) == 0) {
            let function = Some(FunctionId(random.below(FUNCTIONS)));
            profile.lines.push(Line { function, line: i64::from(1 + random.below(900)), column: 0 });
        }
        profile.locations.push(Location {
            id: u64::from(id),
            mapping: Some(MappingId(0)),
            address: 0x40_0000 + u64::from(id) * 64,
            lines_begin,
            lines_end: lines(profile),
            is_folded: false,
            is_defined: true,
        });
    }
}

fn lines(profile: &Profile) -> u32 {
    u32::try_from(profile.lines.len()).unwrap_or(u32::MAX)
}

fn add_samples(profile: &mut Profile, strings: &mut StringTable, random: &mut Random, samples: u32) {
    let (mut stacks, mut label_sets) = (StackInterner::default(), LabelInterner::default());
    let (key, unit) = (strings.intern("bytes"), strings.intern("bytes"));
    for _ in 0..samples {
        let Some(stack) = stacks.intern(&mut profile.stacks, stack(random)) else { return };
        let size = random.of(&SIZES);
        let label = Label { key, value: LabelValue::Number { value: size, unit: Some(unit) } };
        let magnitude = random.below(16);
        let allocated = 1 + i64::from(random.below(1 << magnitude));
        let live = if random.below(3) == 0 { allocated / 4 } else { 0 };
        profile.samples.stack.push(stack);
        profile.samples.labels.push(label_sets.intern(&mut profile.label_sets, &[label]));
        profile.samples.offset.push(0);
        profile.samples.values.extend([allocated, allocated * size, live, live * size]);
    }
}

/// A walk down a call tree that is nowhere stored: where it stands says how
/// many ways go on, and each way leads to one place.
fn stack(random: &mut Random) -> Vec<LocationId> {
    const BRANCHES: [u32; 6] = [1, 1, 1, 2, 2, 4];
    let depth = 20 + random.below(61);
    let mut place = u64::from(random.below(4));
    (0..depth)
        .map(|_| {
            let at = Random(place).next();
            let ways = BRANCHES[usize::try_from(at % 6).unwrap_or(0)];
            // The smaller of two: some ways are taken more often.
            let way = random.below(ways).min(random.below(ways));
            place = at ^ (u64::from(way) << 32);
            LocationId(Random(place).below(LOCATIONS))
        })
        .collect()
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.next() % u64::from(limit.max(1))).unwrap_or(0)
    }

    fn of<T: Copy, const N: usize>(&mut self, all: &[T; N]) -> T {
        all[usize::try_from(self.next() % (N as u64)).unwrap_or(0)]
    }
}
