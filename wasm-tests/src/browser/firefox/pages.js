// Runs in every process that has pages, with the rights of the browser itself,
// before the first page of the process.
(() => {
    // What evaluates in it is the page's own, whatever policy the page has.
    const inside = (window) => new Cu.Sandbox(window, { sandboxPrototype: window, wantXrays: false });

    Services.obs.addObserver((window) => {
        const scripts = Services.cpmm.sharedData.get("strata:scripts") ?? [];
        if (window.document.nodePrincipal.isSystemPrincipal || scripts.length === 0) return;
        const page = inside(window);
        for (const script of scripts) Cu.evalInSandbox(script, page);
    }, "content-document-global-created");

    const isOfThePage = (message) => !/^(chrome|resource):/.test(message.filename);
    Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage).addLogEventListener((event) => {
        const message = event.wrappedJSObject;
        if (!["error", "warn", "assert"].includes(message.level) || !isOfThePage(message)) return;
        const words = Array.from(message.arguments, String).join(" ");
        Services.cpmm.sendAsyncMessage("strata:problem", `${message.filename} console.${message.level}: ${words}`);
    }, Services.scriptSecurityManager.getSystemPrincipal());

    const answer = (name, work) => Services.cpmm.addMessageListener(name, async ({ data }) => {
        const result = await work(data).then((value) => ({ value }), (error) => ({ error: String(error) }));
        Services.cpmm.sendAsyncMessage(`${name}:answer`, result);
    });

    // By when it is answered, the browser has every problem that this process told before.
    answer("strata:flush", async () => {});

    answer("strata:resized", async ({ context, width, height }) => {
        const window = BrowsingContext.get(context).window;
        const frame = () => new Promise((done) => window.requestAnimationFrame(done));
        while (window.innerWidth !== width || window.innerHeight !== height) await frame();
        // Observers of sizes are told in a frame, and what they change is drawn in the next.
        await frame();
        await frame();
    });

    // The events are trusted. Files and folders are as the system's drag and
    // drop hands them over, folders as a file that the browser knows to be one.
    answer("strata:drop", async ({ context, paths, x, y }) => {
        const window = BrowsingContext.get(context).window;
        const data = new window.DataTransfer();
        const add = Cu.evalInSandbox("(data, file) => { data.items.add(file); }", inside(window));
        for (const path of paths) add(data, await fileOrFolder(window, path));
        const target = window.document.elementFromPoint(x, y);
        for (const type of ["dragenter", "dragover", "drop"]) {
            const event = window.document.createEvent("DragEvent");
            const [screenX, screenY] = [window.mozInnerScreenX + x, window.mozInnerScreenY + y];
            event.initDragEvent(type, true, true, window, 0, screenX, screenY, x, y, false, false, false, false, 0, null, data);
            window.windowUtils.dispatchDOMEventViaPresShellForTesting(target, event);
        }
    });

    const fileOrFolder = async (window, path) => {
        const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
        file.initWithPath(path);
        if (!file.isDirectory()) return window.File.createFromFileName(path);
        const data = new window.DataTransfer();
        data.mozSetDataAt("application/x-moz-file", file, 0);
        return data.items[0].getAsFile();
    };
})();
