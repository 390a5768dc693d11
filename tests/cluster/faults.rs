//! What goes wrong on the way, and what people give for a kubeconfig.

use super::*;

#[test]
fn a_slow_server_costs_no_more_than_the_time_allowed() {
    let api = pods(|_| Reply::Silence(Duration::from_secs(90)));
    let started = Instant::now();
    let output = scan(&api, &["--request-timeout", "3s", "--timeout", "8s", "--check", "pss-host-port"]);
    assert!(started.elapsed() < Duration::from_secs(45), "{:?}", started.elapsed());
    let result = result(&output);
    assert_eq!(output.status.code(), Some(3));
    assert!(gaps(&result)[0].starts_with("Pod: "), "{:?}", gaps(&result));
    // nobody answers at all
    let api = Api::start(|_| Reply::Silence(Duration::from_secs(90)));
    let started = Instant::now();
    let output = scan(&api, &["--request-timeout", "1s"]);
    assert!(started.elapsed() < Duration::from_secs(45));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_server_that_dies_leaves_a_partial_result_soon() {
    let api = Api::start(|asked| {
        if asked.path.starts_with("/api/v1/pods") && asked.token().is_empty() {
            Reply::Json(page(&["a"], "t1"))
        } else if asked.path.contains("review")
            || ["/version", "/api", "/apis", "/api/v1/namespaces/kube-system"].contains(&asked.path.as_str())
        {
            Reply::Usual
        } else {
            Reply::Cut(json!({}), 0)
        }
    });
    let started = Instant::now();
    let output = scan(&api, &["--fail-on", "none"]);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let result = result(&output);
    assert_eq!((names(&result), output.status.code()), (vec!["a".to_owned()], Some(3)));
    assert!(gaps(&result).len() >= 6, "{:?}", gaps(&result));
}

#[test]
fn what_cannot_be_scanned_at_all_is_said() {
    let said = |api: &Api, more: &[&str]| {
        let output = scan(api, more);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let everything = |code: u16| Api::start(move |_| Reply::Status(code, None));
    assert!(said(&everything(401), &[]).contains("log in again"));
    assert!(said(&everything(403), &[]).contains("refuses even its version"));
    assert!(said(&Api::start(|_| Reply::Text("<html>".into())), &[]).contains("no Kubernetes API server"));
    let undiscovered = Api::start(|asked| if asked.path == "/api" { Reply::Status(403, None) } else { Reply::Usual });
    assert!(said(&undiscovered, &[]).contains("refuses to say what it serves"));
    let api = Api::start(|_| Reply::Usual);
    assert!(said(&api, &["--context", "other"]).contains("no context `other`; there is mock"));
    assert!(said(&api, &["some/path"]).contains("--cluster"));
    assert!(said(&api, &["-n", "Shop!"]).contains("no name of a namespace"));
    assert!(said(&api, &["-n", "shop", "--exclude-namespace", "shop"]).contains("both asked for and excluded"));
    std::fs::write(api.kubeconfig(), mock_api::kubeconfig(1)).expect("a kubeconfig");
    assert!(said(&api, &[]).contains("nobody takes connections there: is it the right --context"));
    std::fs::remove_file(api.kubeconfig()).expect("it was there");
    assert!(said(&api, &[]).contains("kubeconfig"));
    let alone = Command::cargo_bin("cnscan").expect("the program").args(["scan", "--context", "x", "."]).output().expect("it runs");
    assert!(String::from_utf8_lossy(&alone.stderr).contains("give --cluster as well"));
}

#[test]
fn credentials_that_expire_leave_what_was_read() {
    let api = pods(|asked| if asked.token().is_empty() { Reply::Json(page(&["a"], "t")) } else { Reply::Status(401, None) });
    let output = scan(&api, &["--fail-on", "none"]);
    let result = result(&output);
    assert_eq!((names(&result), output.status.code()), (vec!["a".to_owned()], Some(3)));
    let why = "Pod: the server takes the credentials no longer (401): they expired while the cluster was read; 1 object read until then";
    assert_eq!(gaps(&result), [why]);
    assert_eq!(api.asked_for(PODS).len(), 2, "what is refused is not asked for again");
}

#[test]
fn an_answer_that_drips_costs_no_more_than_the_time_for_one() {
    let many: Vec<_> = (0..40).map(|number| format!("p-{number}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let slow = page(&many, "");
    let api = pods(move |_| Reply::Slow(slow.clone(), Duration::from_millis(200)));
    let started = Instant::now();
    let output = scan(&api, &["--request-timeout", "3s", "--timeout", "12s", "--fail-on", "none"]);
    assert!(started.elapsed() < Duration::from_secs(45), "{:?}", started.elapsed());
    assert_eq!(output.status.code(), Some(3));
    let result = result(&output);
    assert!(gaps(&result).len() == 1 && gaps(&result)[0].starts_with("Pod: "), "{:?}", gaps(&result));
}

#[test]
fn pages_without_end_end() {
    // a server that always has one more page, and objects on it
    let api = pods(|asked| Reply::Json(page(&[], &format!("{}x", asked.token()))));
    let started = Instant::now();
    let output = scan(&api, &["--timeout", "5s", "--fail-on", "none", "--check", "pss-host-port"]);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn whatever_a_kubeconfig_is_it_is_refused_with_words_and_soon() {
    let api = Api::start(|_| Reply::Usual);
    let good = std::fs::read_to_string(api.kubeconfig()).expect("a kubeconfig");
    let server = |url: &str| {
        let start = good.find("'http").expect("a server");
        let end = good[start + 1..].find('\'').expect("its end") + start + 2;
        format!("{}'{url}'{}", &good[..start], &good[end..])
    };
    let user = |text: &str| good.replace("user: {token: t}", &format!("user: {text}"));
    let bomb = format!(
        "a: &a [x, x, x, x, x, x, x, x, x]\n{}\n",
        (1..12)
            .map(|level| format!("{}: &{} [{}]", name(level), name(level), vec![format!("*{}", name(level - 1)); 9].join(", ")))
            .collect::<Vec<_>>()
            .join("\n")
    );
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("no text", vec![0xff, 0xfe, 0x00, 0x80, 0x01]),
        ("binary", (0..=255).cycle().take(100_000).collect()),
        ("another object", b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n".to_vec()),
        ("a list", b"- a\n- b\n".to_vec()),
        ("a bomb", bomb.into_bytes()),
        ("nested", "[".repeat(100_000).into_bytes()),
        ("no such context", good.replace("current-context: mock", "current-context: other").into_bytes()),
        ("no such cluster", good.replace("cluster: c, user", "cluster: d, user").into_bytes()),
        ("no url", server("not a url").into_bytes()),
        ("no host", server("http://").into_bytes()),
        ("another scheme", server("file:///etc/passwd").into_bytes()),
        ("half a host", server("http://[::1").into_bytes()),
        ("no certificate", user("{client-certificate-data: AAAA, client-key-data: '!!'}").into_bytes()),
        ("no such certificate", user("{client-certificate: /nonexistent, client-key: /nonexistent}").into_bytes()),
        ("a token with a line in it", user("{token: \"a\\r\\nX-Evil: 1\"}").into_bytes()),
        ("a proxy that is none", good.replace("cluster: {server", "cluster: {proxy-url: 'ftp://x', server").into_bytes()),
        ("a plugin without a name", user("{exec: {apiVersion: client.authentication.k8s.io/v1}}").into_bytes()),
        (
            "a plugin that says nothing",
            user("{exec: {apiVersion: client.authentication.k8s.io/v1, command: 'true', interactiveMode: Never}}").into_bytes(),
        ),
    ];
    let mut bad = Vec::new();
    for (what, bytes) in rows {
        std::fs::write(api.kubeconfig(), bytes).expect("a kubeconfig");
        let started = Instant::now();
        let output = scan(&api, &["--request-timeout", "3s", "--timeout", "5s"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let fine =
            output.status.code() == Some(2) && output.stdout.is_empty() && said.starts_with("cnscan: ") && !said.contains("panicked");
        if !fine || started.elapsed() > Duration::from_secs(20) {
            bad.push(format!("{what}: {:?} after {:?}: {said}", output.status.code(), started.elapsed()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(api.asked.lock().expect("the log").iter().all(|asked| !asked.headers.contains_key("x-evil")));
}

fn name(level: usize) -> String {
    char::from(b'a' + level as u8).to_string()
}

#[cfg(unix)]
#[test]
fn a_kubeconfig_without_end_is_not_read() {
    for path in ["/dev/zero", "/dev", "/nonexistent"] {
        let mut command = Command::cargo_bin("cnscan").expect("the program");
        let started = Instant::now();
        let output = command.args(["scan", "--cluster", "--kubeconfig", path]).output().expect("it runs");
        assert!(started.elapsed() < Duration::from_secs(10));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(path), "{said}");
    }
}

/// What a person has to know of a kubeconfig that does not work, and nothing of what may be secret in it.
#[cfg(unix)]
#[test]
fn what_is_wrong_with_credentials_is_said_without_them() {
    let api = Api::start(|_| Reply::Usual);
    let good = std::fs::read_to_string(api.kubeconfig()).expect("a kubeconfig");
    let plugin = |script: &str| {
        format!(
            "user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '{script}'], interactiveMode: Never}}}}"
        )
    };
    let rows = [
        (
            plugin("echo hunter2; echo log in again >&2; exit 3"),
            "the plugin `sh` that fetches the credentials failed (exit status: 3); it says: log in again",
        ),
        (plugin("echo hunter2"), "answers with something else than an ExecCredential"),
        (
            plugin("true").replace("command: sh", "command: no-such-plugin"),
            "`no-such-plugin` that fetches the credentials cannot be started (no such file",
        ),
        (
            "user: {tokenFile: /nonexistent/token}".to_owned(),
            "the token file /nonexistent/token of the kubeconfig cannot be read: no such file",
        ),
        ("user: [hunter2".to_owned(), "a kubeconfig is a YAML file of kind Config"),
    ];
    for (user, why) in rows {
        std::fs::write(api.kubeconfig(), good.replace("user: {token: t}", &user)).expect("a kubeconfig");
        let output = scan(&api, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why) && said.lines().count() == 1, "{why}: {said}");
        assert!(!said.contains("hunter2") && !said.contains("os error"), "{said}");
    }
}

#[test]
fn files_that_kubeconfig_names_in_vain_are_passed_over_while_one_is_there() {
    let api = Api::start(|_| Reply::Usual);
    let scan = |paths: &[&Path]| {
        let mut command = Command::cargo_bin("cnscan").expect("the program");
        command.env("HOME", "/nonexistent").env("KUBECONFIG", std::env::join_paths(paths).expect("paths"));
        command.args(["scan", "--cluster", "--no-config", "-f", "json", "-q"]).current_dir(api.folder.path()).output().expect("it runs")
    };
    let gone = Path::new("/nonexistent/kubeconfig");
    let found = scan(&[gone, &api.kubeconfig()]);
    assert_eq!((names(&result(&found)), found.status.code()), (vec!["a".to_owned()], Some(1)));
    let none = scan(&[gone]);
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(none.status.code() == Some(2) && said.contains("KUBECONFIG names /nonexistent/kubeconfig: no such file"), "{said}");
}
