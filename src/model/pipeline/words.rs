//! What stands in words before a command is run: parameters of Tekton and Argo, variables of the shell.

/// What is known of a name: of a parameter, of a variable.
pub(super) type Values = Vec<(String, String)>;

/// Between the items of a list that a parameter holds.
pub(super) const BETWEEN: char = '\u{1f}';

/// No item at all, which is not one that is empty.
const NONE: char = '\u{1e}';

/// Items as the value of a variable.
pub(super) fn joined(items: &[String]) -> String {
    if items.is_empty() { NONE.to_string() } else { items.join(&BETWEEN.to_string()) }
}

/// The items of a word that holds some.
pub(super) fn split(text: &str) -> Vec<String> {
    let items = text.split(BETWEEN).filter(|item| item.len() != NONE.len_utf8() || !item.starts_with(NONE));
    items.map(|item| item.replace(NONE, "")).collect()
}

/// What nobody knows, by a name that is the same where the same stands: no shell takes it apart, nor a reference.
pub(super) fn symbol(parts: &[&str]) -> String {
    let plain = parts.iter().flat_map(|part| part.chars().take(80).map(|letter| if is_plain(letter) { letter } else { '~' }).chain(['~']));
    let mut text: String = plain.collect();
    text.pop();
    format!("{{{text}}}")
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-')
}

/// Whether a word holds what nobody knows.
pub(super) fn is_open(word: &str) -> bool {
    word.contains(['{', '$', '`'])
}

/// Where a name in brackets ends; none is longer than this.
fn end_of(text: &str, bracket: u8) -> Option<usize> {
    const LONGEST: usize = 512;
    text.bytes().take(LONGEST).position(|byte| byte == bracket)
}

/// Puts in the variables of a shell; what is not known becomes a symbol of its place.
pub(super) fn put_in(text: &str, known: &dyn Fn(&str) -> Option<String>, place: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (put, used) = match after.bytes().next() {
            Some(b'{') => match end_of(after, b'}') {
                Some(end) => (braced(&after[1..end], known, place), end + 1),
                None => ("$".to_owned(), 0),
            },
            Some(b'(') => {
                let end = closing(after).unwrap_or(after.len());
                (symbol(&[place, &after[..end]]), end)
            }
            Some(b'@' | b'*' | b'?' | b'#' | b'$' | b'!' | b'0'..=b'9') => {
                (known(&after[..1]).unwrap_or_else(|| symbol(&[place, &format!("arg{}", &after[..1])])), 1)
            }
            _ => match after.bytes().take_while(|byte| is_of_name(*byte)).count() {
                0 => ("$".to_owned(), 0),
                used => (known(&after[..used]).unwrap_or_else(|| symbol(&[place, &after[..used]])), used),
            },
        };
        out.push_str(&put);
        rest = &after[used..];
    }
    out.push_str(rest);
    out
}

/// `${NAME}`, `${NAME:-other}`, `${NAME%%:*}`
fn braced(inner: &str, known: &dyn Fn(&str) -> Option<String>, place: &str) -> String {
    let end = inner.bytes().take_while(|byte| is_of_name(*byte)).count();
    let end = if end == 0 { usize::from(inner.starts_with(['@', '*'])) } else { end };
    let (name, operation) = inner.split_at(end);
    // all items of a list, or all that is given but the first
    if matches!(operation, "[@]" | "[*]") {
        return known(&format!("{name}[@]")).unwrap_or_else(|| symbol(&[place, "arg@"]));
    }
    if let (Some(from), Some(all)) =
        (operation.strip_prefix(':').and_then(|from| from.parse::<usize>().ok()), known("@").filter(|_| name == "@"))
    {
        return joined(split(&all).get(from.saturating_sub(1)..).unwrap_or_default());
    }
    let value = known(name);
    match (operation.chars().next(), value) {
        (None, Some(value)) => value,
        // instead of nothing
        (Some(':' | '-' | '?' | '+'), Some(value))
            if operation.trim_start_matches(':').starts_with(['-', '?', '=']) && !value.is_empty() && !is_open(&value) =>
        {
            value
        }
        (None, None) if !name.is_empty() => symbol(&[place, name]),
        (Some(_), Some(value)) => symbol(&[&value, operation]),
        _ => symbol(&[place, inner]),
    }
}

/// Where the bracket that begins a text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let end = text.bytes().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })?;
    Some(end + 1)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where what stands in words comes from.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// What parameters hold.
    pub(super) params: Values,
    /// By what parameters are told apart of which nobody knows what they hold.
    pub(super) place: String,
    /// `{{…}}` is put in, as Argo does, rather than `$(…)`.
    pub(super) argo: bool,
}

impl Scope {
    fn known(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Puts parameters in.
    pub(super) fn expand(&self, text: &str) -> String {
        let (open, close) = if self.argo { ("{{", "}}") } else { ("$(", ")") };
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find(open) {
            out.push_str(&rest[..at]);
            let after = &rest[at + open.len()..];
            let end =
                after.get(..after.len().min(512)).unwrap_or(after).find(close).filter(|end| self.argo || is_of_tekton(&after[..*end]));
            let Some(end) = end else {
                out.push_str(open);
                rest = after;
                continue;
            };
            out.push_str(&self.value(after[..end].trim()));
            rest = &after[end + close.len()..];
        }
        out.push_str(rest);
        out
    }

    fn value(&self, name: &str) -> String {
        let plain = name.strip_prefix("inputs.").unwrap_or(name);
        if self.argo {
            let is_global = name == "item" || name.starts_with("workflow.");
            let own = name.strip_prefix("inputs.parameters.").or(is_global.then_some(name));
            let part = || Some(symbol(&[self.known("item")?, name.strip_prefix("item.")?]));
            let known = own.and_then(|own| self.known(own)).map(str::to_owned).or_else(part);
            return known.unwrap_or_else(|| symbol(&[&self.place, name]));
        }
        let own = plain.strip_prefix("params.").map(str::to_owned).or_else(|| quoted(plain));
        let own = own.map(|own| own.trim_end_matches("[*]").to_owned());
        match own.and_then(|own| self.known(&own)) {
            Some(value) => value.replace(BETWEEN, " "),
            // what another task hands on, and what the pipeline was given, is the same for all
            None if plain.starts_with("tasks.") => symbol(&[plain]),
            None => symbol(&[&self.place, plain]),
        }
    }

    /// A word of a command line: one that is a list becomes its items.
    pub(super) fn words(&self, text: &str) -> Vec<String> {
        let inner = text.strip_prefix("$(params.").and_then(|rest| rest.strip_suffix(')'));
        let list = inner.filter(|_| !self.argo).and_then(|name| self.known(name.trim_end_matches("[*]")));
        match list {
            Some("") if text.ends_with("[*])") => Vec::new(),
            Some(list) if list.contains(BETWEEN) => list.split(BETWEEN).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
            _ => vec![self.expand(text)],
        }
    }
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

/// Puts in what Kubernetes does: `$(NAME)` of the container's own variables.
pub(super) fn of_container(text: &str, variables: &[(String, String)]) -> String {
    if !text.contains("$(") {
        return text.to_owned();
    }
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
}

/// What runs the command that follows it: which flags take a value, and how many words come before the command.
const BEFORE: &[(&str, &[&str], usize)] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "--user", "--group"], 0),
    ("timeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    ("xargs", &["-n", "-P", "-I", "-L", "-a", "-d", "-E", "-s", "--max-args", "--max-procs", "--replace", "--delimiter"], 0),
    ("env", &["-u", "-C", "--unset", "--chdir"], 0),
    ("nice", &["-n", "--adjustment"], 0),
    ("ionice", &["-c", "-n", "-p"], 0),
    ("stdbuf", &["-i", "-o", "-e"], 0),
    ("npx", &["-p", "--package"], 0),
    ("time", &["-f", "-o"], 0),
    ("exec", &["-a"], 0),
    ("flock", &["-w", "--timeout", "--wait", "-E", "--conflict-exit-code"], 1),
    ("gosu", &[], 1),
    ("su-exec", &[], 1),
    ("chroot", &[], 1),
    ("doas", &["-u", "-C"], 0),
    ("dumb-init", &["-r", "--rewrite"], 0),
    ("tini", &["-p", "-e"], 0),
    ("unbuffer", &[], 0),
    ("chronic", &[], 0),
    ("command", &[], 0),
    ("builtin", &[], 0),
    ("nohup", &[], 0),
    ("setsid", &[], 0),
    ("busybox", &[], 0),
];

/// A command without what stands before its program; `None` where nothing is left.
pub(super) fn bare(words: impl Iterator<Item = String>) -> Option<Vec<String>> {
    let mut rest: Vec<String> = words.collect();
    loop {
        let assigns = |word: &String| word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(is_of_name));
        let from = rest.iter().position(|word| !assigns(word))?;
        rest.drain(..from);
        let name = rest[0].rsplit('/').next().unwrap_or_default();
        let Some((_, takes, more)) = BEFORE.iter().find(|(known, ..)| *known == name) else { return Some(rest) };
        let mut at = 1;
        while rest.get(at).is_some_and(|word| word.starts_with('-')) {
            if rest[at] == "--" {
                at += 1;
                break;
            }
            at += if takes.contains(&rest[at].as_str()) { 2 } else { 1 };
        }
        let from = at + more;
        if from >= rest.len() {
            return Some(rest);
        }
        rest.drain(..from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_put_in() {
        let known = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let scope = Scope { params: known("IMAGE", "r.example.com/a"), place: "t".to_owned(), argo: false };
        for (text, wanted) in [
            ("x $(params.IMAGE):$TAG", "x r.example.com/a:$TAG"),
            ("$(inputs.params.IMAGE)x", "r.example.com/ax"),
            ("$(params[\"IMAGE\"])@$(tasks.b.results.d)", "r.example.com/a@{tasks.b.results.d}"),
            ("$(params.other) $(cat file)", "{t~params.other} $(cat file)"),
            ("é$(", "é$("),
        ] {
            assert_eq!(scope.expand(text), wanted, "{text}");
        }
        let argo = Scope { params: known("image", "r.example.com/a"), place: "t".to_owned(), argo: true };
        assert_eq!(argo.expand("{{inputs.parameters.image}} {{ item }} {{"), "r.example.com/a {t~item} {{");
    }

    #[test]
    fn variables_are_put_in() {
        let known = |name: &str| (name == "TAG").then(|| "1".to_owned());
        for (text, wanted) in [
            ("$TAG-${TAG}x", "1-1x"),
            ("$OTHER ${OTHER}", "{p~OTHER} {p~OTHER}"),
            ("${TAG:-2} ${OTHER:-2}", "1 {p~OTHER~-2}"),
            ("${TAG%.*}", "{1~~.~}"),
            ("$ $(a b)/c ${TAG", "$ {p~~a~b~}/c ${TAG"),
            ("$1", "{p~arg1}"),
        ] {
            assert_eq!(put_in(text, &known, "p"), wanted, "{text}");
        }
    }

    #[test]
    fn what_runs_a_command_is_left_out() {
        for (text, wanted) in [
            ("X=1 sudo -u a timeout -k 5 600 trivy image a", "trivy image a"),
            ("env -i A=b nice -n 5 trivy", "trivy"),
            ("xargs -n 1 -I {} trivy image {}", "trivy image {}"),
            ("timeout", "timeout"),
            ("npx --yes snyk test", "snyk test"),
        ] {
            let found = bare(text.split(' ').map(str::to_owned)).unwrap_or_default();
            assert_eq!(found.join(" "), wanted, "{text}");
        }
        assert_eq!(bare(["X=1".to_owned()].into_iter()), None);
    }
}
