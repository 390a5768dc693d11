//! What is known of the variables of a shell while its commands are followed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::pipeline::commands::List;
use crate::model::pipeline::known::assignments;
use crate::model::pipeline::shell::{MOST, STEPS, Shell};
use crate::model::pipeline::token::Word;
use crate::model::pipeline::words::{put_in, split, symbol};

/// How long a value may grow.
const WIDEST: usize = 4_096;

impl<'l> Shell<'l> {
    /// What a word becomes: none where it is a variable without a value, several where the value has spaces.
    pub(super) fn expand(&self, word: &Word) -> Vec<String> {
        if !word.expands {
            return vec![word.text.clone()];
        }
        let items = split(&self.put_in(&word.text));
        if word.quoted || !word.within.is_empty() {
            return items;
        }
        items.iter().flat_map(|item| item.split_ascii_whitespace()).map(str::to_owned).collect()
    }

    /// A text with what is known of variables in it.
    pub(super) fn put_in(&self, text: &str) -> String {
        put_in(text, &|name| self.variables.get(name).cloned(), &self.place)
    }

    /// The value of an assignment.
    pub(super) fn value(&mut self, text: &str, word: &Word, name: &str) -> String {
        if !word.expands {
            return text.to_owned();
        }
        // what a command writes is the same nowhere else
        if !word.within.is_empty() || text.contains('`') {
            return self.unknown(&format!("{name}~{text}"));
        }
        split(&self.put_in(text)).join(" ")
    }

    pub(super) fn is_over(&self) -> bool {
        self.found.len() > MOST || self.count > STEPS
    }

    pub(super) fn assign(&mut self, name: &str, value: String) {
        let value = if value.len() > WIDEST { self.unknown(name) } else { value };
        match name.strip_suffix('+') {
            Some(name) => {
                let before = self.variables.get(name).cloned().unwrap_or_default();
                let value = if before.len() > WIDEST { self.unknown(name) } else { before + &value };
                self.variables.insert(name.to_owned(), value);
            }
            None => {
                self.variables.insert(name.to_owned(), value);
            }
        }
    }

    /// What was set under a condition is not known after it.
    pub(super) fn settle(&mut self, was: &BTreeMap<String, String>) {
        let after = self.variables.clone();
        self.merge(was, &[after]);
    }

    pub(super) fn merge(&mut self, was: &BTreeMap<String, String>, after: &[BTreeMap<String, String>]) {
        let names: Vec<String> = after.iter().flat_map(BTreeMap::keys).cloned().collect();
        let changed = names.into_iter().filter(|name| after.iter().any(|one| one.get(name) != was.get(name)));
        let changed: BTreeSet<String> = changed.collect();
        self.variables.clone_from(was);
        for name in changed {
            let unknown = self.unknown(&name);
            self.variables.insert(name, unknown);
        }
    }

    /// What a body sets may have any value while it is run again.
    pub(super) fn forget(&mut self, body: &'l List) {
        let mut names = Vec::new();
        assignments(body, &mut names);
        for name in names {
            let unknown = self.unknown(name);
            self.variables.insert(name.to_owned(), unknown);
        }
    }

    pub(super) fn unknown(&mut self, text: &str) -> String {
        let name = self.name();
        symbol(&[&self.place, &name.to_string(), text])
    }

    pub(super) fn name(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}
