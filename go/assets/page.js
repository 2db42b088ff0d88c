// Captures this process and shows the report: the bundle is fetched from the
// handler that served this page, and handed to the viewer in a frame, whose own
// policy forbids every connection.
"use strict";

const form = document.getElementById("capture");
const main = document.querySelector("main");
const progress = document.getElementById("progress");
const problem = document.getElementById("error");
const save = document.getElementById("save");
const stop = document.getElementById("stop");
const { viewer, maxTime } = document.body.dataset;
let running = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const query = new URLSearchParams(new FormData(form));
  const number = (name) => Number(query.get(name) ?? 0);
  const seconds = (number("snapshots") - 1) * number("interval") + number("cpu") + number("trace");
  if (seconds > Number(maxTime)) {
    tell(`This takes ${seconds} s, and at most ${maxTime} s are allowed here.`);
    return;
  }
  take(`bundle?${query}`, "capture.tar.gz", seconds);
});

document.getElementById("previous")?.addEventListener("click", () => take("previous", "previous.tar.gz", 0));
stop.addEventListener("click", () => running?.abort());

async function take(address, name, seconds) {
  tell("");
  busy(true);
  running = new AbortController();
  const start = performance.now();
  let received = 0;
  const show = () => {
    const passed = (performance.now() - start) / 1000;
    const left = Math.max(0, Math.ceil(seconds - passed));
    progress.querySelector("progress").value = seconds > 0 ? Math.min(1, passed / seconds) : 1;
    const size = `${(received / 1024).toLocaleString("en", { maximumFractionDigits: 0 })} KiB received`;
    progress.querySelector("span").textContent = left > 0 ? `${left} s left, ${size}` : size;
  };
  show();
  const timer = setInterval(show, 250);
  try {
    const response = await fetch(address, { signal: running.signal, cache: "no-store" });
    if (!response.ok) throw new Error(await response.text());
    const chunks = [];
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      received += part.value.length;
    }
    const bundle = new Blob(chunks, { type: "application/gzip" });
    URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(bundle);
    save.download = name;
    save.hidden = false;
    if (viewer) await open(name, await bundle.arrayBuffer());
  } catch (error) {
    tell(error.name === "AbortError" ? "Stopped." : error.message || String(error));
  } finally {
    clearInterval(timer);
    running = null;
    busy(false);
  }
}

// A new frame for each report: the viewer adds what it is given to what it has.
function open(name, bytes) {
  const frame = document.createElement("iframe");
  frame.title = "Strata report";
  frame.src = viewer;
  return new Promise((resolve) => {
    const hear = ({ source, origin, data }) => {
      if (source !== frame.contentWindow || origin !== location.origin || data?.strata !== "ready") return;
      removeEventListener("message", hear);
      frame.contentWindow.postMessage({ strata: "load", files: [{ name, bytes }] }, location.origin, [bytes]);
      resolve();
    };
    addEventListener("message", hear);
    main.replaceChildren(frame);
  });
}

function busy(is) {
  progress.hidden = !is;
  stop.hidden = !is;
  for (const control of form.querySelectorAll("input, button:not(#stop)")) control.disabled = is;
}

function tell(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}
