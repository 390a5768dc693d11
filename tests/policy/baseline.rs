//! Baselines.

use cnscan::checks::Severity;
use cnscan::policy::{Baseline, Standing};

fn take(baseline: &mut Baseline, print: &str, now: Standing, severity: Severity) -> (bool, Option<String>) {
    let met = baseline.take(print, now, severity);
    (met.known, met.was)
}

#[test]
fn baselines() {
    let finding = |print: &str, verdict: &str| format!(r#"{{"fingerprint": "{print}", "verdict": "{verdict}", "more": 1}}"#);
    let all = [finding("a", "fail"), finding("a", "fail"), finding("b", "review")].join(",");
    let text = format!(r#"{{"schema": "cnscan/result/v1", "profile": {{"name": "all"}}, "findings": [{all}]}}"#);
    let mut baseline = Baseline::parse(text.as_bytes()).unwrap();
    assert_eq!((baseline.open, baseline.made.profile.name.as_str()), (3, "all"));
    let failed = |baseline: &mut Baseline, print: &str| take(baseline, print, Standing::Failure, Severity::High);
    let times = [failed(&mut baseline, "a"), failed(&mut baseline, "a"), failed(&mut baseline, "a")];
    assert_eq!(times, [(true, None), (true, None), (false, None)], "as often as it stands there");
    assert_eq!(baseline.left(), 1);
    let doubt = (false, Some("for review".to_owned()));
    assert_eq!(failed(&mut baseline, "b"), doubt, "what was in doubt and fails now is new, and not gone besides");
    assert_eq!(baseline.left(), 0);
    assert_eq!(failed(&mut baseline, "c"), (false, None));
    let mut better = Baseline::parse(text.as_bytes()).unwrap();
    let less = take(&mut better, "a", Standing::Review, Severity::High);
    assert_eq!(less, (true, Some("a failure".to_owned())), "a failure that is only in doubt now is not new");
    assert!(Baseline::parse(b"[]").unwrap_err().contains("cnscan scan -f json"));
    assert!(Baseline::parse(br#"{"schema": "sarif", "findings": []}"#).unwrap_err().contains("`sarif`"));
}

#[test]
fn what_is_worse_than_in_the_baseline_is_new() {
    let text = br#"{"schema":"cnscan/result/v1","findings":[{"fingerprint":"a","verdict":"fail","severity":"high"},{"fingerprint":"b","verdict":"fail","severity":"high","excused":{"by":"config","reason":"x"}},{"fingerprint":"c","verdict":"note","severity":"info"}]}"#;
    let all = Baseline::parse(text).expect("a result");
    let was = |word: &str| Some(word.to_owned());
    let now = |print: &str, standing, severity| take(&mut all.clone(), print, standing, severity);
    assert_eq!(now("a", Standing::Failure, Severity::Critical), (false, was("high")));
    assert_eq!(now("a", Standing::Failure, Severity::High), (true, None));
    assert_eq!(now("a", Standing::Failure, Severity::Low), (true, None), "what is less than it was is known");
    assert_eq!(now("a", Standing::Excused, Severity::High), (true, was("a failure")));
    assert_eq!(now("b", Standing::Failure, Severity::High), (false, was("excused")), "what was excused and is not now is new");
    assert_eq!(now("b", Standing::Excused, Severity::High), (true, None));
    assert_eq!(now("c", Standing::Review, Severity::Low), (false, was("a note")));
    assert_eq!(now("c", Standing::Note, Severity::Info), (true, None));
    assert_eq!(all.open, 1, "what is excused, and notes, ask for nothing");
}
