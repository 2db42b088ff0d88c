// <strata-report>: a Strata report in another page. docs/embedding.md says how it
// is used. The viewer runs in a frame and fetches nothing; this script fetches
// what `src` names, with the rights of the page that it is in.
(() => {
  const home = document.currentScript?.src || document.baseURI;

  class StrataReport extends HTMLElement {
    static observedAttributes = ["src", "view", "theme", "height"];
    #frame = null;
    #ready = null;
    #viewer = null;
    #listener = (event) => this.#hear(event);

    connectedCallback() {
      const viewer = this.#allowed();
      if (!viewer) {
        this.#tell("error", { message: "viewer: only http, https or file, and of the origin of strata-report.js unless a script sets it" });
        return;
      }
      this.origin = viewer.protocol === "file:" ? "null" : viewer.origin;
      viewer.hash = this.getAttribute("view") ?? "";
      this.#frame = document.createElement("iframe");
      this.#frame.title = this.getAttribute("title") ?? "Strata report";
      this.#frame.allow = "clipboard-write";
      this.#ready = new Promise((resolve) => (this.resolveReady = resolve));
      addEventListener("message", this.#listener);
      this.#dress();
      (this.shadowRoot ?? this.attachShadow({ mode: "open" })).replaceChildren(this.#frame);
      this.#frame.src = viewer.href;
      this.#loadInline();
      if (this.hasAttribute("src")) this.#fetch();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#listener);
      this.shadowRoot?.replaceChildren();
      this.#frame = null;
    }

    get viewer() {
      return this.#viewer;
    }

    /** The viewer's address, from a script of the page, which may name one of another origin. */
    set viewer(address) {
      this.#viewer = String(address);
      if (!this.isConnected) return;
      this.disconnectedCallback();
      this.connectedCallback();
    }

    // The viewer is handed captures that are fetched with the reader's rights. Whoever can write
    // markup must not choose who gets them, nor what runs here.
    #allowed() {
      const named = this.#viewer ?? this.getAttribute("viewer");
      const own = new URL("index.html", home);
      if (named === null) return own;
      let viewer;
      try {
        viewer = new URL(named, document.baseURI);
      } catch {
        return null;
      }
      const isPage = ["http:", "https:", "file:"].includes(viewer.protocol);
      const isOwn = viewer.protocol === own.protocol && viewer.origin === own.origin;
      return isPage && (isOwn || this.#viewer !== null) ? viewer : null;
    }

    attributeChangedCallback(name) {
      if (!this.#frame) return;
      if (name === "src") this.#fetch();
      else if (name === "view") this.#say({ strata: "view", view: this.getAttribute("view") ?? "" });
      else this.#dress();
    }

    /** Hands over captures: File objects, or objects with `name` and `bytes`. */
    async load(files) {
      const read = async (file) => ({ name: file.name, bytes: file.bytes ?? (await file.arrayBuffer()) });
      const message = { strata: "load", files: await Promise.all(Array.from(files, read)) };
      message.readOnly = this.hasAttribute("readonly");
      await this.#say(message);
    }

    async #say(message) {
      const ready = this.#ready;
      await ready;
      // What was for a frame that is gone is not for the next one.
      if (ready !== this.#ready) return;
      this.#frame?.contentWindow.postMessage(message, this.origin === "null" ? "*" : this.origin);
    }

    #hear({ source, origin, data }) {
      if (source !== this.#frame?.contentWindow || origin !== this.origin || typeof data?.strata !== "string") return;
      if (data.strata === "ready") this.resolveReady();
      this.#tell(data.strata, data);
    }

    #tell(name, detail) {
      this.dispatchEvent(new CustomEvent(`strata-${name}`, { detail, bubbles: true }));
    }

    async #fetch() {
      const ready = this.#ready;
      try {
        const names = this.getAttribute("src").split(/\s+/).filter(Boolean);
        const files = await Promise.all(
          names.map(async (name) => {
            const address = new URL(name, document.baseURI);
            // A query may hold a key.
            const shown = address.pathname.split("/").pop();
            const response = await fetch(address);
            if (!response.ok) throw new Error(`${shown}: ${response.status} ${response.statusText}`);
            return { name: shown, bytes: await response.arrayBuffer() };
          }),
        );
        if (ready === this.#ready) await this.load(files);
      } catch (error) {
        this.#tell("error", { message: String(error) });
      }
    }

    // What stands inside of the element comes after its start, where it connects.
    async #loadInline() {
      const ready = this.#ready;
      if (document.readyState === "loading") {
        await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve, { once: true }));
      }
      const files = this.#inline();
      if (files.length > 0 && ready === this.#ready) await this.load(files);
    }

    // Data in the page itself: <script type="text/plain" data-name="dump.txt">, or
    // base64 with type="application/octet-stream".
    #inline() {
      return Array.from(this.querySelectorAll("script[data-name]"), (script) => {
        const text = script.textContent;
        const bytes =
          script.type === "application/octet-stream"
            ? Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0))
            : new TextEncoder().encode(text);
        return { name: script.dataset.name, bytes: bytes.buffer };
      });
    }

    // By properties, which no style-src forbids.
    #dress() {
      const { style } = this.#frame;
      this.style.display = "block";
      style.display = "block";
      style.width = "100%";
      style.height = this.getAttribute("height") ?? "40rem";
      style.border = "0";
      style.colorScheme = this.getAttribute("theme") ?? "";
    }
  }

  customElements.define("strata-report", StrataReport);
})();
