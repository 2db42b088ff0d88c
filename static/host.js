// Follows the wasm-bindgen glue of the unpacking module, as the page's inline
// module script. The same text, behind the glue of the page's own module, is
// the classic worker that the page starts from a blob.

if (typeof document === "undefined") {
  // A panic in a future is a rejected promise, which the page would not hear of.
  addEventListener("unhandledrejection", (event) => reportError(event.reason));
  // The first message is the page's compiled module. Instantiating it here and
  // now means that no later message can come before its listener.
  onmessage = ({ data }) => {
    onmessage = null;
    wasm_bindgen.initSync({ module: data });
  };
} else {
  boot();
}

async function boot() {
  const missing = ["WebAssembly", "Worker", "DecompressionStream"].filter((name) => !(name in self));
  if (missing.length > 0) {
    explain(`Strata cannot run here: this browser has no ${missing.join(", no ")}. A current Chrome, Firefox or Safari has them.`);
    return;
  }
  try {
    self.strataSavedPage = savedPage(self.strataEarly.start);
    const unpacker = await new Response(embedded("unpacker").pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    strata_unpacker.initSync({ module: unpacker });
    const bytes = (id) => strata_unpacker.unpack(document.getElementById(id).textContent);
    const text = (id) => new TextDecoder().decode(bytes(id));
    insert("style", text("style"));
    const glue = text("glue");
    // The policy names it by its hash. It would make an address of its script's,
    // which has none, against that of the page, which a srcdoc frame has not.
    Object.defineProperty(document, "currentScript", { value: null, configurable: true });
    insert("script", glue);
    delete document.currentScript;
    const module = await WebAssembly.compile(bytes("wasm"));
    // What the page asks for.
    self.strataWorker = [glue, "\n", document.getElementById("app").textContent];
    self.strataExample = () => bytes("example");
    self.strataGzip = gzip;
    self.strataFiles = [...(await savedFiles()), ...(await fetchedFiles())];
    if (parent !== self) answerEmbedder();
    await wasm_bindgen({ module_or_path: module });
  } catch (error) {
    explain(`Strata could not start: ${error}. A page that embeds it must allow WebAssembly ('wasm-unsafe-eval').`);
  }
}

// Adds an element that a saved page does not keep.
function insert(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  element.dataset.unpacked = "";
  document.head.append(element);
}

// The captures of a saved report, as [path, File] pairs: their names and sizes
// are one data block, their bytes in a row another. None in a plain page.
async function savedFiles() {
  const list = JSON.parse(document.getElementById("files").textContent || "[]");
  if (list.length === 0) return [];
  const { view } = document.getElementById("files").dataset;
  if (view && !location.hash) location.hash = view;
  const stream = embedded("captures").pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).blob();
  let end = 0;
  return list.map((file) => {
    const content = bytes.slice(end, (end += file.bytes));
    return [file.path, new File([content], file.path, { lastModified: file.modifiedMillis ?? 0 })];
  });
}

// The page that may fetch, which is another than the sealed one, takes captures
// from its own origin: fetching.html?src=captures/heap.pb.gz
function fetchedFiles() {
  const policy = document.querySelector("meta[http-equiv]").content;
  if (!policy.includes("connect-src 'self'")) return [];
  const sources = new URLSearchParams(location.search).getAll("src");
  return Promise.all(
    sources.map(async (source) => {
      const response = await fetch(source);
      if (!response.ok) throw new Error(`${source.split(/[?#]/)[0]}: ${response.status} ${response.statusText}`);
      const name = decodeURIComponent(new URL(response.url).pathname.split("/").pop());
      return [name, new File([await response.blob()], name, { lastModified: 0 })];
    }),
  );
}

// Messages from and to the page around this one; docs/embedding.md has them.
// A page of another origin is obeyed only if the user allows it.
function answerEmbedder() {
  const root = document.documentElement;
  // Whom the user, or a common origin, allowed; a page of no origin cannot be named as a target.
  let peer = null;
  let asked = null;
  const say = (strata, detail) => {
    const target = peer === null || peer === "null" ? "*" : peer;
    parent.postMessage({ strata, ...detail }, target);
  };
  const allow = async (origin) => {
    if (peer === null && origin === self.origin && origin !== "null") peer = origin;
    if (peer === null) await (asked ??= ask(origin).then((answer) => answer && (peer = origin)));
    return peer === origin;
  };
  addEventListener("message", async ({ source, origin, data }) => {
    if (source !== parent || typeof data?.strata !== "string" || !(await allow(origin))) return;
    if (data.strata === "view") location.hash = String(data.view);
    if (data.strata !== "load") return;
    root.toggleAttribute("data-readonly", data.readOnly === true);
    const files = Array.from(data.files, ({ name, bytes }) => [String(name), new File([bytes], name, { lastModified: 0 })]);
    dispatchEvent(new CustomEvent("strata-files", { detail: files }));
    if (data.view) location.hash = String(data.view);
  });
  for (const name of ["dragenter", "dragover", "drop", "paste"]) {
    const refuse = (event) => {
      if (!root.hasAttribute("data-readonly")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    addEventListener(name, refuse, true);
  }
  addEventListener("hashchange", () => peer !== null && say("view", { view: location.hash }));
  // The page calls it: when it listens, and when it has read everything.
  self.strataTell = (what, findings) => {
    if (what === "ready" || peer !== null) say(what, what === "loaded" ? { findings } : {});
  };
}

function ask(origin) {
  return new Promise((resolve) => {
    const bar = document.createElement("div");
    bar.className = "notice ask";
    bar.setAttribute("role", "alertdialog");
    const words = document.createElement("p");
    words.textContent = `The embedding page (${origin === "null" ? "no origin" : origin}) wants to open captures here.`;
    const answers = [["Allow", true], ["Ignore", false]].map(([label, answer]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = label;
      button.onclick = () => {
        bar.remove();
        resolve(answer);
      };
      return button;
    });
    bar.append(words, ...answers);
    document.body.prepend(bar);
  });
}

// What savedFiles reads, written: the page as it was before it started, with
// these files in it and a view to open, as a blob.
function savedPage(start) {
  return async (files, view) => {
    const packed = await gzip(new Blob(files.map(([, file]) => file)));
    const list = files.map(([path, file]) => ({ path, bytes: file.size, modifiedMillis: file.lastModified || null }));
    const page = document.documentElement.cloneNode(true);
    page.querySelectorAll("[data-unpacked]").forEach((element) => element.remove());
    page.querySelector("#root").innerHTML = start;
    page.querySelector("#root").dataset.saved = "";
    page.querySelector("#files").textContent = JSON.stringify(list).replaceAll("<", "\\u003c");
    page.querySelector("#files").dataset.view = view;
    page.querySelector("#captures").textContent = await base64(packed);
    return new Blob(["<!doctype html>\n", page.outerHTML, "\n"], { type: "text/html" });
  };
}

function gzip(blob) {
  return new Response(blob.stream().pipeThrough(new CompressionStream("gzip"))).blob();
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

// The bytes of a base64 data block of the page. The policy forbids every
// connection, fetch() of a data URL too.
function embedded(id) {
  const text = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Blob([bytes]).stream();
}

function explain(message) {
  console.error(message);
  const notice = document.createElement("p");
  notice.setAttribute("role", "alert");
  notice.textContent = message;
  document.getElementById("root").replaceChildren(notice);
}
