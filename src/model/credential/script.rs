//! Credentials in scripts of a shell: assignments, flags, headers, and where the programs that everybody uses take their
//! password.
//!
//! A reader of commands, not a shell: it knows quotes, comments and what ends a command. A word in which something is
//! expanded is no credential.

use super::shape::Found;
use super::text::{Held, password};
use super::{Judgement, cloud_config, judge, speaks_of_credential};

/// How many scripts may stand in one another.
const DEEPEST: usize = 4;

/// The first credential in a script; what `known` knows is the name of something.
#[must_use]
pub fn in_script(text: &str, known: &dyn Fn(&str) -> bool) -> Option<Held> {
    search(text, known, DEEPEST)
}

/// The password in the words of one command, by the place that its program takes it in: which word, and what it is.
#[must_use]
pub fn password_argument(words: &[&str]) -> Option<(usize, Found)> {
    placed(words.len(), |at| Some(words[at]))
}

fn search(text: &str, known: &dyn Fn(&str) -> bool, depth: usize) -> Option<Held> {
    let mut reader = Reader { text, at: 0, inner: Vec::new() };
    let mut doubt = None;
    let mut before: Vec<Word> = Vec::new();
    while let Some(command) = reader.command() {
        let piped = piped(&before, &command).map(Held::Placed);
        match judge_command(&command, known).or(piped) {
            Some(Held::Placed(Found { rule, doubt: Some(why) })) => doubt = doubt.or(Some(Held::Placed(Found { rule, doubt: Some(why) }))),
            Some(sure) => return Some(sure),
            None => {}
        }
        // `sh -c "…"`, `su -c '…'`
        let scripts = command.iter().filter(|word| depth > 0 && word.text.contains(char::is_whitespace));
        if let Some(found) = scripts.into_iter().find_map(|word| search(&word.text, known, depth - 1)) {
            return Some(found);
        }
        before = command;
    }
    let inner = reader.inner.into_iter().filter(|_| depth > 0);
    inner.into_iter().find_map(|inner| search(inner, known, depth - 1)).or(doubt)
}

/// `echo root:… | chpasswd`
fn piped(before: &[Word], command: &[Word]) -> Option<Found> {
    let is = |words: &[Word], programs: &[&str]| {
        words.first().is_some_and(|word| programs.contains(&word.text.rsplit('/').next().unwrap_or_default()))
    };
    let takes = is(command, &["chpasswd"]) || is(command, &["sudo"]) && is(command.get(1..)?, &["chpasswd"]);
    if !takes || !is(before, &["echo", "printf"]) {
        return None;
    }
    let last = before.last().filter(|word| !word.expands)?;
    let (user, value) = last.text.trim_end_matches("\\n").split_once(':')?;
    let plain = !user.is_empty() && !user.contains(char::is_whitespace);
    plain.then(|| cloud_config::password("a password given to chpasswd", value.trim())).flatten()
}

/// A word as the shell would hand it over.
#[derive(Debug, Default)]
struct Word {
    text: String,
    /// Something in it is put in by the shell.
    expands: bool,
}

fn judge_command(words: &[Word], known: &dyn Fn(&str) -> bool) -> Option<Held> {
    let is_secret = |name: &str, value: &str| judge(name, value) == Judgement::Secret && !known(value);
    let mut words_after = words.iter().skip(1);
    for word in words {
        let next = words_after.next();
        if let Some(name) = assigned(word, &is_secret).or_else(|| header(word, &is_secret)) {
            return Some(Held::Named(name.to_owned()));
        }
        let flag = word.text.starts_with('-') && !word.text.contains('=') && speaks_of_credential(&word.text);
        let value = next.filter(|next| flag && !next.expands && !next.text.starts_with('-'));
        if value.is_some_and(|value| is_secret(&word.text, &value.text)) {
            return Some(Held::Named(word.text.clone()));
        }
    }
    let plain = |at: usize| Some(&words[at]).filter(|word| !word.expands).map(|word| word.text.as_str());
    placed(words.len(), plain).map(|(_, found)| Held::Placed(found))
}

/// `NAME=value`, `--flag=value`, `--set a.b=value`, `?name=value&…` in an address.
fn assigned<'w>(word: &'w Word, is_secret: &dyn Fn(&str, &str) -> bool) -> Option<&'w str> {
    let text = word.text.as_str();
    let places = memchr::memchr_iter(b'=', text.as_bytes()).filter(|_| !word.expands);
    places.into_iter().find_map(|at| {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        let name = &text[text[..at].bytes().rposition(|byte| !is_name(byte)).map_or(0, |before| before + 1)..at];
        if !speaks_of_credential(name) {
            return None;
        }
        let rest = start(&text[at + 1..]);
        let value = &rest[..rest.find(|end: char| end.is_whitespace() || "&\"',;".contains(end)).unwrap_or(rest.len())];
        (is_secret(name, rest) || is_secret(name, value)).then_some(name)
    })
}

/// As much of a text as a credential may take.
pub(super) fn start(text: &str) -> &str {
    const LONGEST: usize = 512;
    let end = (LONGEST..).find(|&end| end >= text.len() || text.is_char_boundary(end)).unwrap_or(text.len());
    &text[..end.min(text.len())]
}

/// `Authorization: Bearer …`, `X-Api-Key: …`.
fn header<'w>(word: &'w Word, is_secret: &dyn Fn(&str, &str) -> bool) -> Option<&'w str> {
    let (name, value) = word.text.split_once(':').filter(|_| !word.expands)?;
    let value = value.trim();
    let token = ["Bearer ", "Basic ", "token "].into_iter().find_map(|scheme| value.strip_prefix(scheme));
    let secret = match token {
        Some(token) => name.eq_ignore_ascii_case("authorization") && is_secret("token", token.trim()),
        None => !name.contains(char::is_whitespace) && !value.contains(char::is_whitespace) && is_secret(name, value),
    };
    secret.then_some(name)
}

/// A flag that takes a password, and how.
struct Taker {
    /// The programs, by the start of their names.
    programs: &'static [&'static str],
    flags: &'static [&'static str],
    how: How,
    rule: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// `-u user:password`, `-uuser:password`
    AfterColon,
    /// `-ppassword`, never a word of its own
    Glued,
    /// `-a password`
    Next,
}

const TAKERS: &[Taker] = &[
    Taker { programs: &["curl"], flags: &["-u", "--user", "-U", "--proxy-user"], how: How::AfterColon, rule: "a password given to curl" },
    Taker { programs: &["mysql", "mariadb"], flags: &["-p"], how: How::Glued, rule: "a password given to a client of MySQL" },
    Taker { programs: &["redis-cli", "valkey-cli"], flags: &["-a"], how: How::Next, rule: "a password given to redis-cli" },
    Taker { programs: &["mongo"], flags: &["-p"], how: How::Next, rule: "a password given to a client of MongoDB" },
    Taker { programs: &["sshpass"], flags: &["-p"], how: How::Glued, rule: "a password given to sshpass" },
    Taker { programs: &["sshpass"], flags: &["-p"], how: How::Next, rule: "a password given to sshpass" },
    Taker {
        programs: &["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami"],
        flags: &["-w"],
        how: How::Next,
        rule: "a password given to a client of LDAP",
    },
];

/// Programs whose `login` takes `-p password`.
const LOGINS: &[&str] = &["docker", "podman", "nerdctl", "buildah", "skopeo", "crane", "oras", "helm"];

/// The first password that stands where a program takes one; `word` gives words that nothing is expanded in.
fn placed<'w>(count: usize, word: impl Fn(usize) -> Option<&'w str>) -> Option<(usize, Found)> {
    let (mut takers, mut login, mut doubt) = (Vec::new(), None, None);
    for at in 0..count {
        let Some(text) = word(at) else { continue };
        let name = text.rsplit('/').next().unwrap_or(text);
        let own: Vec<_> = TAKERS.iter().filter(|taker| taker.programs.iter().any(|program| is_program(name, program))).collect();
        if !own.is_empty() {
            takers = own;
        }
        // `docker login`, `helm registry login`
        if LOGINS.contains(&name) {
            login = Some(false);
        } else if text == "login" {
            login = login.map(|_| true);
        }
        let next = (at + 1 < count).then(|| word(at + 1)).flatten();
        let registry = (login == Some(true) && text == "-p").then(|| next.map(|next| (at + 1, "a password given to a registry", next)));
        let given = takers.iter().find_map(|taker| taker.given(at, text, next)).or(registry.flatten());
        let found = given.and_then(|(at, rule, value)| Some((at, password(rule, value)?)));
        match found {
            Some((_, Found { doubt: None, .. })) => return found,
            found => doubt = doubt.or(found),
        }
    }
    doubt
}

/// `mysql` is `mysqldump` too; `mongo` is `mongosh`.
fn is_program(name: &str, program: &str) -> bool {
    name.strip_prefix(program).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
}

impl Taker {
    fn given<'w>(&self, at: usize, text: &'w str, next: Option<&'w str>) -> Option<(usize, &'static str, &'w str)> {
        let after_colon = |value: &'w str| value.split_once(':').map(|(_, password)| password);
        let glued = || {
            let flag = self.flags.iter().find(|flag| flag.len() == 2 && text.starts_with(**flag) && text.len() > 2)?;
            Some((at, &text[flag.len()..]))
        };
        let apart = || next.filter(|_| self.flags.contains(&text)).map(|next| (at + 1, next));
        let (at, value) = match self.how {
            How::Glued => glued(),
            How::Next => apart(),
            How::AfterColon => apart().or_else(glued).and_then(|(at, value)| Some((at, after_colon(value)?))),
        }?;
        Some((at, self.rule, value))
    }
}

/// Takes commands from a script.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// What stands in `$(…)`.
    inner: Vec<&'t str>,
}

impl Reader<'_> {
    /// The words of the next command; empty ones included.
    fn command(&mut self) -> Option<Vec<Word>> {
        if self.at >= self.text.len() {
            return None;
        }
        let mut words = Vec::new();
        let mut word: Option<Word> = None;
        while let Some(next) = self.text[self.at..].chars().next() {
            self.at += next.len_utf8();
            match next {
                ' ' | '\t' | '\r' | '<' | '>' => words.extend(word.take()),
                '\n' | ';' | '|' | '&' | '(' | ')' => break,
                '#' if word.is_none() => self.skip_line(),
                _ => self.part(next, word.get_or_insert_default()),
            }
        }
        words.extend(word);
        Some(words)
    }

    /// A character, or what it opens.
    fn part(&mut self, next: char, word: &mut Word) {
        let text = self.text;
        match next {
            '\'' => {
                let end = text[self.at..].find('\'').map_or(text.len(), |end| self.at + end);
                word.text.push_str(&text[self.at..end]);
                self.at = (end + 1).min(text.len());
            }
            '"' => self.double_quoted(word),
            '\\' => self.escaped(word),
            '$' | '`' => self.expansion(word),
            _ => word.text.push(next),
        }
    }

    fn double_quoted(&mut self, word: &mut Word) {
        while let Some(next) = self.text[self.at..].chars().next() {
            self.at += next.len_utf8();
            match next {
                '"' => return,
                '\\' => self.escaped(word),
                '$' | '`' => self.expansion(word),
                _ => word.text.push(next),
            }
        }
    }

    /// Whatever comes after a backslash; a line that goes on.
    fn escaped(&mut self, word: &mut Word) {
        if let Some(next) = self.text[self.at..].chars().next() {
            self.at += next.len_utf8();
            if next != '\n' {
                word.text.push(next);
            }
        }
    }

    /// `$(…)` and `${…}` are left out as a whole.
    fn expansion(&mut self, word: &mut Word) {
        word.expands = true;
        let rest = &self.text[self.at..];
        let (open, close) = match rest.as_bytes().first() {
            Some(b'(') => (b'(', b')'),
            Some(b'{') => (b'{', b'}'),
            _ => return,
        };
        let mut depth = 0;
        let end = rest.bytes().position(|byte| {
            depth += i32::from(byte == open) - i32::from(byte == close);
            depth == 0
        });
        let end = end.unwrap_or(rest.len());
        if open == b'(' {
            self.inner.push(&rest[1..end]);
        }
        self.at += (end + 1).min(rest.len());
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, in_script, password_argument};

    fn found(text: &str) -> Option<Held> {
        in_script(text, &|value| value == "shop-db-7c9f4d2b8x")
    }

    #[test]
    fn names_are_found_wherever_a_shell_takes_them() {
        for (name, text) in [
            ("TOKEN", "set -e; export TOKEN=k9vQ2mZx7pLw4tYb && exec /app"),
            ("PGPASSWORD", "PGPASSWORD='k9!vQ2#mZx7pLw4t' psql -h db"),
            ("--password", "/app/web --port 80 --password=k9vQ2mZx7pLw4tYb --log info"),
            ("--api-key", "/app/web --api-key k9vQ2mZx7pLw4tYb"),
            ("auth.password", "helm upgrade db chart --set auth.user=a,auth.password=k9vQ2mZx7pLw4tYb"),
            ("password", "kubectl create secret generic db --from-literal=password=k9vQ2mZx7pLw4tYb"),
            ("access_token", "curl 'https://api.shop.test/v1?x=1&access_token=k9vQ2mZx7pLw4tYb&y=2'"),
            ("Authorization", "curl -H \"Authorization: Bearer k9vQ2mZx7pLw4tYb\" https://api.shop.test"),
            ("PRIVATE-TOKEN", "curl --header 'PRIVATE-TOKEN: k9vQ2mZx7pLw4tYb' https://git.shop.test"),
            ("TOKEN", "sh -c \"export TOKEN=k9vQ2mZx7pLw4tYb; run\""),
            ("--token", "X=$(login --token k9vQ2mZx7pLw4tYb | cut -d: -f2)"),
            ("--password", "app \\\n  --user a \\\n  --password k9vQ2mZx7pLw4tYb"),
        ] {
            assert_eq!(found(text), Some(Held::Named(name.to_owned())), "{text}");
        }
        for nothing in [
            "",
            "export TOKEN=$(cat /run/secrets/token)",
            "export TOKEN=\"${TOKEN:-k9vQ2mZx7pLw4tYb}\"",
            "export TOKEN=$OTHER_TOKEN_k9vQ2mZx7p",
            "# export TOKEN=k9vQ2mZx7pLw4tYb",
            "export TOKEN_FILE=/run/secrets/k9vQ2mZx7pLw4tYb",
            "app --password \"$DB_PASSWORD\" --token `cat token`",
            "app --password-file /run/secrets/password",
            "app --password changeme",
            "app --secret shop-db-7c9f4d2b8x",
            "kubectl get secret db -o jsonpath='{.data.password}' | base64 -d",
            "kubectl create secret generic db --from-file=password=./password.txt",
            "curl -H \"Authorization: Bearer $(cat /var/run/token)\" https://api.shop.test",
            "sed -i \"s/password=.*/password=$PASSWORD/\" app.conf",
            "echo 'the token: see the documentation'",
            "unclosed 'quote",
            "unclosed \"quote $(and ${more",
            "é\\",
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn programs_take_passwords_in_their_own_places() {
        let sure = |text: &str| matches!(found(text), Some(Held::Placed(found)) if found.doubt.is_none());
        for text in [
            "curl -s -u shop:Xk29vLq8 https://api.shop.test",
            "curl -ushop:hunter2 https://api.shop.test",
            "kubectl exec db -- mysqladmin ping -u root -ptr0ub4dor",
            "until redis-cli -h cache -a Xk29vLq8 ping; do sleep 1; done",
            "sshpass -p Xk29vLq8 ssh host",
            "docker login -u ci -p Xk29vLq8 registry.shop.test",
            "mongosh --quiet -u root -p Xk29vLq8 --eval 'db.ping()'",
            "su - db -c \"/usr/bin/mysql -uroot -pXk29vLq8\"",
        ] {
            assert!(sure(text), "{text}");
        }
        assert!(matches!(found("curl -u admin:admin https://a"), Some(Held::Placed(found)) if found.doubt.is_some()));
        for nothing in [
            "curl -u \"$USER:$PASSWORD\" https://api.shop.test",
            "curl -u shop https://api.shop.test",
            "curl -u : --negotiate https://api.shop.test",
            "curl -u ${USER}:${PASSWORD} https://api.shop.test",
            "mysql -u root -p\"$MYSQL_ROOT_PASSWORD\" -e 'select 1'",
            "mysql -u root -p -P 3306",
            "mkdir -p Xk29vLq8/data",
            "curl https://a | tee -a Xk29vLq8",
            "docker run -p 8080:80 web",
            "mongo_exporter.sh -p Xk29vLq8",
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn words_of_a_list_are_judged_as_one_command() {
        let at = |words: &[&str]| password_argument(words).map(|(at, found)| (at, found.doubt.is_none()));
        assert_eq!(at(&["redis-cli", "-a", "Xk29vLq8", "ping"]), Some((2, true)));
        assert_eq!(at(&["/usr/bin/mysqladmin", "ping", "-pXk29vLq8"]), Some((2, true)));
        assert_eq!(at(&["redis-cli", "-a", "$(REDIS_PASSWORD)", "ping"]), None);
        assert_eq!(at(&["mkdir", "-p", "Xk29vLq8"]), None);
    }
}
