//! A WebDriver server process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Times that a driver is started before the reason must be another.
const STARTS: usize = 5;

/// A running driver; dropping it ends it and its browser.
pub struct Driver {
    process: Child,
    port: u16,
    /// The session to end, of a driver that ends its browser with that alone.
    session: Option<String>,
}

impl Driver {
    /// Starts chromedriver on a free port of its own choice.
    ///
    /// It takes a port that is free for IPv4 and ends if another program has
    /// the same one for IPv6: then it is started again.
    ///
    /// # Errors
    /// A program that does not start, or does not say where it listens.
    pub fn chromedriver(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("--port=0");
        Self::start(&mut command, "started successfully on port ")
    }

    /// Starts geckodriver on a free port of its own choice; it lets its
    /// browser be asked for more than a page may do.
    ///
    /// # Errors
    /// As [`Driver::chromedriver`].
    pub fn geckodriver(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--port=0", "--allow-system-access"]);
        // The browser's complaints about itself; those about a page are asked for.
        command.stderr(Stdio::null());
        Self::start(&mut command, "Listening on 127.0.0.1:")
    }

    fn start(command: &mut Command, before_port: &str) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        for _ in 1..STARTS {
            if let Some(driver) = Self::start_once(command, before_port)? {
                return Ok(driver);
            }
        }
        Self::start_once(command, before_port)?.context("the driver ended before it listened")
    }

    /// `None` if it ended by itself.
    fn start_once(command: &mut Command, before_port: &str) -> Result<Option<Self>> {
        let mut process = command.spawn().with_context(|| format!("starting {command:?}"))?;
        let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        let port = loop {
            let Some(line) = lines.next().transpose()? else {
                process.wait()?;
                return Ok(None);
            };
            if let Some(port) = port_in(&line, before_port) {
                break port;
            }
        };
        // Read on, or a driver that prints would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Some(Self { process, port, session: None }))
    }

    /// Address of the server.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Names the session of geckodriver, which has but one and no other way to end it.
    pub fn ends_with_session(&mut self, session: &str) {
        self.session = Some(session.to_owned());
    }

    /// Asks the driver to end its browser. A test that fails never gets to end
    /// its session, and a killed driver leaves the browser running.
    ///
    /// # Errors
    /// A driver that is gone.
    pub fn end_browser(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let request = match &self.session {
            Some(session) => format!("DELETE /session/{session}"),
            None => "GET /shutdown".to_owned(),
        };
        let port = self.port;
        write!(stream, "{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

/// "ChromeDriver was started successfully on port 41234."
fn port_in(line: &str, before_port: &str) -> Option<u16> {
    let (_, port) = line.split_once(before_port)?;
    port.trim_end_matches('.').parse().ok()
}

impl Drop for Driver {
    fn drop(&mut self) {
        // After its browser's end, geckodriver waits for another session.
        if self.end_browser().is_err() || self.session.is_some() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
