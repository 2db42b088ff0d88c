// Runs in the browser's own window, once, before the first page.
const [pages, networkLog] = arguments;

let problems = [];
Services.ppmm.addMessageListener("strata:problem", ({ data }) => problems.push(data));
Services.console.registerListener({
    observe(message) {
        if (!(message instanceof Ci.nsIScriptError) || message.flags & Ci.nsIScriptError.infoFlag) return;
        const isOfAPage = !message.isFromChromeContext && !/^(chrome|resource):|^\[System/.test(message.sourceName);
        if (isOfAPage) problems.push(`${message.sourceName}:${message.lineNumber} ${message.category}: ${message.errorMessage}`);
    },
});
// The browser's own process, which has no pages, refuses it.
Services.ppmm.loadProcessScript(`data:application/javascript,${encodeURIComponent(pages)}`, true);

// Each request is on the disk before it is made.
const log = Cc["@mozilla.org/network/file-output-stream;1"].createInstance(Ci.nsIFileOutputStream);
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(networkLog);
log.init(file, -1, 0o644, 0);
Services.obs.addObserver((channel) => {
    channel.QueryInterface(Ci.nsIHttpChannel);
    // The browser's own errands, and what is typed into the address bar.
    if (channel.loadInfo.triggeringPrincipal.isSystemPrincipal) return;
    const line = `${channel.URI.spec}\n`;
    log.write(line, line.length);
}, "http-on-opening-request");

const tab = gBrowser.selectedTab;
const browser = () => tab.linkedBrowser;
const context = () => browser().browsingContext.id;
// What `pages.js` answers in the process of the page.
const askThePage = (name, data) => {
    const process = browser().frameLoader.messageManager.processMessageManager;
    return new Promise((done, fail) => {
        const answer = `${name}:answer`;
        process.addMessageListener(answer, function listener({ data }) {
            process.removeMessageListener(answer, listener);
            data.error === undefined ? done(data.value) : fail(new Error(data.error));
        });
        process.sendAsyncMessage(name, data);
    });
};

const scripts = [];
window.strata = {
    beforeEachPage(script) {
        scripts.push(script);
        Services.ppmm.sharedData.set("strata:scripts", scripts);
        Services.ppmm.sharedData.flush();
    },
    async problems() {
        await askThePage("strata:flush");
        const found = problems;
        problems = [];
        return found;
    },
    drop(paths, x, y) {
        return askThePage("strata:drop", { context: context(), paths, x, y });
    },
    // What is around the page has no part in its size.
    async showAs(width, height, scheme) {
        browser().browsingContext.prefersColorSchemeOverride = scheme;
        for (const [name, size] of [["width", width], ["height", height]])
            for (const property of [name, `min-${name}`, `max-${name}`])
                browser().style.setProperty(property, `${size}px`);
        await askThePage("strata:resized", { context: context(), width, height });
    },
    putInBackground(isInBackground) {
        if (isInBackground) gBrowser.selectedTab = gBrowser.addTrustedTab("about:blank");
        else gBrowser.removeTab(gBrowser.selectedTab);
    },
    saveDownloads(folder) {
        Services.prefs.setIntPref("browser.download.folderList", 2);
        Services.prefs.setStringPref("browser.download.dir", folder);
    },
};
