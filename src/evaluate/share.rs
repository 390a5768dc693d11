//! Which part of the subjects a shard judges. Each shard reads everything, so that joins see what they see without shards.

use std::str::FromStr;

use crate::model::Object;

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

    /// Whether it judges an object.
    #[must_use]
    pub(super) fn holds(self, object: &Object<'_>) -> bool {
        self.count == 1 || self.is_at([object.namespace_or_empty(), object.group, object.kind, object.name])
    }

    /// Whether it judges a namespace as a whole.
    #[must_use]
    pub(super) fn holds_namespace(self, name: &str) -> bool {
        self.count == 1 || self.is_at([name, "", "", ""])
    }

    /// Whether it judges what is there once.
    #[must_use]
    pub(super) fn is_first(self) -> bool {
        self.index == 0
    }

    /// By a hash that is the same on every machine and in every release: FNV-1a, mixed so that each bit counts.
    fn is_at(self, identity: [&str; 4]) -> bool {
        let bytes = identity.iter().flat_map(|part| part.bytes().chain([0x1f]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        mixed % u64::from(self.count) == u64::from(self.index)
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
    fn shares_are_written_from_zero() {
        assert_eq!("3/4".parse(), Ok(Share { index: 3, count: 4 }));
        for wrong in ["4/4", "1", "", "/", "-1/2", "0/0", "a/b", "0/10001", "1/2/3"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
        assert!("4/4".parse::<Share>().is_err_and(|why| why.contains("3/4")));
    }
}
