//! The messages between the page and its worker. Both ends are this module
//! of the same build, so there is no versioning.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

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
    /// Reads a file to its end and answers its size: the worker's ping.
    Measure {
        /// The handle; its bytes stay where they are until the worker reads them.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        file: web_sys::File,
    },
    /// Stops the request as soon as its current slice is read.
    Cancel,
}

/// Worker → page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FromWorker {
    /// The request that this answers.
    pub id: RequestId,
    /// What happened.
    pub event: Event,
}

/// What the worker has to say. Every request ends in exactly one of
/// `Measured`, `Failed` or `Cancelled`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Bytes read so far, of `total`.
    Progress {
        /// Bytes read.
        read: u64,
        /// Size of the file, in bytes.
        total: u64,
    },
    /// The whole file was read.
    Measured {
        /// Bytes read.
        bytes: u64,
    },
    /// The file could not be read.
    Failed {
        /// The host's reason.
        message: String,
    },
    /// The request ended because the page asked for it.
    Cancelled,
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
pub fn decode<T: for<'a> Deserialize<'a>>(value: JsValue) -> Result<T, serde_wasm_bindgen::Error> {
    serde_wasm_bindgen::from_value(value)
}
