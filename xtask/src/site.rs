//! A folder served over HTTP on loopback, for a look and for the tests. One
//! connection carries one request, so no connection can keep another waiting.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::page;

/// Bytes of a request that are read: browsers send less than a tenth of it.
const MAX_REQUEST_BYTES: u64 = 64 << 10;

/// A folder that is served; requests are kept, for tests that count them.
#[derive(Clone)]
pub struct Site {
    listener: Arc<TcpListener>,
    folder: Arc<Path>,
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Listens on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// A port that is taken.
    pub fn bind(folder: &Path, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        Ok(Self { listener: Arc::new(listener), folder: folder.into(), address, requests: Arc::default() })
    }

    /// Binds to a free port and answers from a thread, for as long as the
    /// program runs.
    ///
    /// # Errors
    /// No free port.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let site = Self::bind(folder, 0)?;
        let answering = site.clone();
        thread::spawn(move || answering.answer_forever());
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

    /// Answers for as long as the program runs.
    pub fn answer_forever(&self) {
        for stream in self.listener.incoming().flatten() {
            let site = self.clone();
            // A browser that went away while it was answered is no concern of ours.
            thread::spawn(move || site.answer(&stream));
        }
    }

    fn answer(&self, mut stream: &TcpStream) -> io::Result<()> {
        let Some(request) = read_request(stream)? else { return Ok(()) };
        if let Ok(mut requests) = self.requests.lock() {
            requests.push(request.clone());
        }
        stream.write_all(&response(&self.folder, &request))
    }
}

/// Method and target of a request; `None` if the browser thought better of it.
fn read_request(stream: &TcpStream) -> io::Result<Option<String>> {
    let mut lines = BufReader::new(stream.take(MAX_REQUEST_BYTES)).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    // The rest of the head; closing over unread bytes would reset the connection.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    Ok(first.rsplit_once(" HTTP/").map(|(request, _)| request.to_owned()))
}

fn response(folder: &Path, request: &str) -> Vec<u8> {
    let path = request.strip_prefix("GET ").and_then(|target| resolve(folder, target));
    let Some((path, body)) = path.and_then(|path| fs::read(&path).ok().map(|body| (path, body))) else {
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    };
    let mut head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n",
        media_type(&path),
        body.len()
    );
    if let Some(policy) = std::str::from_utf8(&body).ok().and_then(page::policy_of) {
        head.push_str(&format!("Content-Security-Policy: {policy}\r\n"));
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

/// The file of a request's target, if it is inside the folder.
fn resolve(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.trim_start_matches('/');
    let index = if path.is_empty() || path.ends_with('/') { "index.html" } else { "" };
    let relative = PathBuf::from(format!("{path}{index}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_outside_the_folder_is_not_served() {
        let folder = Path::new("site");
        assert_eq!(resolve(folder, "/?x=1"), Some(folder.join("index.html")));
        assert_eq!(resolve(folder, "/below/"), Some(folder.join("below/index.html")));
        assert_eq!(resolve(folder, "/example.tar.gz"), Some(folder.join("example.tar.gz")));
        assert_eq!(resolve(folder, "/../Cargo.toml"), None);
        assert_eq!(resolve(folder, "/a/../../b"), None);
    }

    #[test]
    fn a_silent_connection_does_not_keep_others_waiting() -> io::Result<()> {
        let site = Site::start(Path::new(env!("CARGO_MANIFEST_DIR")))?;
        let _silent: Vec<_> = (0..8).map(|_| TcpStream::connect(site.address)).collect();
        let mut stream = TcpStream::connect(site.address)?;
        stream.write_all(b"GET /Cargo.toml HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("name = \"xtask\""), "{answer}");
        assert_eq!(site.requests(), ["GET /Cargo.toml"]);
        Ok(())
    }
}
