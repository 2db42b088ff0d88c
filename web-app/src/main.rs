//! The page's one wasm module; the library holds everything.

fn main() {
    web_app::run();
}
