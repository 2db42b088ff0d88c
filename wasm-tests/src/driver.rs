//! A WebDriver server process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Times that a driver is started before the reason must be another.
const STARTS: usize = 5;

/// A running driver; dropping it ends it and its browsers.
pub struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// Starts chromedriver on a free port of its own choice.
    ///
    /// It takes a port that is free for IPv4 and ends if another program has
    /// the same one for IPv6: then it is started again.
    ///
    /// # Errors
    /// A program that does not start, or does not say where it listens.
    pub fn start(program: &Path) -> Result<Self> {
        for _ in 1..STARTS {
            if let Some(driver) = Self::start_once(program)? {
                return Ok(driver);
            }
        }
        Self::start_once(program)?.context("the driver ended before it listened")
    }

    /// `None` if it ended by itself.
    fn start_once(program: &Path) -> Result<Option<Self>> {
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        let port = loop {
            let Some(line) = lines.next().transpose()? else {
                process.wait()?;
                return Ok(None);
            };
            if let Some(port) = port_in(&line) {
                break port;
            }
        };
        // Read on, or a driver that prints would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Some(Self { process, port }))
    }

    /// Address of the server.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks the driver to end, browsers first. A test that fails never gets
    /// to end its session, and a killed driver leaves the browser running.
    ///
    /// # Errors
    /// A driver that is gone.
    pub fn end_sessions(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

/// "ChromeDriver was started successfully on port 41234."
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.end_sessions().is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
