//! Counts the words of a text.
//!
//! ```
//! let tally = tally::Tally::of("to be, or not to be");
//!
//! assert_eq!(tally.total(), 6);
//! assert_eq!(tally.top(1), [("be", 2)]);
//! ```

use std::collections::BTreeMap;

use ashlar_example_words::folded;

/// Words too common to tell one text from another, sorted. Written by `build.rs`.
const COMMON: &[&str] = include!(concat!(env!("OUT_DIR"), "/common.rs"));

/// How often each word of a text occurs in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<String, usize>,
}

impl Tally {
    /// Counts the words of `text`; upper and lower case are one.
    pub fn of(text: &str) -> Self {
        let mut counts = BTreeMap::new();
        for word in folded(text) {
            *counts.entry(word).or_default() += 1;
        }
        Self { counts }
    }

    /// The number of words, each counted as often as it occurs.
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }

    /// The `limit` words that occur most often, common ones left out; ties in alphabetical order.
    pub fn top(&self, limit: usize) -> Vec<(&str, usize)> {
        let mut rows: Vec<(&str, usize)> = self
            .counts
            .iter()
            .map(|(word, count)| (word.as_str(), *count))
            .filter(|(word, _)| !is_common(word))
            .collect();
        rows.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        rows.truncate(limit);
        rows
    }
}

/// Whether `word`, in lower case, is one of the words that every text has.
pub fn is_common(word: &str) -> bool {
    COMMON.binary_search(&word).is_ok()
}

/// Whether the tally is of a text without words.
#[cfg(feature = "sloppy")]
pub fn is_silent(tally: &Tally) -> bool {
    return tally.total() == 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_words_whatever_their_case() {
        let tally = Tally::of("Stone on stone; STONE.");

        assert_eq!(tally.total(), 4);
        assert_eq!(tally.top(9), [("stone", 3)]);
    }

    #[test]
    fn breaks_ties_by_the_alphabet() {
        assert_eq!(
            Tally::of("mortar lime").top(9),
            [("lime", 1), ("mortar", 1)]
        );
    }

    #[test]
    fn knows_the_common_words() {
        assert!(is_common("the"));
        assert!(!is_common("ashlar"));
    }
}
