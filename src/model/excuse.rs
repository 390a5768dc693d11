//! Whether somebody wrote beside a pod that a check is not to count there. Whether that holds is for others to say: here it only
//! tells that the pod is to be asked by itself, so that what is written of it can be held against something.

use crate::model::evidence::Evidence;
use crate::model::object::Object;
use crate::model::pod::Pod;
use crate::parse::{Directive, Role};

/// Whether the pod, or what makes it, has the annotation, or a comment for the check covers something of it.
#[must_use]
pub fn is_written<'a>(pod: &Pod<'a>, check: &str, annotation: &'a str) -> bool {
    let object = pod.object();
    pod.annotation(annotation).exists() || object.annotation(annotation).exists() || in_comment(object, pod.scan().evidence, check)
}

fn in_comment(object: &Object<'_>, evidence: &Evidence<'_>, check: &str) -> bool {
    let files = evidence.files();
    let file = &files[object.file() as usize];
    let names = |directive: &&Directive| directive.text.split_whitespace().nth(1) == Some(check);
    let parts = if let Role::Made { parts, .. } = &file.role { parts.as_slice() } else { &[] };
    if parts.iter().any(|part| files[*part as usize].directives.iter().any(|directive| names(&directive))) {
        return true;
    }
    let mut own = file.directives.iter().filter(names).peekable();
    own.peek().is_some() && {
        let (start, end) = object.root.tree.span(object.root.node);
        own.any(|directive| directive.covers.0 < end && start < directive.covers.1)
    }
}
