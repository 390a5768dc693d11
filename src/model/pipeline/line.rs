//! The commands of a container: its own command line, or those of its script.

use crate::model::fault::Fault;
use crate::model::field::Field;
use crate::model::pipeline::hangs::{Hangs, Ways, shifted};
use crate::model::pipeline::shell::{Options, Run, runs};
use crate::model::pipeline::tool;
use crate::model::pipeline::words::{BETWEEN, Scope, Values, bare, is_open, of_container as put_variables, symbol};

/// A command as a shell would run it.
#[derive(Debug)]
pub struct Line<'a> {
    /// Where it stands: the script, or the list of words.
    pub place: Field<'a>,
    /// The program and its arguments.
    pub words: Vec<String>,
    /// What is set for it beside.
    pub(super) set: Values,
    /// On what it hangs.
    pub(super) hangs: Hangs,
    /// The line of its script.
    row: Option<u32>,
    /// Which container of the task runs it.
    pub(super) step: usize,
    /// The task goes on when the container fails.
    pub(super) ignored: bool,
}

impl Line<'_> {
    /// A fault where it stands.
    #[must_use]
    pub fn fault(&self, said: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
        fault(self.place, self.row, said)
    }
}

fn fault(place: Field<'_>, row: Option<u32>, said: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
    let fault = if let Some(row) = row { place.fault_at_line(row, said) } else { place.fault(said) };
    fault.observed("")
}

/// Where reading stopped, and why.
#[derive(Debug, Clone)]
pub(super) struct Stop<'a> {
    pub(super) place: Field<'a>,
    pub(super) row: Option<u32>,
    pub(super) why: String,
}

impl Stop<'_> {
    pub(super) fn fault(&self, said: String) -> Fault {
        fault(self.place, self.row, said)
    }
}

/// How many scripts may stand in one another.
const DEEPEST: usize = 3;

/// How long the value of a variable may be.
const LONGEST: usize = 4_096;

const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh", "ksh"];

/// The values of parameters: given, or by default.
pub(super) fn params(declared: Field<'_>, given: Field<'_>, outer: &Scope) -> Values {
    let own = given.items().filter_map(|one| Some((one.key("name").text()?.to_owned(), outer.expand(&value(one.key("value"))))));
    let by_default = declared.items().filter(|one| one.key("default").exists());
    own.chain(by_default.filter_map(|one| Some((one.key("name").text()?.to_owned(), value(one.key("default")))))).collect()
}

/// A text, or the items of a list.
pub(super) fn value(field: Field<'_>) -> String {
    match field.kind() {
        Some(crate::parse::Kind::Sequence) => {
            let mut all: String = field.items().map(|item| format!("{}{BETWEEN}", item.str())).collect();
            if !all.contains(BETWEEN) {
                all.clear();
            }
            all
        }
        _ => field.str().to_owned(),
    }
}

/// What a container runs.
#[derive(Debug, Default)]
pub(super) struct Commands<'a> {
    pub(super) lines: Vec<Line<'a>>,
    /// The ways that its conditions go.
    pub(super) ways: Vec<Ways>,
    /// Something of it lies elsewhere: in a file, in another language, in the image.
    pub(super) stop: Option<Stop<'a>>,
}

/// A container of a task.
pub(super) struct Place<'s> {
    pub(super) scope: &'s Scope,
    pub(super) step: usize,
    /// Its scripts stop at what fails, unless they say otherwise.
    pub(super) errexit: bool,
    /// The task goes on when it fails.
    pub(super) ignored: bool,
    /// The conditions that it stands under.
    pub(super) under: Vec<u64>,
}

/// The commands of a container, whose fields `at` gives.
pub(super) fn of_container<'a>(image: Field<'a>, at: &dyn Fn(&'a str) -> Field<'a>, place: &Place<'_>) -> Commands<'a> {
    let hangs = Hangs { under: place.under.clone(), ..Hangs::default() };
    let mut reader = Reader { found: Commands::default(), variables: variables(at("env"), place.scope), place, shells: 0, in_lines: false };
    // Tekton's script, and Argo's
    let script = ["script", "source"].into_iter().map(at).find(|script| !script.is_empty());
    if let Some(script) = script {
        let text = place.scope.expand(script.str());
        let lines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        reader.in_lines = lines(&text) == lines(script.str());
        let shell: Vec<&str> = at("command").items_or_none().map(Field::str).collect();
        let options = Options { errexit: place.errexit && !text.trim_start().starts_with("#!"), pipefail: false };
        match shell.first() {
            Some(program) if !is_shell(program) => {
                if may_matter(&text) {
                    reader.stop(script, None, format!("{program} runs it, whose language is not read"));
                }
            }
            _ => reader.script(script, None, &text, with_flags(options, shell.iter().copied()), &hangs, DEEPEST),
        }
        return reader.found;
    }
    let (command, args) = (at("command"), at("args"));
    let told = |word: Field<'_>| place.scope.words(word.str());
    let words = command.items_or_none().chain(args.items_or_none()).flat_map(told);
    let mut line: Vec<String> = words.map(|word| put_variables(&word, &reader.variables)).collect();
    if command.is_empty() {
        match tool::entry_point(&place.scope.expand(image.str())) {
            Some((program, by_default)) => {
                if line.is_empty() {
                    line.extend(by_default.iter().cloned());
                }
                line.insert(0, program.to_owned());
            }
            // what the image starts decides what the words are
            None if !line.first().is_some_and(|first| is_shell(first)) => {
                let why = if image.is_empty() {
                    "it names no image".to_owned()
                } else {
                    format!("what image {} starts is not known", image.str())
                };
                reader.stop(image, None, why);
                return reader.found;
            }
            None => {}
        }
    }
    let field = if args.is_empty() { command } else { args };
    reader.take(if field.is_empty() { image } else { field }, None, line, Values::new(), hangs, DEEPEST);
    reader.found
}

/// The variables of a container, as far as they are known.
fn variables(env: Field<'_>, scope: &Scope) -> Values {
    let mut found = Values::new();
    for one in env.items() {
        let Some(name) = one.key("name").text() else { continue };
        let from = one.key("valueFrom");
        let referenced =
            ["configMapKeyRef", "secretKeyRef"].into_iter().map(|kind| (kind, from.key(kind))).find(|(_, found)| found.exists());
        let value = match referenced {
            Some((kind, reference)) => symbol(&[kind, reference.key("name").str(), reference.key("key").str()]),
            None if from.exists() => symbol(&["fieldRef", from.at("fieldRef.fieldPath").str(), name]),
            None => put_variables(&scope.expand(one.key("value").str()), &found),
        };
        // variables may hold one another many times over
        let value = if value.len() > LONGEST { symbol(&["env", name]) } else { value };
        found.push((name.to_owned(), value));
    }
    found
}

struct Reader<'a, 's> {
    found: Commands<'a>,
    variables: Values,
    place: &'s Place<'s>,
    shells: u64,
    /// The lines of its script are those of the file.
    in_lines: bool,
}

impl<'a> Reader<'a, '_> {
    fn stop(&mut self, place: Field<'a>, row: Option<u32>, why: String) {
        self.found.stop.get_or_insert(Stop { place, row, why });
    }

    /// The commands of a script, which a line of another one may hold; those of another interpreter are not known.
    fn script(&mut self, field: Field<'a>, of: Option<u32>, text: &str, options: Options, outer: &Hangs, depth: usize) {
        let first = text.trim_start().strip_prefix("#!").map(|rest| rest.lines().next().unwrap_or_default());
        let options = match first {
            Some(line) if !line.split_ascii_whitespace().take(3).any(is_shell) => {
                if may_matter(text) {
                    self.stop(field, of, format!("it is no script of a shell ({})", line.trim()));
                }
                return;
            }
            Some(line) => with_flags(options, line.split_ascii_whitespace()),
            None => options,
        };
        self.shells += 1;
        let base = self.shells * 1_000_000;
        let scope = format!("{}.{}", self.place.scope.place, self.place.step);
        let found = runs(text, options, &self.variables, &scope);
        let in_lines = self.in_lines && depth == DEEPEST;
        let row_of = |row: u32| of.or(in_lines.then_some(row));
        self.found.ways.extend(found.ways.into_iter().map(|ways| ways.shifted(&outer.under, base)));
        for Run { words, set, hangs, row } in found.runs {
            let own = hangs.under.into_iter().map(|name| shifted(name, base));
            let under = outer.under.iter().copied().chain(own).collect();
            self.take(field, row_of(row), words, set, Hangs { under, ends: outer.ends.and(hangs.ends.shifted(base)) }, depth);
        }
        if let Some((row, why)) = found.stop {
            self.stop(field, row_of(row), why.to_owned());
        }
    }

    /// One command: `sh -c "…"` is those within, `docker run IMAGE …` what the image starts.
    fn take(&mut self, field: Field<'a>, row: Option<u32>, words: Vec<String>, set: Values, hangs: Hangs, depth: usize) {
        let Some(words) = bare(words.into_iter()) else { return };
        if is_shell(&words[0]) {
            let is_inline = |word: &&String| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
            return match words.iter().skip(1).skip_while(|word| !is_inline(word)).nth(1) {
                Some(inner) if depth > 0 => {
                    let options = with_flags(Options::default(), words.iter().map(String::as_str).take_while(|word| word != inner));
                    self.script(field, row, inner, options, &hangs, depth - 1);
                }
                Some(_) => self.stop(field, row, "a script stands here in more others than are followed".to_owned()),
                None => self.stop(field, row, format!("the script that {} runs here is not seen", words[0])),
            };
        }
        match tool::in_container(&words) {
            Some(Some(inner)) if depth > 0 => return self.take(field, row, inner, set, hangs, depth - 1),
            Some(_) => self.stop(field, row, "what runs in the container that is started here is not known".to_owned()),
            None => {
                if calls_elsewhere(&words) || tool::holds_another(&words) {
                    self.stop(field, row, format!("what {} runs here is not seen", shown(&words)));
                }
            }
        }
        let set = set.into_iter().chain(self.variables.iter().filter(|(name, _)| tool::is_setting(name)).cloned()).collect();
        let Place { step, ignored, .. } = *self.place;
        self.found.lines.push(Line { place: field, words, set, hangs, row, step, ignored });
    }
}

/// A program for a person: what is put in when it runs has no name.
fn shown(words: &[String]) -> &str {
    if is_open(&words[0]) { "a variable" } else { &words[0] }
}

/// Whether a script in a language that is not read may start a program, or talk to a registry by itself.
fn may_matter(text: &str) -> bool {
    const WORDS: [&str; 20] = [
        "subprocess",
        "os.system",
        "popen",
        "exec",
        "spawn",
        "system(",
        "docker",
        "podman",
        "buildah",
        "kaniko",
        "skopeo",
        "crane",
        "oras",
        "registry",
        "push",
        "publish",
        "upload",
        "sh(",
        "%x",
        "require(",
    ];
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

/// The flags that a shell is started with: `sh -e`, `bash -eo pipefail -c`.
fn with_flags<'w>(options: Options, words: impl Iterator<Item = &'w str>) -> Options {
    let mut options = options;
    for word in words {
        match word {
            "pipefail" => options.pipefail = true,
            "errexit" => options.errexit = true,
            _ => options.errexit |= word.starts_with('-') && !word.starts_with("--") && word.contains('e'),
        }
    }
    options
}

/// Whether a command runs what stands in a file of the source, what is put together when it runs, or elsewhere.
fn calls_elsewhere(words: &[String]) -> bool {
    const RUNNERS: [&str; 22] = [
        "make", "just", "task", "mage", "npm", "yarn", "pnpm", "gradle", "gradlew", "mvn", "mvnw", "python", "python3", "node", "perl",
        "ruby", "source", ".", "eval", "ssh", "su", "runuser",
    ];
    let program = words[0].as_str();
    let name = program.rsplit('/').next().unwrap_or_default();
    let subcommand = words[1..].iter().find(|word| !word.starts_with('-'));
    let first = words.get(1).map_or("", String::as_str);
    let is_plain = match name {
        _ if subcommand.is_some_and(|word| tool::is_known(name, word)) => true,
        "npm" | "yarn" | "pnpm" => matches!(first, "ci" | "install" | "audit" | "config" | "--version"),
        "python" | "python3" => match first {
            "-m" => words.get(2).is_some_and(|module| matches!(module.as_str(), "pip" | "pytest" | "unittest" | "venv" | "json.tool")),
            "-c" => words.get(2).is_some_and(|text| !may_matter(text)),
            _ => first == "--version",
        },
        "perl" | "ruby" | "node" => matches!(first, "-e" | "-ne" | "-pe" | "-p") && !words[2..].iter().any(|word| may_matter(word)),
        _ => false,
    };
    let is_file = program.starts_with("./") || program.ends_with(".sh") || RUNNERS.contains(&name) && !is_plain;
    is_file || is_open(program) || tool::has_subcommands(name) && subcommand.is_some_and(|word| is_open(word))
}

pub(super) fn is_shell(program: &str) -> bool {
    SHELLS.contains(&program.rsplit('/').next().unwrap_or_default())
}

impl<'a> Field<'a> {
    /// The items of a list; none of anything else, which is not noted either.
    fn items_or_none(self) -> impl Iterator<Item = Field<'a>> {
        let is_list = self.kind() == Some(crate::parse::Kind::Sequence);
        is_list.then(|| self.items()).into_iter().flatten()
    }
}
