//! Servers that are spoken to without TLS.

use crate::model::address::{is_loopback, is_private};
use crate::model::fault::{Fault, Severity};
use crate::model::field::Field;

/// How far what is sent in the clear goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It does not leave the pod.
    Own,
    /// Over the cluster's network, or another one that is private.
    Inside,
    /// Wherever the network leads.
    Beyond,
}

/// How far it goes to an address in the clear; `None` for TLS, and for what is no such address.
fn reach(address: &str) -> Option<Reach> {
    let scheme = address.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://"))?;
    let authority = address[scheme.len()..].split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).trim_end_matches('.');
    match () {
        () if host.is_empty() => None,
        () if is_loopback(host) => Some(Reach::Own),
        () if is_private(host) => Some(Reach::Inside),
        () => Some(Reach::Beyond),
    }
}

/// A fault where a server is spoken to in the clear: high where that leaves the private network.
#[must_use]
pub fn fault(address: Field<'_>, said: &str) -> Option<Fault> {
    let (where_to, severity) = match reach(address.str())? {
        Reach::Own => return None,
        Reach::Inside => (" within a private network", Severity::Medium),
        Reach::Beyond => ("", Severity::High),
    };
    Some(address.fault(format!("{said} without TLS{where_to}")).expected("https").severity(severity))
}

#[cfg(test)]
mod tests {
    use super::{Reach, reach};

    #[test]
    fn what_is_sent_in_the_clear_is_told_by_where_it_goes() {
        for own in ["http://127.0.0.1:8200", "http://localhost", "HTTP://[::1]:8200/x"] {
            assert_eq!(reach(own), Some(Reach::Own), "{own}");
        }
        for inside in ["http://vault:8200", "http://vault.vault.svc:8200/v1", "http://u:p@minio.minio.svc.cluster.local", "http://10.0.0.1"]
        {
            assert_eq!(reach(inside), Some(Reach::Inside), "{inside}");
        }
        for beyond in ["http://vault.example.com", "http://8.8.8.8:8200", "http://svc.example.com"] {
            assert_eq!(reach(beyond), Some(Reach::Beyond), "{beyond}");
        }
        for none in ["https://vault:8200", "vault:8200", "http://", "", "ключ", "http:/x"] {
            assert_eq!(reach(none), None, "{none}");
        }
    }
}
