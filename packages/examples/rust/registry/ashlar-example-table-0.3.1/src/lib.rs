//! Sets a list of names and numbers as two columns.

use ashlar_example_words::words;

/// Renders one line per row: the name on the left, the number on the right.
pub fn render<'a>(rows: impl IntoIterator<Item = (&'a str, usize)>) -> String {
    let rows: Vec<(String, String)> = rows
        .into_iter()
        .map(|(name, number)| (tidy(name), number.to_string()))
        .collect();
    let name_width = widest(rows.iter().map(|(name, _)| name));
    let number_width = widest(rows.iter().map(|(_, number)| number));

    rows.iter()
        .map(|(name, number)| format!("{name:<name_width$}  {number:>number_width$}\n"))
        .collect()
}

/// A name on one line, its words one space apart.
fn tidy(name: &str) -> String {
    words(name).collect::<Vec<_>>().join(" ")
}

fn widest<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}
