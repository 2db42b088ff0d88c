//! Shared helpers of the browser tests.

#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod axe;
#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod browser;
#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod driver;
#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod frames;
#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod input;
#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod network_log;
#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod tab_memory;
#[cfg(all(feature = "browser", not(target_arch = "wasm32")))]
pub mod viewer;
