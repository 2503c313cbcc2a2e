//! Splits text into words.

/// For each ASCII byte: may it stand inside a word? Written by `build.rs`.
const INSIDE: [bool; 128] = include!(concat!(env!("OUT_DIR"), "/inside.rs"));

fn is_inside(letter: char) -> bool {
    match u8::try_from(letter) {
        Ok(byte) if byte.is_ascii() => INSIDE[usize::from(byte)],
        _ => letter.is_alphanumeric(),
    }
}

/// The words of `text`, in order.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter| !is_inside(letter))
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
}

/// The words of `text` in lower case, in order.
#[cfg(feature = "fold")]
pub fn folded(text: &str) -> impl Iterator<Item = String> + '_ {
    words(text).map(str::to_lowercase)
}
