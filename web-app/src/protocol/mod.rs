//! The messages between the page and its worker. Both ends are this module
//! of the same build, so there is no versioning.
//!
//! The envelope is the host's structured clone, in which a `File` travels as
//! a handle; the engine's questions and answers inside it are bytes, which
//! change hands without a copy. They hold values in the order of their types'
//! fields and no names: a decoder that has no names to look for is a third of
//! the size, and the page is carried around in one file.

mod every_field;

use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use every_field::EveryField;

/// Names one request; answers repeat it.
pub type RequestId = u32;

/// Page → worker.
#[derive(Debug, Serialize, Deserialize)]
pub struct ToWorker {
    /// The request that this starts, or that it cancels.
    pub id: RequestId,
    /// What to do.
    pub command: Command,
}

/// What the page may ask for.
#[derive(Debug, Serialize, Deserialize)]
pub enum Command {
    /// Reads a file to its end and gives it to the engine.
    Load {
        /// The handle; its bytes stay where they are until the worker reads them.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        file: web_sys::File,
        /// Path as dropped.
        path: String,
        /// Last modification in milliseconds of Unix time, if known.
        modified_millis: Option<f64>,
    },
    /// Stops the request as soon as its current slice is read.
    Cancel,
    /// Redacts files; the answer is that to `analyzer_core::session::question::Redact`.
    Redact {
        /// The files, which are read again.
        files: Vec<FileToRedact>,
    },
    /// A question to the engine.
    Ask {
        /// An `analyzer_core::session::Request`, packed.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        request: Uint8Array,
    },
}

/// A file that is to be redacted.
#[derive(Debug, Serialize, Deserialize)]
pub struct FileToRedact {
    /// The handle.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub file: web_sys::File,
    /// Path as dropped.
    pub path: String,
}

/// Worker → page.
#[derive(Debug, Serialize, Deserialize)]
pub struct FromWorker {
    /// The request that this answers.
    pub id: RequestId,
    /// What happened.
    pub event: Event,
}

/// What the worker has to say. `Load` ends in exactly one of `Loaded`,
/// `Failed` or `Cancelled`, `Ask` in `Answer`.
#[derive(Debug, Serialize, Deserialize)]
pub enum Event {
    /// Bytes of the file read so far.
    Read(f64),
    /// All bytes are read; the engine is at work on them.
    Analyzing,
    /// The engine has the file, as these sources.
    Loaded(Vec<u32>),
    /// The file could not be read: the host's reason.
    Failed(String),
    /// The request ended because the page asked for it.
    Cancelled,
    /// The worker panicked, with this text; nothing else will come from it.
    Panicked(String),
    /// The engine's answer.
    Answer {
        /// A `Result` of the question's answer or `analyzer_core::session::NoAnswer`, packed.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        answer: Uint8Array,
    },
}

/// A message as the host's structured value.
///
/// # Errors
/// A value that has no such form, for instance an integer over 2^53.
pub fn encode<T: Serialize>(message: &T) -> Result<JsValue, serde_wasm_bindgen::Error> {
    serde_wasm_bindgen::to_value(message)
}

/// The message in the host's structured value.
///
/// # Errors
/// A value that is not such a message.
pub fn decode<T: DeserializeOwned>(value: JsValue) -> Result<T, serde_wasm_bindgen::Error> {
    serde_wasm_bindgen::from_value(value)
}

/// A question or an answer as bytes, fields by place.
///
/// # Errors
/// A list or map of unknown length; the engine has none.
pub fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    postcard::to_stdvec(&EveryField(value)).map_err(|error| error.to_string())
}

/// The question or answer in bytes.
///
/// # Errors
/// Bytes that are not such a value.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use analyzer_core::report::Report;
    use analyzer_core::session::{NoAnswer, Request, Session, question};

    use super::*;

    /// Real captures, in which most optional fields of the report are there in
    /// one place and missing in another.
    #[test]
    fn reports_of_real_captures_survive_the_crossing() {
        let bundles =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../analyzer-core/tests/fixtures/bundles");
        let mut count = 0;
        for bundle in std::fs::read_dir(bundles).expect("fixtures") {
            let mut session = Session::default();
            add_all(&bundle.expect("a bundle").path(), &mut session);
            let answer = session.ask(question::Report);
            let bytes = pack(&answer).expect("packs");
            let back = unpack::<Result<Report, NoAnswer>>(&bytes);
            assert!(back == Ok(answer), "a report that comes back otherwise");
            count += 1;
        }
        assert!(count >= 3, "{count} bundles");
    }

    fn add_all(path: &std::path::Path, session: &mut Session) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).expect("a folder") {
                add_all(&entry.expect("an entry").path(), session);
            }
        } else {
            session.add(&path.to_string_lossy(), std::fs::read(path).expect("a file"));
        }
    }

    #[test]
    fn numbers_over_what_a_double_holds_survive_the_crossing() {
        let text = Request::from(question::Text {
            source: analyzer_core::base::source::SourceId(1),
            first_line: u64::MAX,
            lines: (1 << 53) + 1,
        });
        assert_eq!(unpack::<Request>(&pack(&text).expect("packs")), Ok(text));
    }
}
