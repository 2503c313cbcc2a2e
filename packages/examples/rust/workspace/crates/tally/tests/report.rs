//! A tally and a table together make a report.

use ashlar_example_table::render;
use tally::Tally;

const TEXT: &str =
    "The mason cut the stone, and the stone fit the wall. The wall stood: stone on stone.";

#[test]
fn a_report_lists_the_words_that_matter() {
    let tally = Tally::of(TEXT);

    assert_eq!(render(tally.top(2)), "stone  4\nwall   2\n");
}
