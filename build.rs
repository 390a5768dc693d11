//! Embedded folders are part of the program: a change in one of them builds it anew.

fn main() {
    for folder in ["controls", "fixtures", "profiles"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
