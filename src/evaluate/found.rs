//! From a fault to a finding.

use std::sync::Arc;

use super::outcome::{Finding, Standing, fingerprint};
use super::{Seat, identity};
use crate::checks::Check;
use crate::model::origin::{self, GitSource};
use crate::model::{Fault, Object, Scan, Severity};

/// A fault as a finding of its subject, free of the evidence.
pub(super) fn finding(
    scan: &Scan<'_>,
    own: &'static Check,
    check: u16,
    seat: &Seat<'_>,
    standing: Standing,
    severity: Severity,
    fault: Fault,
) -> Finding {
    let (subject, source) = match seat.holder(scan, &fault) {
        Some(object) => (Arc::new(identity(object, "", scan.evidence.owners().pods(object.id))), source_of(scan, object)),
        None => (seat.subject(), seat.source(scan)),
    };
    Finding {
        check,
        about: seat.about(own, scan, standing, &fault),
        fingerprint: fingerprint(own.id, &subject, &fault.place.stable),
        subject,
        standing,
        severity,
        message: fault.message,
        observed: fault.observed,
        expected: fault.expected,
        fix: fault.fix,
        sensitive: fault.sensitive.then_some(fault.place.whole),
        file: fault.place.file,
        span: fault.place.span,
        path: fault.place.path,
        quality: fault.place.quality,
        images: seat.images(scan),
        notes: fault.notes,
        written: None,
        source,
    }
}

/// The Git source of an object that stands in no file.
pub(super) fn source_of(scan: &Scan<'_>, object: &Object<'_>) -> Option<Arc<GitSource>> {
    let is_in_file = !object.live && scan.evidence.files()[object.file() as usize].uri.is_some();
    if is_in_file { None } else { origin::of(object, scan.evidence).map(Arc::new) }
}
