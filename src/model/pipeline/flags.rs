//! The words of a command as its program takes them: flags with their values, and what stands beside.

use crate::model::pipeline::words::is_open;

/// What is known of a program's flags.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Known {
    /// Those that take a value.
    pub(super) takes: &'static [String],
    /// Those that take none, but after `=`.
    pub(super) plain: &'static [String],
}

/// The words of a command.
#[derive(Debug, Default)]
pub(super) struct Taken<'w> {
    /// What stands beside flags, and whether that is certain: after a flag that is not known it may be its value.
    pub(super) beside: Vec<(&'w str, bool)>,
    pub(super) flags: Vec<(&'w str, Option<&'w str>)>,
    /// More flags may be put in when it runs.
    pub(super) open: bool,
}

/// Whether a word is nothing but what is put in when it runs.
pub(super) fn is_symbol(word: &str) -> bool {
    word.starts_with('{') && word.find('}') == Some(word.len() - 1) || word.starts_with('$')
}

/// Whether several words may be put in for one: for a list of Tekton, or for all that a script was given.
fn is_list(word: &str) -> bool {
    is_symbol(word) && (word.ends_with("~~~}") || word.ends_with("~arg~}"))
}

impl<'w> Taken<'w> {
    /// Takes what follows a program.
    pub(super) fn read(words: &'w [String], known: Known) -> Self {
        let mut taken = Taken::default();
        let mut words = words.iter().map(String::as_str).peekable();
        let has = |list: &[String], word: &str| list.iter().any(|one| one == word);
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                taken.open |= is_list(word);
                taken.beside.push((word, true));
                continue;
            };
            if letters == "-" {
                taken.beside.extend(words.by_ref().map(|word| (word, true)));
            } else if let Some((flag, value)) = word.split_once('=') {
                taken.flags.push((flag, Some(value)));
            } else if has(known.takes, word) {
                taken.flags.push((word, words.next()));
            } else if has(known.plain, word) {
                taken.flags.push((word, None));
            } else if !letters.starts_with('-') && letters.len() > 1 {
                taken.short(word, known, &mut words);
            } else {
                taken.unknown(word, &mut words);
            }
        }
        taken
    }

    /// A flag that is not known: what follows may be its value.
    fn unknown(&mut self, word: &'w str, words: &mut std::iter::Peekable<impl Iterator<Item = &'w str>>) {
        let value = words.next_if(|next| !next.starts_with('-'));
        self.flags.push((word, value));
        self.beside.extend(value.map(|value| (value, false)));
    }

    /// `-it`, `-n1`
    fn short(&mut self, word: &'w str, known: Known, words: &mut std::iter::Peekable<impl Iterator<Item = &'w str>>) {
        let takes = |letter: char| known.takes.iter().any(|flag| flag.strip_prefix('-') == Some(letter.encode_utf8(&mut [0; 4])));
        for (at, letter) in word.char_indices().skip(1) {
            let end = at + letter.len_utf8();
            let Some(flag) = known.takes.iter().chain(known.plain).find(|flag| flag.strip_prefix('-') == Some(&word[at..end])) else {
                return self.unknown(word, words);
            };
            if takes(letter) {
                let value = if end < word.len() { Some(&word[end..]) } else { words.next() };
                return self.flags.push((flag, value));
            }
            self.flags.push((flag, None));
        }
    }

    /// What follows the words of a subcommand, where these are there.
    pub(super) fn after(&self, wanted: &[String]) -> Option<Vec<(&'w str, bool)>> {
        let all = || self.beside.iter().copied();
        let certain = follow(all().filter(|(_, sure)| *sure), wanted);
        // an uncertain word may stand in front, or be what is looked for
        match certain {
            Some(_) => {
                follow(all().skip_while(|(word, sure)| !*sure && Some(*word) != wanted.first().map(String::as_str)), wanted).or(certain)
            }
            None => follow(all(), wanted),
        }
    }

    /// The values of flags; `None` where one has none.
    pub(super) fn values<'s>(&'s self, flags: &'s [String]) -> impl Iterator<Item = Option<&'w str>> + 's {
        self.flags.iter().filter(|(flag, _)| flags.iter().any(|known| known == flag)).map(|(_, value)| *value)
    }
}

fn follow<'w>(words: impl Iterator<Item = (&'w str, bool)>, wanted: &[String]) -> Option<Vec<(&'w str, bool)>> {
    let mut words = words.peekable();
    for one in wanted {
        // flags that are put together elsewhere
        while words.next_if(|(word, _)| is_symbol(word)).is_some() {}
        words.next_if(|(word, _)| word == one)?;
    }
    Some(words.collect())
}

/// Whether a value of a switch is `false`, as programs in Go read it; `None` where it is not known.
pub(super) fn is_off(value: Option<&str>) -> Option<bool> {
    match value {
        Some(value) if is_open(value) => None,
        Some(value) => Some(matches!(value, "false" | "False" | "FALSE" | "f" | "F" | "0")),
        None => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_take_their_values() {
        let takes: &'static [String] = vec!["--cache-dir".to_owned(), "-n".to_owned()].leak();
        let plain: &'static [String] = vec!["--quiet".to_owned(), "-q".to_owned(), "-t".to_owned()].leak();
        let known = Known { takes, plain };
        let image = [String::from("image")];
        for (text, wanted) in [
            ("--cache-dir /c image a", Some("a")),
            ("image --quiet a", Some("a")),
            ("image -qt a", Some("a")),
            ("image -n1 a", Some("a")),
            ("image -qn 1 a", Some("a")),
            ("--new x image a", Some("a")),
            ("--new image a", Some("a")),
            ("image --new x a", Some("x? a")),
            ("{p~ARGS} image a", Some("a")),
            ("fs a", None),
            ("-- image a", Some("a")),
        ] {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let found = Taken::read(&words, known).after(&image);
            let shown = |(word, sure): (&str, bool)| format!("{word}{}", if sure { "" } else { "?" });
            let found = found.map(|words| words.into_iter().map(shown).collect::<Vec<_>>().join(" "));
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }
}
