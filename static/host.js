// Follows the wasm-bindgen glue in one text that serves twice: as the page's
// inline module script, and as the classic worker that the page starts from a
// blob of that same text.

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
    const module = await WebAssembly.compileStreaming(
      new Response(embedded("wasm").pipeThrough(new DecompressionStream("gzip")), {
        headers: { "content-type": "application/wasm" },
      }),
    );
    await wasm_bindgen({ module_or_path: module });
  } catch (error) {
    explain(`Strata did not start: ${error}. A page that embeds it must allow WebAssembly ('wasm-unsafe-eval').`);
  }
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
