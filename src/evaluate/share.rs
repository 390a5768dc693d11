//! Which part of the subjects a shard judges: whole namespaces, so that most of what is joined is at hand, and shares of
//! those that are too large for one.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use crate::model::{Object, kinds};

/// One of several shards of a scan; the whole of it is the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    index: u32,
    count: u32,
}

impl Share {
    /// All subjects.
    pub const ALL: Share = Share { index: 0, count: 1 };

    /// Its number, from 0.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shards there are.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// By a hash that is the same on every machine and in every release: FNV-1a, mixed so that each bit counts.
    fn is_at(self, identity: [&str; 4]) -> bool {
        let bytes = identity.iter().flat_map(|part| part.bytes().chain([0x1f]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        mixed % u64::from(self.count) == u64::from(self.index)
    }
}

/// How the subjects of an input are divided.
#[derive(Debug)]
pub struct Split {
    share: Share,
    /// The shard of each namespace that one shard judges.
    homes: HashMap<String, u32>,
}

impl Split {
    /// Not at all.
    #[must_use]
    pub fn none() -> Self {
        Split { share: Share::ALL, homes: HashMap::new() }
    }

    /// By how many objects each namespace has: the larger ones first, each to the shard that has least. What is larger
    /// than a share is divided by the hash of its files, or of its objects in a cluster.
    #[must_use]
    pub fn of(share: Share, sizes: &BTreeMap<String, u64>) -> Self {
        let total: u64 = sizes.values().sum();
        let fitting = sizes.iter().filter(|(_, size)| *size * u64::from(share.count) <= total);
        let mut fitting: Vec<_> = fitting.collect();
        fitting.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let mut loads: BTreeMap<(u64, u32), ()> = (0..share.count).map(|shard| ((0, shard), ())).collect();
        let mut homes = HashMap::with_capacity(fitting.len());
        for (name, size) in fitting {
            let Some(((load, shard), ())) = loads.pop_first() else { break };
            homes.insert(name.clone(), shard);
            loads.insert((load + size, shard), ());
        }
        Split { share, homes }
    }

    /// Which shard this is.
    #[must_use]
    pub fn share(&self) -> Share {
        self.share
    }

    /// Whether it judges an object, which stands in a file of this name.
    #[must_use]
    pub fn holds(&self, object: &Object<'_>, file: &str) -> bool {
        if self.share.count == 1 {
            return true;
        }
        let namespace = if object.is(kinds::NAMESPACE) { Some(object.name) } else { object.namespace };
        match namespace.map(|name| (name, self.homes.get(name))) {
            Some((_, Some(home))) => *home == self.share.index,
            Some((name, None)) if !object.live => self.share.is_at([name, file, "", ""]),
            _ => self.share.is_at([object.namespace_or_empty(), object.group, object.kind, object.name]),
        }
    }

    /// Whether it judges a namespace as a whole.
    #[must_use]
    pub(super) fn holds_namespace(&self, name: &str) -> bool {
        self.share.count == 1 || self.homes.get(name).map_or_else(|| self.share.is_at([name, "", "", ""]), |home| *home == self.share.index)
    }

    /// Whether it judges what is there once.
    #[must_use]
    pub(super) fn is_first(&self) -> bool {
        self.share.index == 0
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const MOST: u32 = 10_000;
        let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        let Some((index, count)) = numbers else { return Err("write I/N, such as 0/4".to_owned()) };
        if count == 0 || count > MOST {
            return Err(format!("there may be 1 to {MOST} shards"));
        }
        if index >= count {
            return Err(format!("shards count from 0: the last of {count} is {}/{count}", count - 1));
        }
        Ok(Share { index, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_in_one_share_and_shares_are_even() {
        for count in [2, 3, 7, 64] {
            let shares: Vec<_> = (0..count).map(|index| Share { index, count }).collect();
            let mut sizes = vec![0u32; count as usize];
            for number in 0..count * 500 {
                let name = format!("web-{number}");
                let holding: Vec<_> = shares.iter().filter(|share| share.is_at(["shop", "apps", "Deployment", &name])).collect();
                assert_eq!(holding.len(), 1);
                sizes[holding[0].index as usize] += 1;
            }
            assert!(sizes.iter().all(|size| (350..=650).contains(size)), "{sizes:?}");
        }
    }

    #[test]
    fn namespaces_stay_together_unless_they_are_larger_than_a_share() {
        let sizes = [("huge", 900), ("a", 40), ("b", 30), ("c", 20), ("d", 10)];
        let sizes = sizes.map(|(name, size)| (name.to_owned(), size)).into();
        let splits: Vec<_> = (0..2).map(|index| Split::of(Share { index, count: 2 }, &sizes)).collect();
        assert_eq!(splits[0].homes, splits[1].homes);
        let homes = ["huge", "a", "b", "c", "d"].map(|name| splits[0].homes.get(name).copied());
        assert_eq!(homes, [None, Some(0), Some(1), Some(1), Some(0)]);
        for name in ["huge", "a", "never seen"] {
            assert_eq!(splits.iter().filter(|split| split.holds_namespace(name)).count(), 1, "{name}");
        }
    }

    #[test]
    fn shares_are_written_from_zero() {
        assert_eq!("3/4".parse(), Ok(Share { index: 3, count: 4 }));
        for wrong in ["4/4", "1", "", "/", "-1/2", "0/0", "a/b", "0/10001", "1/2/3"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
        assert!("4/4".parse::<Share>().is_err_and(|why| why.contains("3/4")));
    }
}
