//! JSON streams, and what only begins like one.
#![no_main]

mod check;

use cnscan::parse::{Limits, yaml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    check::check(&yaml::parse(format!("{{{text}").into(), "a.json", &Limits::default()));
});
