//! How smoothly a canvas follows the wheel.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::browser::Browser;

/// What the wheel does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// Shift + wheel.
    Pan,
    /// Ctrl + wheel.
    Zoom,
}

/// Milliseconds as median, 95th percentile and longest.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// Half are shorter.
    pub median: f64,
    /// One in twenty is longer.
    pub p95: f64,
    /// The longest.
    pub longest: f64,
}

/// What a gesture of 120 frames took.
#[derive(Debug, Clone, Copy)]
pub struct Frames {
    /// From a frame to the next.
    pub frame: Spread,
    /// The script in a frame.
    pub script: Spread,
}

/// One gesture for 120 frames. A frame's script is what the event and the
/// callback of `requestAnimationFrame` do, where a canvas is drawn; both hand
/// their work to microtasks, which are over before one that is queued after them.
const GESTURE: &str = "
    const canvas = document.querySelector(arguments[0]);
    const box = canvas.getBoundingClientRect();
    const native = window.requestAnimationFrame.bind(window);
    let script = 0;
    const timed = work => {
        const start = performance.now();
        work();
        queueMicrotask(() => queueMicrotask(() => { script += performance.now() - start; }));
    };
    window.requestAnimationFrame = callback => native(time => timed(() => callback(time)));
    const frame = () => new Promise(done => native(done));
    const frames = [], scripts = [];
    let last = await frame();
    for (let n = 0; n < 120; n++) {
        script = 0;
        const forth = n % 60 < 30 ? 1 : -1;
        const how = arguments[1] === 'pan' ? { shiftKey: true, deltaY: 24 * forth } : { ctrlKey: true, deltaY: -40 * forth };
        const place = { bubbles: true, cancelable: true, clientX: box.left + box.width / 2, clientY: box.top + 50 };
        timed(() => canvas.dispatchEvent(new WheelEvent('wheel', { ...place, ...how })));
        // Drawn in the next frame, or the one after it.
        const now = await frame();
        await new Promise(done => setTimeout(done));
        frames.push(now - last);
        scripts.push(script);
        last = now;
    }
    window.requestAnimationFrame = native;
    const figures = list => { list.sort((a, b) => a - b); return [0.5, 0.95, 1].map(q => list[Math.min(list.length - 1, Math.floor(q * list.length))]); };
    return [...figures(frames), ...figures(scripts)];";

/// Makes a gesture over a canvas, forth and back, and measures.
///
/// # Errors
/// No such canvas.
pub async fn measure(browser: &Browser, canvas: &str, gesture: Gesture) -> Result<Frames> {
    let name = match gesture {
        Gesture::Pan => "pan",
        Gesture::Zoom => "zoom",
    };
    let figures = browser.run(GESTURE, &[canvas, name]).await?;
    let figures: Vec<f64> = figures.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let [a, b, c, d, e, f] = figures.as_slice() else {
        bail!("no figures: {figures:?}");
    };
    Ok(Frames {
        frame: Spread { median: *a, p95: *b, longest: *c },
        script: Spread { median: *d, p95: *e, longest: *f },
    })
}
