//! What is to be said of an exception by how many findings it covers: shards count, and it is said when all have counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A sentence for each of none, one and many; an empty one says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// What is said.
    #[serde(flatten)]
    words: Words,
    /// How many findings there are.
    count: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Words {
    none: String,
    one: String,
    /// What stands before and behind the number.
    many: [String; 2],
}

impl Remark {
    /// What holds whatever the count is.
    pub(crate) fn always(text: String) -> Self {
        Remark { words: Words { none: text.clone(), one: text.clone(), many: [text, String::new()] }, count: 0 }
    }

    /// What is said when no finding needed it.
    pub(crate) fn unless(count: u32, none: String) -> Self {
        Remark { words: Words { none, ..Words::default() }, count }
    }

    /// What is said with the number of findings, `1 finding` or `7 findings`, between two texts.
    pub(crate) fn counted(count: u32, none: String, [before, behind]: [&str; 2]) -> Self {
        let one = format!("{before}1 finding{behind}");
        Remark { words: Words { none, one, many: [before.to_owned(), format!(" findings{behind}")] }, count }
    }

    /// What is said when no finding needed it, and when more than one did: with their number between two texts.
    pub(crate) fn unless_several(count: u32, none: String, [before, behind]: [&str; 2]) -> Self {
        let many = [before.to_owned(), format!(" findings{behind}")];
        Remark { words: Words { none, one: String::new(), many }, count }
    }

    /// What was judged at its controllers, by a word for one of it and for many.
    pub(crate) fn judged_elsewhere(count: u32, one: &str, many: &str) -> Self {
        let one = format!("1 {one} is judged at the controller that made it, not again");
        let many = [String::new(), format!(" {many} are judged at the controllers that made them, not again")];
        Remark { words: Words { none: String::new(), one, many }, count }
    }

    /// The sentence for its count.
    #[must_use]
    pub fn said(&self) -> Option<String> {
        let Words { none, one, many: [before, behind] } = &self.words;
        let text = match self.count {
            0 => none.clone(),
            1 => one.clone(),
            _ if behind.is_empty() => before.clone(),
            count => format!("{before}{count}{behind}"),
        };
        (!text.is_empty()).then_some(text)
    }

    /// Those that say the same as one, with all that they counted.
    #[must_use]
    pub fn sum(remarks: impl IntoIterator<Item = Remark>) -> Vec<Remark> {
        let mut sums: BTreeMap<Words, u32> = BTreeMap::new();
        for remark in remarks {
            *sums.entry(remark.words).or_default() += remark.count;
        }
        sums.into_iter().map(|(words, count)| Remark { words, count }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Remark;

    #[test]
    fn counts_of_shards_add_up() {
        let rule = |count| Remark::counted(count, "no finding".to_owned(), ["", " open again"]);
        let said = |remarks: &[Remark]| Remark::sum(remarks.iter().cloned()).iter().filter_map(Remark::said).collect::<Vec<_>>();
        assert_eq!(said(&[rule(0), rule(0)]), ["no finding"]);
        assert_eq!(said(&[rule(0), rule(1)]), ["1 finding open again"]);
        assert_eq!(said(&[rule(2), rule(1)]), ["3 findings open again"]);
        let unused = |count| Remark::unless(count, "remove it".to_owned());
        assert_eq!(said(&[unused(0), unused(0)]), ["remove it"]);
        assert!(said(&[unused(0), unused(3)]).is_empty());
        let wide = |count| Remark::unless_several(count, "remove it".to_owned(), ["it excuses ", " below"]);
        assert_eq!(said(&[wide(0), wide(0)]), ["remove it"]);
        assert!(said(&[wide(1), wide(0)]).is_empty());
        assert_eq!(said(&[wide(1), wide(1)]), ["it excuses 2 findings below"]);
        let always = Remark::always("expired".to_owned());
        assert_eq!(said(&[always.clone(), always]), ["expired"]);
    }
}
