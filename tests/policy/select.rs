//! What is selected of a profile.

use cnscan::policy::Request;

use crate::{flags, ids};

#[test]
fn selections() {
    let policy = flags(|request| request.controls = vec!["cnsc-23".into()]).unwrap();
    assert_eq!(policy.profile.requirements.len(), 1);
    let policy = flags(|request| request.groups = vec!["securing-artefacts".into()]).unwrap();
    assert!(policy.profile.requirements.iter().all(|requirement| requirement.group == "Securing Artefacts"));
    let policy = flags(|request| request.checks = vec!["pss-host-namespaces".into()]).unwrap();
    assert_eq!(ids(&policy), ["pss-host-namespaces"]);
    assert!(policy.profile.requirements.iter().all(|requirement| requirement.checks.contains(&"pss-host-namespaces".to_owned())));
    let error = |change: fn(&mut Request)| flags(change).unwrap_err().to_string();
    assert_eq!(
        error(|request| request.checks = vec!["pss-privileged".into()]),
        "there is no check `pss-privileged`; did you mean `pss-privileged-container`?"
    );
    assert_eq!(
        error(|request| request.checks = vec!["repo-branch-unprotected".into()]),
        "the check `repo-branch-unprotected` is planned, and not in this release; `cnscan list checks` names all"
    );
    assert_eq!(
        error(|request| {
            request.profile = Some("pss-baseline".into());
            request.checks = vec!["namespace-default-used".into()];
        }),
        "no requirement of the profile pss-baseline names the check `namespace-default-used`: use --profile all or cis-1.12 or cnswp-v1 or cnswp-v2 or default or nsa-cisa"
    );
    assert!(error(|request| request.controls = vec!["CNSC-999".into()]).starts_with("there is no control `CNSC-999`; did you mean `CNSC-"));
    assert!(
        error(|request| {
            request.groups = vec!["Access".into()];
            request.controls = vec!["CNSC-23".into()];
        })
        .contains("nothing in common")
    );
    assert!(error(|request| request.profile = Some("no/such.yaml".into())).contains("no/such.yaml: no such file"));
    assert!(error(|request| request.profile = Some("pss".into())).contains("(there are all, cis-1.12, cnswp-v1,"));
}
