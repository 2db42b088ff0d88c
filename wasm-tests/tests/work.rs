//! The engine on wasm32 in an interpreter that counts instructions: the same
//! report as natively, and work that grows as its input does. Counts are the same
//! on every machine and in every run, which times are not.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use analyzer_core::session::Session;
use anyhow::{Context, Result, ensure};
use engine_fuzz::seeds;
use wasmi::{Config, Engine, Linker, Module, Store, TypedFunc};
use xtask::bench::{generate, texts};
use xtask::build;

#[path = "work/shapes.rs"]
mod shapes;

/// What a byte may cost more in an input of three or four times the size: what
/// sorting adds, and tables that are moved as they grow. Work by the square of the
/// input makes it as many times as much.
const GROWTH: f64 = 1.5;

/// How far what is done for any input varies from input to input, as a share of
/// it: tables are hashed with addresses, so their entries fall elsewhere. Up to a
/// twentieth was seen. Without it two inputs that cost next to nothing could not
/// be compared; work by the square of these inputs is a hundred times as much.
const CHANCE: f64 = 0.1;

/// Instructions for a byte that is looked at a few times and no more: work by the
/// square of these inputs costs tens of thousands.
const CHEAP: f64 = 150.0;

/// Bytes of fixtures to start from: enough to outweigh what is done once.
const ENOUGH: usize = 2 << 10;

/// The engine in its interpreter.
struct Interpreter {
    engine: Engine,
    module: Module,
}

/// What a file came to.
struct Run {
    report: Vec<u8>,
    instructions: u64,
}

impl Interpreter {
    fn new() -> Result<Self> {
        let wasm = std::fs::read(build::engine_module()?)?;
        let mut config = Config::default();
        config.consume_fuel(true);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, &wasm).context("the engine's module")?;
        Ok(Self { engine, module })
    }

    /// Reads a file in a fresh instance.
    fn run(&self, path: &str, bytes: &[u8]) -> Result<Run> {
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(u64::MAX)?;
        let instance = Linker::new(&self.engine).instantiate_and_start(&mut store, &self.module)?;
        let push: TypedFunc<(u64, u32), ()> = instance.get_typed_func(&store, "push")?;
        let report: TypedFunc<u32, u32> = instance.get_typed_func(&store, "report")?;
        let output: TypedFunc<u32, u64> = instance.get_typed_func(&store, "output")?;
        for input in [path.as_bytes(), bytes] {
            for chunk in input.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                push.call(&mut store, (u64::from_le_bytes(word), u32::try_from(chunk.len())?))?;
            }
        }
        let before = store.get_fuel()?;
        let length = usize::try_from(report.call(&mut store, u32::try_from(path.len())?)?)?;
        let instructions = before - store.get_fuel()?;
        let mut report = Vec::with_capacity(length);
        while report.len() < length {
            report.extend(output.call(&mut store, u32::try_from(report.len())?)?.to_le_bytes());
        }
        report.truncate(length);
        Ok(Run { report, instructions })
    }

    /// Fails if the bytes of a larger input cost more than those of a smaller
    /// one. What is done once, for any input, falls out of the differences.
    fn check_growth(&self, name: &str, inputs: [&[u8]; 3]) -> Result<()> {
        let mut runs = Vec::new();
        for input in inputs {
            runs.push((input.len() as f64, self.run(name, input)?.instructions as f64));
        }
        let rise = |from: usize, to: usize| (runs[to].1 - runs[from].1) / (runs[to].0 - runs[from].0);
        let (first, then) = (rise(0, 1), rise(1, 2));
        let least = runs[0].1 / 1e6;
        println!(
            "{name}: instructions for one byte more: {first:.0}, then {then:.0}; {least:.1} million for the least"
        );
        let chance = CHANCE * runs[0].1 / (runs[1].0 - runs[0].0);
        ensure!(
            then <= CHEAP.max((first.max(0.0) + chance) * GROWTH),
            "{name}: a byte costs {first:.0}, then {then:.0}"
        );
        Ok(())
    }
}

#[test]
fn every_fixture_gives_the_native_report() -> Result<()> {
    let interpreter = Interpreter::new()?;
    let captures = seeds::captures()?;
    ensure!(captures.len() > 300, "{} captures", captures.len());
    let faults = on_all_cores(&captures, |(path, bytes)| {
        let path = path.display().to_string();
        let mut session = Session::default();
        session.add(&path, bytes.clone());
        let native = serde_json::to_vec(&session.report())?;
        let run = interpreter.run(&path, bytes)?;
        ensure!(run.report == native, "{path}: {}", String::from_utf8_lossy(&run.report));
        Ok(())
    });
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn work_grows_as_generated_captures_do() -> Result<()> {
    let interpreter = Interpreter::new()?;
    for (name, make) in [
        ("goroutines.txt", texts::goroutine_dump as fn(usize) -> String),
        ("smaps", texts::smaps),
        ("gctrace.log", texts::gc_trace),
    ] {
        let [small, middle, large] = [200, 800, 3_200].map(make);
        interpreter.check_growth(name, [&small, &middle, &large].map(String::as_bytes))?;
    }
    let profile = |samples| generate::heap_profile(samples);
    interpreter
        .check_growth("heap.pb.gz", [&profile(500)?, &profile(2_000)?, &profile(8_000)?].map(Vec::as_slice))
}

/// Captures that are all of different things: what is done for each thing must not look at all others.
#[test]
fn work_grows_as_the_things_in_captures_do() -> Result<()> {
    let interpreter = Interpreter::new()?;
    for (name, make) in shapes::ALL {
        let [small, middle, large] = [60, 240, 960].map(make);
        interpreter.check_growth(name, [&small, &middle, &large].map(Vec::as_slice))?;
    }
    Ok(())
}

/// A fixture of each format over and over: not every format takes that for more
/// of the same, and none may take it for much more work.
#[test]
fn work_grows_as_repeated_fixtures_do() -> Result<()> {
    let interpreter = Interpreter::new()?;
    let targets: Vec<_> = seeds::by_target()?.into_iter().collect();
    let faults = on_all_cores(&targets, |(target, inputs)| {
        let Some(input) = inputs.iter().min_by_key(|input| input.len().abs_diff(ENOUGH)) else {
            return Ok(());
        };
        let once = input.repeat(ENOUGH.div_ceil(input.len().max(1)));
        // Not once: a document that ends is read otherwise than one that goes on.
        interpreter.check_growth(target, [&once.repeat(2), &once.repeat(6), &once.repeat(18)])
    });
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// Does this with each thing, and gives the faults. What is counted does not depend on what else runs.
fn on_all_cores<T: Sync>(things: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut faults = Vec::new();
        while let Some(thing) = things.get(next.fetch_add(1, Ordering::Relaxed)) {
            faults.extend(work(thing).err().map(|fault| format!("{fault:#}")));
        }
        faults
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}
