//! Turns `words/common.txt` into a sorted Rust array.

use std::{env, fs, path::Path};

const LIST: &str = "words/common.txt";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LIST}");

    let list = fs::read_to_string(LIST).expect("the list is part of the crate");
    let mut words: Vec<&str> = list.split_whitespace().collect();
    words.sort_unstable();

    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("common.rs"), format!("&{words:?}"))
        .expect("OUT_DIR is writable");
}
