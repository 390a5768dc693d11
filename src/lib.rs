//! cnscan: holds cloud native systems against the CNCF Cloud Native Security Controls Catalog.

pub mod assess;
pub mod checks;
pub mod discover;
pub mod evaluate;
pub mod model;
pub mod parse;
pub mod settings;
