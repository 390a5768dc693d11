//! Certificates as cert-manager is asked for them, and as it shows them.

use crate::checks::{Fault, Severity};
use crate::model::component::seconds;
use crate::model::time::{self, DAY};
use crate::model::{Field, Object, Scan, cert_manager};

/// What cert-manager asks for where nothing is said.
const DEFAULT: i64 = 90 * DAY;
/// From which version on it makes a new key for each renewal.
const ROTATES: (u32, u32) = (1, 18);

/// In words that a person uses for such a time.
pub(super) fn said(seconds: i64) -> String {
    if seconds < 3 * DAY { format!("{} hours", seconds / 3600) } else { format!("{} days", seconds / DAY) }
}

/// A period above its limit.
pub(super) fn too_long(field: Field<'_>, length: i64, limit: i64, who: &str) -> Option<Fault> {
    (length > limit).then(|| field.fault(format!("{who} {}", longer(length, limit))).expected(format!("{} or less", said(limit))))
}

/// A period above its limit in words that tell the two apart.
pub(super) fn longer(length: i64, limit: i64) -> String {
    let (length, limit) = (said(length), said(limit));
    if length == limit { format!("more than {limit}") } else { length }
}

/// A period that is none: Go knows no unit above the hour.
fn no_duration(field: Field<'_>) -> Option<Fault> {
    let is_none = field.text().is_some_and(|text| !text.is_empty() && seconds(text).is_none());
    let said = || field.fault(format!("{} is no duration, cert-manager would refuse it", field.str())).expected("a duration such as 2160h");
    is_none.then(|| said().doubt())
}

/// What is wrong with one; the limits are those of servers, of clients and of identities, in seconds.
pub(super) fn faults(object: &Object<'_>, scan: &Scan<'_>, [server, client, identity]: [i64; 3]) -> Vec<Fault> {
    let spec = object.at("spec");
    let is_authority = spec.key("isCA").is_true();
    let has_usage = |wanted: &str| spec.key("usages").items().any(|usage| usage.str() == wanted);
    let is_identity = spec.key("uris").items().any(|uri| uri.str().starts_with("spiffe://"));
    let limit = match () {
        () if is_identity => identity,
        () if has_usage("client auth") && !has_usage("server auth") => client,
        () => server,
    };
    let duration = spec.key("duration");
    let length = duration.as_string().text().and_then(seconds).map_or(DEFAULT, |length| length as i64);
    let who = format!("certificate {} lives", object.name);
    let long = (!is_authority).then(|| too_long(duration, length, limit, &who)).flatten().or_else(|| no_duration(duration));
    let kept = (!is_authority).then(|| keeps_key(object, scan)).flatten();
    let key = spec.key("privateKey");
    let size = key.key("size");
    let is_rsa = matches!(key.key("algorithm").str(), "" | "RSA");
    let small = is_rsa && size.int().is_some_and(|bits| bits < 2048);
    let small =
        small.then(|| size.fault(format!("the RSA key of certificate {} has {} bits", object.name, size.str())).expected("2048 or more"));
    [long, kept, small, overdue(object, scan)].into_iter().flatten().collect()
}

fn keeps_key(object: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let policy = object.at("spec.privateKey").key("rotationPolicy");
    let name = object.name;
    let kept = || policy.fault(format!("certificate {name} keeps its key at each renewal")).expected("Always");
    match (policy.text(), cert_manager::version(scan.evidence, object.world)) {
        (Some("Never"), _) => Some(kept()),
        (Some(_), _) => None,
        (None, Some(version)) if version >= ROTATES => None,
        (None, Some((major, minor))) => Some(kept().observed(format!("absent, so Never in cert-manager {major}.{minor}"))),
        (None, None) => {
            let said =
                format!("whether certificate {name} gets a new key at renewal rests on the version of cert-manager: not before 1.18");
            Some(policy.fault(said).expected("Always").severity(Severity::Low).doubt())
        }
    }
}

/// What a cluster shows: it has ended, or was not renewed when it should have been.
fn overdue(object: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let status = object.at("status");
    let (until, renewal) = (status.key("notAfter"), status.key("renewalTime"));
    let at = |field: Field<'_>| field.text().and_then(time::read).map(jiff::Timestamp::as_second);
    let (now, name) = (scan.now.as_second(), object.name);
    let (end, begin) = (at(until)?, at(status.key("notBefore")));
    if end <= now {
        return Some(until.fault(format!("certificate {name} ended on {}", until.str())).expected("a certificate in force"));
    }
    match (at(renewal), begin) {
        (Some(due), _) => (due + DAY < now).then(|| {
            renewal.fault(format!("certificate {name} should have been renewed on {}", renewal.str())).expected("renewed in time")
        }),
        (None, Some(begin)) => (end - now < (end - begin) / 6).then(|| {
            until.fault(format!("certificate {name} ends in {} and was not renewed", said(end - now))).expected("renewed in time")
        }),
        (None, None) => None,
    }
}
