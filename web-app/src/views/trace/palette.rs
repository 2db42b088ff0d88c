//! Colors of the timeline, as the style sheet sets them.

use web_sys::Element;

/// What has a color of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Running goroutines, and the first of the states.
    Running,
    /// GC workers.
    Gc,
    /// Waiting for a processor.
    Runnable,
    /// Blocked.
    Waiting,
    /// In system calls.
    Syscall,
    /// The live heap.
    Heap,
    /// The heap goal.
    Goal,
    /// Stopped world.
    Stopped,
    /// Text.
    Text,
    /// Text beside it.
    Muted,
    /// Lines between lanes.
    Border,
    /// The ground under everything.
    Surface,
    /// The ground of labels.
    Raised,
    /// What is chosen.
    Accent,
    /// The ground of what is chosen.
    Selected,
    /// User tasks.
    Task,
}

/// Custom properties, in the order of [`Ink`].
const NAMES: [&str; 16] = [
    "--trace-running",
    "--trace-gc",
    "--trace-runnable",
    "--trace-waiting",
    "--trace-syscall",
    "--trace-heap",
    "--trace-goal",
    "--trace-stopped",
    "--text",
    "--text-muted",
    "--border",
    "--surface",
    "--surface-raised",
    "--accent",
    "--surface-selected",
    "--trace-task",
];

/// The colors in force.
#[derive(Clone, Debug, Default)]
pub struct Palette([String; NAMES.len()]);

impl Palette {
    /// Reads the colors of an element.
    pub fn read(element: &Element) -> Self {
        let style = gloo::utils::window().get_computed_style(element).ok().flatten();
        Self(NAMES.map(|name| {
            let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
            value.map(|value| value.trim().to_owned()).unwrap_or_default()
        }))
    }

    /// A color, as CSS has it.
    pub fn get(&self, ink: Ink) -> &str {
        self.0.get(ink as usize).map_or("", String::as_str)
    }
}
