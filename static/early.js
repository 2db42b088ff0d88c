// Takes what is dropped, pasted or chosen before the page's module is there,
// and hands it over in the order in which it came.
(() => {
  const root = document.getElementById("root");
  const status = document.getElementById("early-status");
  const input = document.createElement("input");
  // Each is one drop, paste or choice: the text, or a list of files and folders.
  let takes = [];
  const on = { dragenter: drag, dragover: drag, drop, paste };

  self.strataEarly = {
    // What a saved page starts with.
    start: root.innerHTML,
    // When the page began to take files, after the navigation, in milliseconds.
    at: performance.now(),
    // Everything so far. From here on the page listens.
    take() {
      for (const name in on) removeEventListener(name, on[name]);
      const taken = takes;
      takes = null;
      return taken;
    },
  };
  for (const name in on) addEventListener(name, on[name]);

  // A saved report and a page in a frame have captures coming: there is nothing to ask for.
  document.getElementById("early").hidden = parent !== self || "saved" in root.dataset;
  document.documentElement.dataset.theme = theme();
  input.type = "file";
  input.multiple = true;
  input.onchange = () => {
    const files = [...input.files];
    if (takes !== null) return keep(files);
    // The page took over while the dialog was open.
    dispatchEvent(new CustomEvent("strata-files", { detail: files.map((file) => [file.name, file]) }));
  };
  document.getElementById("early-browse").onclick = () => input.click();

  function keep(take) {
    if (take.length === 0) return;
    takes.push(take);
    const count = takes.reduce((sum, one) => sum + (typeof one === "string" ? 1 : one.length), 0);
    status.textContent = `${count === 1 ? "1 item" : `${count} items`} taken. Strata reads ${count === 1 ? "it" : "them"} as soon as it has started.`;
  }

  function drag(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  }

  // Items are gone when the event is over: folders are taken as entries and promised handles.
  function drop(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    keep(items.map((item) => {
      const entry = item.webkitGetAsEntry();
      return entry?.isDirectory ? { entry, handle: item.getAsFileSystemHandle?.() } : item.getAsFile();
    }));
  }

  function paste(event) {
    event.preventDefault();
    const { files } = event.clipboardData;
    const text = event.clipboardData.getData("text/plain");
    keep(files.length > 0 || text.trim() === "" ? [...files] : text);
  }

  // A sandboxed frame has no storage.
  function theme() {
    let chosen = null;
    try {
      chosen = localStorage.getItem("strata-theme");
    } catch {}
    return chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  }
})();
