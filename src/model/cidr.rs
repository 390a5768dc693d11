//! Blocks of IP addresses and how much of the internet they cover.

use std::net::IpAddr;

/// A block of addresses of one family, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    first: u128,
    last: u128,
    v6: bool,
}

impl Cidr {
    /// Reads `10.0.0.0/8` or `fc00::/7`; bits behind the prefix do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, length) = text.trim().split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let (bits, width, v6): (u128, u32, bool) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32, false),
            IpAddr::V6(address) => (u128::from(address), 128, true),
        };
        let host = ones(width.checked_sub(length)?);
        Some(Cidr { first: bits & !host, last: bits | host, v6 })
    }

    /// A single address.
    #[must_use]
    pub fn of(address: IpAddr) -> Cidr {
        let (bits, v6) = match address {
            IpAddr::V4(address) => (u128::from(u32::from(address)), false),
            IpAddr::V6(address) => (u128::from(address), true),
        };
        Cidr { first: bits, last: bits, v6 }
    }

    /// Whether every address of `other` lies in this block.
    #[must_use]
    pub fn contains(self, other: Cidr) -> bool {
        self.v6 == other.v6 && self.first <= other.first && other.last <= self.last
    }

    /// Whether it is every address of its family.
    #[must_use]
    pub fn is_everything(self) -> bool {
        self.first == 0 && self.last == ones(if self.v6 { 128 } else { 32 })
    }

    /// How many addresses it has, less one.
    #[must_use]
    pub fn span(self) -> u128 {
        self.last - self.first
    }

    /// Whether it is large, less what is excepted, and not one of the ranges that the internet does not route.
    #[must_use]
    pub fn is_wide(self, except: &[Cidr]) -> bool {
        const PRIVATE: [&str; 7] =
            ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "224.0.0.0/3", "f000::/4"];
        let wide = if self.v6 { ones(128 - 28) } else { ones(32 - 12) };
        covered(self.without(except)) > wide && !PRIVATE.iter().filter_map(|text| Cidr::parse(text)).any(|range| range.contains(self))
    }

    /// The ranges that are left of it.
    fn without(self, except: &[Cidr]) -> Vec<(u128, u128)> {
        let holes = except.iter().filter(|hole| hole.v6 == self.v6);
        holes.fold(vec![(self.first, self.last)], |left, hole| {
            left.into_iter().flat_map(|piece| without(piece, (hole.first, hole.last))).collect()
        })
    }
}

/// Whether blocks, less what each of them excepts, cover half of the internet's addresses or more: all of IPv4, or
/// the part of IPv6 that is in use (`2000::/3`).
#[must_use]
pub fn cover_internet(blocks: &[(Cidr, Vec<Cidr>)]) -> bool {
    let share = |v6: bool, space: (u128, u128)| {
        let left = blocks.iter().filter(|(block, _)| block.v6 == v6).flat_map(|(block, except)| block.without(except));
        let within = left.map(|(first, last)| (first.max(space.0), last.min(space.1))).filter(|(first, last)| first <= last);
        covered(within.collect()) >= (space.1 - space.0) / 2
    };
    share(false, (0, ones(32))) || share(true, (1 << 125, (1 << 126) - 1))
}

/// What is left of a range when another is taken out of it.
fn without((first, last): (u128, u128), hole: (u128, u128)) -> impl Iterator<Item = (u128, u128)> {
    let below = hole.0.checked_sub(1).map(|end| (first, last.min(end)));
    let above = hole.1.checked_add(1).map(|start| (first.max(start), last));
    below.into_iter().chain(above).filter(|(first, last)| first <= last)
}

/// How many addresses ranges have together.
fn covered(mut ranges: Vec<(u128, u128)>) -> u128 {
    ranges.sort_unstable();
    let (mut sum, mut next) = (0, 0);
    for (first, last) in ranges {
        let first = first.max(next);
        if first <= last {
            sum = u128::saturating_add(sum, (last - first).saturating_add(1));
            next = last.saturating_add(1);
        }
    }
    sum
}

fn ones(bits: u32) -> u128 {
    1u128.checked_shl(bits).unwrap_or(0).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::{Cidr, cover_internet};

    fn blocks(texts: &[&str]) -> Vec<(Cidr, Vec<Cidr>)> {
        let read = |text: &&str| {
            let (block, except) = text.split_once(" less ").unwrap_or((text, ""));
            Some((Cidr::parse(block)?, except.split(',').filter_map(Cidr::parse).collect()))
        };
        texts.iter().filter_map(read).collect()
    }

    #[test]
    fn half_the_internet_is_the_internet() {
        for open in [
            &["0.0.0.0/0"] as &[&str],
            &["::/0"],
            &["2000::/3"],
            &["0.0.0.0/1", "128.0.0.0/1"],
            &["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2"],
            &["0.0.0.0/0 less 10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"],
            &["::/0 less fc00::/7"],
        ] {
            assert!(cover_internet(&blocks(open)), "{open:?}");
        }
        for closed in [
            &["10.0.0.0/8"] as &[&str],
            &["64.0.0.0/2"],
            &["64.0.0.0/2", "64.0.0.0/2", "64.0.0.0/3"],
            &["0.0.0.0/0 less 0.0.0.0/1,128.0.0.0/1"],
            &["fc00::/7"],
            &["2001:db8::/32"],
            &[],
        ] {
            assert!(!cover_internet(&blocks(closed)), "{closed:?}");
        }
    }

    #[test]
    fn blocks_are_read_and_compared() {
        let parse = |text| Cidr::parse(text);
        assert_eq!(parse("10.1.2.3/8"), parse("10.0.0.0/8"));
        for bad in ["10.0.0.0", "10.0.0.0/33", "::/129", "x/8", "010.0.0.0/8", ""] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let contains = |outer, inner| parse(outer).zip(parse(inner)).is_some_and(|(outer, inner)| outer.contains(inner));
        assert!(contains("169.254.0.0/16", "169.254.169.254/32"));
        assert!(contains("::/0", "fd00:ec2::254/128"));
        assert!(!contains("0.0.0.0/0", "::/128"), "another family");
        assert!(!contains("169.254.169.254/32", "169.254.0.0/16"));
        let wide = |text| parse(text).is_some_and(|block| block.is_wide(&[]));
        assert!(wide("52.0.0.0/8") && wide("2600::/16") && wide("64.0.0.0/2"));
        assert!(!wide("10.0.0.0/8") && !wide("203.0.113.0/24") && !wide("fc00::/7") && !wide("2001:db8::/32"));
    }
}
