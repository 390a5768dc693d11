//! Addresses of servers, with or without a port.

use std::net::IpAddr;

/// Names that the internet does not resolve, by how they end.
const INNER: &[&str] = &[".local", ".internal", ".svc", ".lan", ".test"];

/// Whether only the machine itself reaches it.
#[must_use]
pub fn is_loopback(address: &str) -> bool {
    let host = host(address);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether it lies in a private network by its address, or by a name that the internet does not resolve.
#[must_use]
pub fn is_private(address: &str) -> bool {
    let host = host(address);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => !host.contains('.') || INNER.iter().any(|end| host.ends_with(end)),
    }
}

/// The host without its port.
fn host(address: &str) -> &str {
    match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None if address.matches(':').count() == 1 => address.split(':').next().unwrap_or_default(),
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, is_private};

    #[test]
    fn private_addresses_and_names_are_told_from_public_ones() {
        for address in [
            "10.0.0.1:6443",
            "172.16.0.1",
            "192.168.0.1:443",
            "127.0.0.1",
            "[fd00::1]:6443",
            "fe80::1",
            "kubernetes",
            "api.shop.internal:6443",
        ] {
            assert!(is_private(address), "{address}");
        }
        for address in ["203.0.113.7:6443", "172.32.0.1", "[2001:db8::1]:6443", "api.example.com", "0.0.0.0:1"] {
            assert!(!is_private(address), "{address}");
        }
        assert!(is_loopback("127.0.0.1:10249") && is_loopback("[::1]:10249") && is_loopback("::1") && is_loopback("localhost:1"));
        assert!(!is_loopback("0.0.0.0:10249") && !is_loopback("[::]:10249") && !is_loopback("10.0.0.1"));
    }
}
