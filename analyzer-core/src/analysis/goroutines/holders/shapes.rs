//! Stacks with what their functions mean, each made once.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::super::names::{self, Function, Functions};
use super::super::state::Wait;
use super::locks::is_lock_code;
use crate::base::go_symbol::Origin;
use crate::base::intern::StrId;
use crate::evidence::Evidence;
use crate::evidence::goroutines::Goroutine;
use crate::evidence::stacks::StackId;

/// A frame.
#[derive(Clone, Debug)]
pub struct Site {
    pub function: Rc<Function>,
    /// `main.(*T)`, or the function without its closures.
    pub owner: Rc<str>,
    pub file: Option<StrId>,
    pub line: Option<u32>,
    /// `store.(*Store).Get (store.go:12)`.
    pub text: Rc<str>,
    pub origin: Origin,
    pub is_user: bool,
    /// Code of the runtime or of a lock: nobody calls Lock there.
    pub is_inner: bool,
    /// A method with a pointer receiver.
    pub is_method: bool,
}

/// A stack, innermost first, and what its goroutines wait in.
#[derive(Clone, Debug)]
pub struct Shape {
    pub wait: Wait,
    /// As the dump prints it.
    pub state: Rc<str>,
    pub frames: Vec<Site>,
}

impl Shape {
    /// The first frame of the program's own code or of a library.
    pub fn user_frame(&self) -> Option<usize> {
        self.frames.iter().position(|site| site.is_user)
    }
}

/// All shapes of a dump.
#[derive(Debug)]
pub struct Shapes<'e> {
    pub evidence: &'e Evidence,
    functions: Functions,
    known: FxHashMap<(Option<StackId>, StrId), Rc<Shape>>,
}

impl<'e> Shapes<'e> {
    pub fn new(evidence: &'e Evidence) -> Self {
        Self { evidence, functions: Functions::default(), known: FxHashMap::default() }
    }

    /// The shape of a goroutine.
    pub fn of(&mut self, row: &Goroutine) -> Rc<Shape> {
        let key = (row.stack, row.state);
        if let Some(shape) = self.known.get(&key) {
            return Rc::clone(shape);
        }
        let shape = Rc::new(self.make(row));
        self.known.insert(key, Rc::clone(&shape));
        shape
    }

    fn make(&mut self, row: &Goroutine) -> Shape {
        let strings = &self.evidence.strings;
        let frames: Vec<Site> = self
            .evidence
            .stacks
            .leaf_first(row.stack)
            .map(|frame| {
                let function = self.functions.get(strings, frame.function);
                let file = frame.file.map(|file| strings.get(file));
                let origin = function.origin(file);
                let is_user = matches!(origin, Origin::Own | Origin::Dependency);
                let text = place(&function.name, file, frame.line).into();
                let owner = names::owner_of(&function.name).into();
                let is_inner = function.is_runtime || is_lock_code(&function.name);
                let is_method = names::is_method(&function.name);
                Site {
                    function,
                    owner,
                    file: frame.file,
                    line: frame.line,
                    text,
                    origin,
                    is_user,
                    is_inner,
                    is_method,
                }
            })
            .collect();
        let state = strings.get(row.state);
        let functions = frames.iter().map(|site| &*site.function.name);
        Shape { wait: Wait::from_reason(state).refine(functions), state: state.into(), frames }
    }
}

fn place(function: &str, file: Option<&str>, line: Option<u32>) -> String {
    let function = names::short(function);
    let file = file.and_then(|file| file.rsplit(['/', '\\']).next());
    match (file, line) {
        (Some(file), Some(line)) => format!("{function} ({file}:{line})"),
        _ => function.to_owned(),
    }
}
