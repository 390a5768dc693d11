//! Outcomes held against the policy: the assessment.

mod assessment;

pub use assessment::*;
