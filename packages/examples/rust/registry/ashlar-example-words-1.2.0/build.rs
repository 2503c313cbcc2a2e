//! Writes the table of ASCII bytes that may stand inside a word.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");

    let inside: Vec<String> = (0u8..128)
        .map(|byte| (byte.is_ascii_alphanumeric() || byte == b'\'').to_string())
        .collect();
    let table = format!("[{}]", inside.join(", "));

    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("inside.rs"), table).expect("OUT_DIR is writable");
}
