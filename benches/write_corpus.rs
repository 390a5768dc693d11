//! Writes a generated corpus to a folder: `cargo run --release --example corpus -- 10000 FOLDER`.

mod corpus;

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let files = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(100);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/corpus".to_owned()));
    for (name, text) in corpus::generate(files) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(path, text)?;
    }
    Ok(())
}
