//! `tally [FILE]`: prints the five most frequent words of a file, or of standard input.

use std::{
    env, fs,
    io::{self, Read},
    process::ExitCode,
};

use tally::Tally;

const ROWS: usize = 5;

fn main() -> ExitCode {
    match read(env::args().nth(1)) {
        Ok(text) => {
            print!("{}", report(&text));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("tally: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(path: Option<String>) -> io::Result<String> {
    match path {
        Some(path) => fs::read_to_string(path),
        None => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            Ok(text)
        }
    }
}

fn report(text: &str) -> String {
    let tally = Tally::of(text);
    let table = ashlar_example_table::render(tally.top(ROWS));
    format!("{table}{} words\n", tally.total())
}

#[cfg(test)]
mod tests {
    use super::report;

    #[test]
    fn an_empty_text_has_no_rows() {
        assert_eq!(report(""), "0 words\n");
    }
}
