//! The words of comments and annotations.

use cnscan::policy::Excuser;
use cnscan::policy::comment::Words;
use cnscan::policy::excuser::Reach;
use jiff::civil::date;

use crate::configured;
use crate::excuser::excuse;

#[test]
fn words_that_cannot_be_understood() {
    for (text, said) in [
        ("", "says nothing: write `cnscan: excuse"),
        ("ignore pss-host-namespaces x", "`ignore` means nothing here"),
        ("excuse", "names no check"),
        ("excuse pss-host-namespace because", "there is no check `pss-host-namespace`; did you mean `pss-host-namespaces`?"),
        ("excuse pss-host-namespaces", "gives no reason why `pss-host-namespaces` is excused"),
        ("excuse pss-host-namespaces until=2027-01-31", "gives no reason"),
        ("excuse pss-host-namespaces until=tomorrow x", "`tomorrow` is no day: write YYYY-MM-DD"),
        ("excuse pss-host-namespaces expires=2027-01-31 x", "`expires=` means nothing here"),
    ] {
        let found = Words::comment(text).unwrap_err();
        assert!(found.starts_with(said), "{text:?}: {found}");
        let (_, notices) = excuse("", &[], &[(text, (0, 9))]);
        assert_eq!(notices, [format!("k8s/proxy.yaml:7: this comment excuses nothing: {found}")]);
    }
    let words = Words::comment("excuse  pss-host-namespaces\tuntil=2027-01-31   the log agent, see 1=2").unwrap();
    assert_eq!((words.until, words.reason.as_str()), (Some(date(2027, 1, 31)), "the log agent, see 1=2"));

    let policy = configured("").unwrap();
    let mut excuser = Excuser::new(&policy.exceptions, date(2026, 11, 23), Reach::Whole);
    excuser.annotation("Pod shop/web", "pss-host-namespaces", "asked for");
    excuser.annotation("Pod shop/web", "pss-nothing", "asked for");
    assert_eq!(
        excuser.notices(),
        [
            "Pod shop/web: the annotation cnscan/excuse.pss-host-namespaces matches no finding: remove it",
            "Pod shop/web: the annotation cnscan/excuse.pss-nothing excuses nothing: there is no check `pss-nothing`",
        ]
    );
}
