use super::{Substitutes, sort};

fn written(raw: &str) -> String {
    Substitutes::default().written(raw, false)
}

#[test]
fn a_substitute_is_of_the_same_sort_and_says_nothing() {
    for value in [
        "k9!vQ2#mZx7pLw4t",
        "hunter2",
        "s3cr3tPa55word",
        "739102",
        "mQ4/t8Zr+YpW2sKd1XvB6nHc3LgJ7fEa",
        &["AKIA", "IOSFODNN7EXAMPLQ"].concat(),
        &["ghp_", "wW3k9vQ2mZx7pLw4tYbVd8rTq1yLz6NcWb12"].concat(),
        "azl2UTJtWng3cEx3NHQ=",
        "web-tls-creds",
        "changeme",
        "true",
        "enabled",
        "8080",
        "550e8400-e29b-41d4-a716-446655440000",
        "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "$(DB_PASSWORD)",
        "shop/sommer",
        "correct horse battery staple",
    ] {
        for strict in [true, false] {
            let other = Substitutes::default().written(value, strict);
            assert!(other != value || !strict && value.contains(' '), "{value}");
            assert_eq!(sort(&other).0, sort(value).0, "{value} {other}");
            assert_eq!(sort(&other).1, sort(value).1, "{value} {other}");
        }
    }
    assert!(written("\"k9vQ2mZx7pLw4t\"").starts_with('"'));
}

#[test]
fn neither_length_nor_letters_of_a_password_show() {
    let all = ["Sommer2026!", "Winter24!", "Tr0ub4dor&3", "Fruehling&Herbst2026"];
    for raw in all {
        assert_eq!(sort(raw), sort(all[0]), "{raw}");
        assert_eq!(written(raw), written(all[0]));
    }
    for pair in
        [["hunter2", "s3cr3t"], ["739102", "8571046"], ["changeme", "s3cretPassw0rd!"], ["azl2UTJtWng3cEx3NHQ=", "U29tbWVyMjAyNiE="]]
    {
        assert_eq!(written(pair[0]), written(pair[1]));
    }
}

#[test]
fn the_same_value_has_one_substitute_and_others_have_others() {
    let mut all = Substitutes::default();
    let (one, two) = (all.written("Sommer2026!", true), all.written("Winter2026!", true));
    assert_ne!(one, two);
    assert_eq!(all.written("'Sommer2026!'", true), format!("'{one}'"));
    let telling = all.telling();
    assert!(telling.contains(&("Sommer2026!".to_owned(), one)) && telling.iter().any(|(raw, _)| raw == "U29tbWVyMjAyNiEK"), "{telling:?}");
}

#[test]
fn of_a_text_names_stay_and_values_go() {
    let told = written("|\n  spring.datasource.password=k9vQ2mZx7pLw4tY\n  url=postgres://shop:tiger@db/shop\n  retries=3\n");
    assert!(told.starts_with("|\n  spring.datasource.password="), "{told}");
    assert!(told.ends_with("retries=3\n") && told.contains("postgres://"), "{told}");
    assert!(!told.contains("k9vQ2mZx7pLw4tY") && !told.contains("tiger"), "{told}");
    let told = written("CREATE USER shop IDENTIFIED BY 'tiger';");
    assert!(told.starts_with("CREATE USER shop IDENTIFIED BY '") && !told.contains("tiger"), "{told}");
    let told = written(r#""a\nPASSWORD=hunter2\n""#);
    assert!(told.starts_with(r#""a\nPASSWORD="#) && told.ends_with(r#"\n""#) && !told.contains("hunter2"), "{told}");
    let key = written("|\n  -----BEGIN PRIVATE KEY-----\n  abcdefgh\n  -----END PRIVATE KEY-----\n");
    assert!(key.contains("-----BEGIN PRIVATE KEY-----") && key.contains("-----END PRIVATE KEY-----") && !key.contains("abcdefgh"), "{key}");
}

#[test]
fn of_a_secret_s_text_nothing_stays_but_names() {
    let told = Substitutes::default().written("|\n  user: root\n  pass: sommer\n  sommer wiese\n", true);
    assert!(told.starts_with("|\n  user: ") && told.contains("\n  pass: "), "{told}");
    for word in ["root", "sommer", "wiese"] {
        assert!(!told.contains(word), "{told}");
    }
}
