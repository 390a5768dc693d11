//! Validators that are not ours, run where they are installed; where they are not, the tests say so.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A schema beside the repository.
pub(crate) fn schema(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/schemas").join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: no {name} beside the repository (../shared/data/schemas)");
    None
}

/// The program with the text on its standard input: what it says when it refuses, `None` when it accepts or is missing.
pub(crate) fn refuses(program: &str, arguments: &[&str], input: &[u8]) -> Option<String> {
    let child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().expect("piped");
    let bytes = input.to_vec();
    let writer = std::thread::spawn(move || {
        // a program that stops reading says why itself
        _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it wrote");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if said.contains("No module named") {
        eprintln!("skipped: {}", said.lines().last().unwrap_or_default());
        return None;
    }
    (!output.status.success()).then_some(said)
}
