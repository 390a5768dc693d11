//! The audit policy of an API server, where there is one to judge.

use crate::checks::Verdict;
use crate::model::component::{AUDIT, Joined};
use crate::model::{Component, Object};

/// What is said of the policy; a review where it is not among the files.
pub(super) fn by_policy(server: &Component<'_>, judge: impl FnOnce(&Object<'_>) -> Verdict) -> Verdict {
    match server.joined("audit-policy-file", AUDIT) {
        Joined::Found(policy) => judge(policy),
        Joined::Lost(path) => {
            server.flag("audit-policy-file").doubt(format!("{path} is not among the files: what it records is not known"))
        }
        Joined::Unset => Verdict::Skip("nothing is audited: audit-log-disabled says so".into()),
    }
}
