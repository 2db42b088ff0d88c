//! Serves a folder on loopback.

use std::fs;
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, anyhow};
use tiny_http::{Header, Method, Request, Response, Server};

use crate::command;
use crate::dist;
use crate::page;

/// Options of `cargo xtask serve`.
pub struct Options {
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Whether to open the page in the browser.
    pub open: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 8080, open: true }
    }
}

/// Builds the site and serves it until the program is stopped.
///
/// # Errors
/// A failing build, or a port that is taken.
pub fn serve(options: &Options) -> Result<()> {
    dist::dist()?;
    let site = Site::bind(&dist::folder().join("site"), options.port)?;
    println!("\nStrata is at {} (Ctrl-C stops)", site.url());
    if options.open {
        open_browser(&site.url());
    }
    site.answer_forever();
    Ok(())
}

/// A folder that is served; requests are kept, for tests that count them.
#[derive(Clone)]
pub struct Site {
    server: Arc<Server>,
    folder: Arc<Path>,
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Listens on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// A port that is taken.
    pub fn bind(folder: &Path, port: u16) -> Result<Self> {
        let server = Server::http(("127.0.0.1", port))
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("listening on port {port} of 127.0.0.1; --port takes another"))?;
        let address = server.server_addr().to_ip().context("not an IP address")?;
        Ok(Self { server: Arc::new(server), folder: folder.into(), address, requests: Arc::default() })
    }

    /// Binds to a free port and answers from a thread, for as long as the
    /// program runs.
    ///
    /// # Errors
    /// No free port.
    pub fn start(folder: &Path) -> Result<Self> {
        let site = Self::bind(folder, 0)?;
        let answering = site.clone();
        std::thread::spawn(move || answering.answer_forever());
        Ok(site)
    }

    /// Address of the site's page.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Every request so far, as method and target.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().map(|requests| requests.clone()).unwrap_or_default()
    }

    fn answer_forever(&self) {
        for request in self.server.incoming_requests() {
            if let Ok(mut requests) = self.requests.lock() {
                requests.push(format!("{} {}", request.method(), request.url()));
            }
            // A browser that went away while it was answered is no concern of ours.
            let _ = answer(&self.folder, request);
        }
    }
}

fn answer(folder: &Path, request: Request) -> std::io::Result<()> {
    let allowed = matches!(request.method(), Method::Get | Method::Head);
    let file = resolve(folder, request.url()).filter(|_| allowed);
    let Some((path, bytes)) = file.and_then(|path| fs::read(&path).ok().map(|bytes| (path, bytes))) else {
        return request.respond(Response::from_string("not found").with_status_code(404));
    };
    let mut headers = vec![
        ("content-type", media_type(&path)),
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
    ];
    let html = if path.extension().is_some_and(|extension| extension == "html") {
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        String::new()
    };
    if let Some(policy) = page::policy_of(&html) {
        headers.push(("content-security-policy", policy));
    }
    let mut response = Response::from_data(bytes);
    for (name, value) in headers {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    request.respond(response)
}

/// The file of a request's target, if it is inside the folder.
fn resolve(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.trim_start_matches('/');
    let relative = Path::new(if path.is_empty() { "index.html" } else { path });
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| folder.join(relative))
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("gz") => "application/gzip",
        Some("json") => "application/json",
        Some("sh" | "txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Opens the page where there is a desktop; on a server there is none, and
/// the printed address is enough.
fn open_browser(url: &str) {
    let Some(program) = command::find_program(&["xdg-open", "open"]) else {
        return;
    };
    let _ = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_outside_the_folder_is_not_served() {
        let folder = Path::new("site");
        assert_eq!(resolve(folder, "/?x=1"), Some(folder.join("index.html")));
        assert_eq!(resolve(folder, "/example.tar.gz"), Some(folder.join("example.tar.gz")));
        assert_eq!(resolve(folder, "/../Cargo.toml"), None);
        assert_eq!(resolve(folder, "/a/../../b"), None);
    }
}
