//! The program, run as a user would.

use std::{
    io::Write,
    process::{Command, Stdio},
};

#[test]
fn counts_what_it_reads_from_standard_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tally"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("standard input is a pipe");
    input
        .write_all(b"lime, sand and lime")
        .expect("the program reads its input");
    drop(input);

    let output = child.wait_with_output().expect("the program ends");

    assert!(output.status.success());
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "lime  2\nsand  1\n4 words\n"
    );
}
