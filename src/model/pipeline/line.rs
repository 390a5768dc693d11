//! The commands of a step: its own command line, or those of its script.

use crate::model::field::Field;
use crate::model::pipeline::tool;
use crate::parse::command::{Dialect, Word, words};

/// A command as a shell would run it.
#[derive(Debug)]
pub struct Line<'a> {
    /// Where it stands: the script, or the list of words.
    pub place: Field<'a>,
    /// The program and its arguments.
    pub words: Vec<String>,
}

/// How many scripts may stand in one another.
const DEEPEST: usize = 3;

const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "busybox"];

/// What may stand before a program.
const BEFORE: &[&str] =
    &["if", "then", "elif", "else", "while", "until", "do", "!", "{", "sudo", "time", "exec", "command", "nice", "nohup", "env", "npx"];

/// What is known of a name: of a parameter, of a variable.
pub(super) type Values = Vec<(String, String)>;

/// The values of a task's parameters: given, or by default.
pub(super) fn params(declared: Field<'_>, given: Field<'_>) -> Values {
    let value = |list: Field<'_>, key: &'static str| {
        let known = list.items().filter_map(move |one| Some((one.key("name").text()?.to_owned(), one.key(key).text()?.to_owned())));
        known.collect::<Vec<_>>()
    };
    // what stands in a given value belongs to the pipeline
    let given = value(given, "value").into_iter().map(|(name, text)| (name, expand(&text, &[], &[])));
    given.chain(value(declared, "default")).collect()
}

/// What a container runs.
#[derive(Debug, Default)]
pub(super) struct Commands<'a> {
    pub(super) lines: Vec<Line<'a>>,
    /// Something of it lies elsewhere: in a file, in another language, in the image.
    pub(super) hidden: bool,
}

/// The commands of a container, whose fields `at` gives.
pub(super) fn of_container<'a>(image: Field<'a>, at: &dyn Fn(&'a str) -> Field<'a>, params: &[(String, String)]) -> Commands<'a> {
    let variables = at("env").items().filter_map(|one| Some((one.key("name").text()?, one.key("value").text()?)));
    let variables: Values = variables.map(|(name, value)| (name.to_owned(), expand(value, params, &[]))).collect();
    let told = |text: &str| expand(text, params, &variables);
    let mut found = Commands::default();
    // Tekton's script, and Argo's
    let script = ["script", "source"].into_iter().map(at).find(|script| !script.is_empty());
    if let Some(script) = script {
        found.read(script, &told(script.str()), DEEPEST);
        return found;
    }
    let (command, args) = (at("command"), at("args"));
    let mut line: Vec<String> = command.items_or_none().chain(args.items_or_none()).map(|word| told(word.str())).collect();
    if command.is_empty() {
        match tool::entry_point(&told(image.str())) {
            Some(program) => line.insert(0, program.to_owned()),
            // what the image starts decides what the words are
            None if !line.first().is_some_and(|first| is_shell(first)) => {
                found.hidden = true;
                return found;
            }
            None => {}
        }
    }
    let place = if args.is_empty() { command } else { args };
    found.take(if place.is_empty() { image } else { place }, line, DEEPEST);
    found
}

impl<'a> Commands<'a> {
    /// The commands of a script; those of another interpreter are not known.
    fn read(&mut self, place: Field<'a>, text: &str, depth: usize) {
        let interpreter = text.strip_prefix("#!").map(|rest| rest.lines().next().unwrap_or_default());
        if interpreter.is_some_and(|line| !line.split_ascii_whitespace().take(2).any(is_shell)) {
            self.hidden = true;
            return;
        }
        commands(text).into_iter().for_each(|words| self.take(place, words, depth));
    }

    /// One command: `sh -c "…"` is those within.
    fn take(&mut self, place: Field<'a>, words: Vec<String>, depth: usize) {
        let Some(words) = bare(words.into_iter()) else { return };
        // `$(command)` leaves this in front
        let Some(words) = (words[0] != "$").then_some(words) else { return };
        if !is_shell(&words[0]) {
            self.hidden |= calls_elsewhere(&words);
            self.lines.push(Line { place, words });
            return;
        }
        let is_inline = |word: &&String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
        match words.iter().skip(1).skip_while(|word| !is_inline(word)).nth(1) {
            Some(inner) if depth > 0 => self.read(place, inner, depth - 1),
            _ => self.hidden = true,
        }
    }
}

/// Whether a command runs what stands in a file of the source, or what is put together when it runs.
fn calls_elsewhere(words: &[String]) -> bool {
    const RUNNERS: [&str; 16] = [
        "make", "just", "task", "mage", "npm", "yarn", "pnpm", "gradle", "gradlew", "mvn", "mvnw", "python", "python3", "node", "source",
        ".",
    ];
    let is_open = |word: &str| word.starts_with(['$', '{']);
    let program = words[0].as_str();
    let name = program.rsplit('/').next().unwrap_or_default();
    let subcommand = words[1..].iter().find(|word| !word.starts_with('-'));
    let is_file = program.starts_with("./") || program.ends_with(".sh") || RUNNERS.contains(&name);
    is_file || program == "eval" || is_open(program) || tool::has_subcommands(name) && subcommand.is_some_and(|word| is_open(word))
}

fn is_shell(program: &str) -> bool {
    SHELLS.contains(&program.rsplit('/').next().unwrap_or_default())
}

/// The simple commands of a script: neither comments nor here-documents.
fn commands(text: &str) -> Vec<Vec<String>> {
    let (mut found, mut command, mut here) = (Vec::new(), Vec::new(), None::<String>);
    let (mut in_document, mut to_file) = (false, false);
    let end = |command: &mut Vec<String>, found: &mut Vec<Vec<String>>| found.extend(bare(std::mem::take(command).into_iter()));
    for Word { text: word, operator, .. } in words(text, (0, text.len()), Dialect::Shell) {
        let ends = operator && word == "\n";
        if in_document {
            // the line that is the mark alone ends it
            match (ends, here.as_deref()) {
                (true, Some(mark)) if command.len() == 1 && command[0] == mark => {
                    (in_document, here) = (false, None);
                    command.clear();
                }
                (true, _) => command.clear(),
                (false, _) => command.push(word),
            }
            continue;
        }
        if !operator && to_file {
            to_file = false;
            here = here.map(|mark| if mark.is_empty() { word.trim_start_matches('-').to_owned() } else { mark });
        } else if !operator {
            command.push(word);
        } else if word.contains(['<', '>']) {
            to_file = true;
            if word.ends_with("<<") && !word.contains("<<<") {
                here = Some(String::new());
            }
        } else if !word.bytes().all(|byte| byte.is_ascii_digit()) {
            end(&mut command, &mut found);
            in_document = ends && here.is_some();
        }
    }
    end(&mut command, &mut found);
    found
}

/// A command without what stands before its program; `None` where nothing is left.
fn bare(words: impl Iterator<Item = String>) -> Option<Vec<String>> {
    let is_before = |word: &String| {
        let assigns = word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(is_of_name));
        assigns || BEFORE.contains(&word.as_str())
    };
    let mut rest: Vec<String> = words.skip_while(is_before).collect();
    // what runs the command that it is given
    let given = |is_own: fn(char) -> bool| rest.iter().skip(1).position(|word| !word.starts_with(is_own)).map(|at| at + 1);
    let program = match rest.first().map(String::as_str) {
        Some("timeout") => given(|first| matches!(first, '-' | '$' | '{' | '0'..='9')),
        Some("xargs" | "stdbuf" | "setsid") => given(|first| first == '-'),
        _ => None,
    };
    rest.drain(..program.unwrap_or_default());
    (!rest.is_empty()).then_some(rest)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Puts in what is known: parameters of Tekton, variables of the shell. What is not stays, Tekton's in a form that no
/// shell takes apart: `{tasks.build.results.digest}`.
fn expand(text: &str, params: &[(String, String)], variables: &[(String, String)]) -> String {
    let value = |known: &[(String, String)], name: &str| known.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone());
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (put, used) = match after.bytes().next() {
            Some(b'(') => match end_of(after, b')').map(|end| (&after[1..end], end + 1)) {
                Some((name, used)) if is_of_tekton(name) => {
                    let plain = name.strip_prefix("inputs.").unwrap_or(name);
                    let own = plain.strip_prefix("params.").map(str::to_owned).or_else(|| quoted(plain));
                    let known = own.and_then(|own| value(params, &own));
                    (Some(known.unwrap_or_else(|| format!("{{{plain}}}"))), used)
                }
                _ => (None, 0),
            },
            Some(b'{') => match end_of(after, b'}').map(|end| (&after[1..end], end + 1)) {
                Some((name, used)) => (value(variables, name), used),
                None => (None, 0),
            },
            _ => {
                let used = after.bytes().take_while(|byte| is_of_name(*byte)).count();
                (value(variables, &after[..used]), used)
            }
        };
        match put {
            Some(put) => {
                out.push_str(&put);
                rest = &after[used..];
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Where a name in brackets ends; none is longer than this.
fn end_of(text: &str, bracket: u8) -> Option<usize> {
    const LONGEST: usize = 512;
    text.bytes().take(LONGEST).position(|byte| byte == bracket)
}

/// Whether what stands in `$(…)` is for Tekton rather than for a shell.
fn is_of_tekton(name: &str) -> bool {
    const HEADS: [&str; 9] = ["params", "inputs", "outputs", "tasks", "workspaces", "results", "context", "steps", "step"];
    let head = name.split(['.', '[']).next().unwrap_or_default();
    HEADS.contains(&head) && head.len() < name.len() && !name.contains(char::is_whitespace)
}

/// `params["a.b"]`
fn quoted(name: &str) -> Option<String> {
    let inner = name.strip_prefix("params[")?.strip_suffix(']')?;
    Some(inner.trim_matches(['"', '\'']).to_owned())
}

impl<'a> Field<'a> {
    /// The items of a list; none of anything else, which is not noted either.
    fn items_or_none(self) -> impl Iterator<Item = Field<'a>> {
        let is_list = self.kind() == Some(crate::parse::Kind::Sequence);
        is_list.then(|| self.items()).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_as_commands() {
        let text = "#!/bin/sh\nset -e # trivy image a\necho trivy image b\ncat <<EOF > x\ntrivy image c\nEOF\nif ! X=1 sudo timeout -k 5 600 trivy image \\\n  d; then exit 1; fi\nY=$(syft e) 2>&1 && true\ncat <<-'E'\n  grype f\nE\ngrype g";
        let found: Vec<_> = commands(text).into_iter().map(|words| words.join(" ")).collect();
        for wanted in ["trivy image d", "syft e", "grype g", "echo trivy image b"] {
            assert!(found.iter().any(|one| one == wanted), "{wanted}: {found:?}");
        }
        for other in ["trivy image c", "grype f", "trivy image a"] {
            assert!(!found.iter().any(|one| one == other), "{other}: {found:?}");
        }
    }

    #[test]
    fn what_is_known_is_put_in() {
        let known = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let (params, variables) = (known("IMAGE", "r.example.com/a"), known("TAG", "1"));
        for (text, wanted) in [
            ("x $(params.IMAGE):$TAG", "x r.example.com/a:1"),
            ("$(inputs.params.IMAGE):${TAG}x", "r.example.com/a:1x"),
            ("$(params[\"IMAGE\"])@$(tasks.b.results.d)", "r.example.com/a@{tasks.b.results.d}"),
            ("$(params.other) $(cat file) $TAGS ${TAG", "{params.other} $(cat file) $TAGS ${TAG"),
            ("$", "$"),
            ("é$(", "é$("),
        ] {
            assert_eq!(expand(text, &params, &variables), wanted, "{text}");
        }
    }
}
