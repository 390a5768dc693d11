//! cnscan: holds cloud native systems against the CNCF Cloud Native Security Controls Catalog.
fn main() {}
