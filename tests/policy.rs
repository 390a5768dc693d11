//! Profiles, configuration, exceptions and baselines: what they mean, and what is said of mistakes in them. One module a
//! file of `src/policy`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

#[path = "policy/baseline.rs"]
mod baseline;
#[path = "policy/builtin.rs"]
mod builtin;
#[path = "policy/comment.rs"]
mod comment;
#[path = "policy/config.rs"]
mod config;
#[path = "policy/excuser.rs"]
mod excuser;
#[path = "policy/profile.rs"]
mod profile;
#[path = "policy/select.rs"]
mod select;

use std::fs;
use std::path::PathBuf;

use cnscan::checks::{self, Severity};
use cnscan::policy::{Error, Policy, Request, Source};

/// Files that go when the test ends.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Files(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }
}

/// The policy of a configuration file with this text, and a command line without flags.
fn configured(text: &str) -> Result<Policy, Error> {
    let files = Files::new(&[("cnscan.yaml", text)]);
    Policy::load(&Request { config: Source::File(files.path("cnscan.yaml")), ..Request::default() })
}

fn mistake(text: &str) -> String {
    configured(text).unwrap_err().to_string()
}

fn flags(change: impl FnOnce(&mut Request)) -> Result<Policy, Error> {
    let mut request = Request::default();
    change(&mut request);
    Policy::load(&request)
}

fn ids(policy: &Policy) -> Vec<&str> {
    policy.checks.iter().map(|check| check.id).collect()
}

#[test]
fn without_anything() {
    let policy = Policy::load(&Request::default()).unwrap();
    assert_eq!(policy.profile.name, "default");
    assert_eq!(policy.profile.requirements.len(), 195);
    assert_eq!(policy.thresholds.fail_on, Some(Severity::High));
    assert_eq!(policy.checks.len(), checks::all().count(), "the default profile reaches every check");
    assert!(policy.deselected.is_empty() && policy.config.file.is_none());
}
