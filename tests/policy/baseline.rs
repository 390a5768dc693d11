//! Baselines.

use cnscan::checks::Severity;
use cnscan::policy::Baseline;

#[test]
fn baselines() {
    let finding = |print: &str, verdict: &str| format!(r#"{{"fingerprint": "{print}", "verdict": "{verdict}", "more": 1}}"#);
    let all = [finding("a", "fail"), finding("a", "fail"), finding("b", "review")].join(",");
    let text = format!(r#"{{"schema": "cnscan/result/v1", "findings": [{all}]}}"#);
    let mut baseline = Baseline::parse(text.as_bytes()).unwrap();
    assert_eq!(
        [true, true, false],
        [baseline.take("a", true, Severity::High), baseline.take("a", true, Severity::High), baseline.take("a", true, Severity::High)],
        "as often as it stands there"
    );
    assert!(!baseline.take("b", true, Severity::High), "what was in doubt and fails now is new");
    assert_eq!(baseline.left(), 1);
    assert!(baseline.take("b", false, Severity::High) && !baseline.take("c", true, Severity::High));
    let mut better = Baseline::parse(text.as_bytes()).unwrap();
    assert!(better.take("a", false, Severity::High), "a failure that is only in doubt now is not new");
    assert!(Baseline::parse(b"[]").unwrap_err().contains("cnscan scan -f json"));
    assert!(Baseline::parse(br#"{"schema": "sarif", "findings": []}"#).unwrap_err().contains("`sarif`"));
}

#[test]
fn what_is_worse_than_in_the_baseline_is_new() {
    let text = br#"{"schema":"cnscan/result/v1","findings":[{"fingerprint":"a","verdict":"fail","severity":"high"},{"fingerprint":"b","verdict":"fail","severity":"high","excused":{"by":"config","reason":"x"}}]}"#;
    let mut baseline = Baseline::parse(text).expect("a result");
    assert!(!baseline.take("a", true, Severity::Critical));
    assert!(baseline.take("a", true, Severity::High));
    assert!(!baseline.take("b", true, Severity::High), "what was excused and is not now is new");
}
