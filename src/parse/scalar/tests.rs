//! What Go says, recorded: `sigs.k8s.io/yaml` 1.6 followed by `k8s.io/apimachinery/pkg/util/json` 0.37.

use std::sync::Arc;

use crate::parse::{Limits, yaml};

use super::{Value, key_text, resolve};

/// Written, its value in `a: …`, its text as a key. `error`: the reader refuses the document.
#[rustfmt::skip]
const RECORDED: &[(&str, &str, &str)] = &[
        ("y", "true", "true"), ("Y", "true", "true"), ("yes", "true", "true"), ("Yes", "true", "true"), ("YES", "true", "true"),
        ("yEs", "\"yEs\"", "yEs"), ("n", "false", "false"), ("N", "false", "false"), ("no", "false", "false"), ("No", "false", "false"),
        ("NO", "false", "false"), ("nO", "\"nO\"", "nO"), ("true", "true", "true"), ("True", "true", "true"), ("TRUE", "true", "true"),
        ("tRue", "\"tRue\"", "tRue"), ("false", "false", "false"), ("False", "false", "false"), ("FALSE", "false", "false"), ("on", "true", "true"),
        ("On", "true", "true"), ("ON", "true", "true"), ("oN", "\"oN\"", "oN"), ("off", "false", "false"), ("Off", "false", "false"),
        ("OFF", "false", "false"), ("~", "<nil>", "error"), ("null", "<nil>", "error"), ("Null", "<nil>", "error"), ("NULL", "<nil>", "error"),
        ("nULL", "\"nULL\"", "nULL"), ("nil", "\"nil\"", "nil"), ("~~", "\"~~\"", "~~"), ("0", "0", "0"), ("00", "0", "0"), ("0644", "420", "420"),
        ("0o644", "420", "420"), ("0O644", "420", "420"), ("09", "9", "9"), ("0o9", "\"0o9\"", "0o9"), ("-0644", "-420", "-420"),
        ("+0644", "420", "420"), ("0x1F", "31", "31"), ("0X1f", "31", "31"), ("0x", "\"0x\"", "0x"), ("-0x1F", "-31", "-31"),
        ("0xG", "\"0xG\"", "0xG"), ("0b11", "3", "3"), ("0B11", "3", "3"), ("-0b11", "-3", "-3"), ("0b12", "\"0b12\"", "0b12"),
        ("0b", "\"0b\"", "0b"), ("0b-1", "-1", "-1"), ("0b+1", "1", "1"), ("-0b-1", "\"-0b-1\"", "-0b-1"), ("1_000", "1000", "1000"),
        ("1_0.5_0", "float 10.5", "10.5"), ("_1", "\"_1\"", "_1"), ("1__0", "10", "10"), ("0x_1F", "31", "31"), ("0_7", "7", "7"), ("+1", "1", "1"),
        ("-1", "-1", "-1"), ("+-1", "\"+-1\"", "+-1"), ("+", "\"+\"", "+"), ("--1", "\"--1\"", "--1"), ("1.", "1", "1"), (".5", "float 0.5", "0.5"),
        ("-.5", "float -0.5", "-0.5"), ("+.5", "float 0.5", "0.5"), (".", "\".\"", "."), ("..", "\"..\"", ".."), (".5_0", "float 0.5", "0.5"),
        ("1e3", "1000", "1000"), ("1E3", "1000", "1000"), ("1e+3", "1000", "1000"), ("1e-3", "float 0.001", "0.001"), ("1.5e3", "1500", "1500"),
        (".5e1", "5", "5"), ("1e", "\"1e\"", "1e"), ("1e400", "\"1e400\"", "1e400"), ("-1e400", "\"-1e400\"", "-1e400"),
        ("1e20", "float 1e+20", "1e+20"), ("1e21", "float 1e+21", "1e+21"), ("123456789012345678", "123456789012345678", "123456789012345678"),
        ("1.0", "1", "1"), ("1.10", "float 1.1", "1.1"), ("-0", "0", "0"), ("-0.0", "0", "-0"), ("0.1", "float 0.1", "0.1"),
        ("9223372036854775807", "9223372036854775807", "9223372036854775807"), ("9223372036854775808", "float 9.223372036854776e+18", "error"),
        ("-9223372036854775808", "-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "float -9.223372036854776e+18", "-9.223372e+18"), ("18446744073709551615", "float 1.8446744073709552e+19", "error"),
        ("18446744073709551616", "float 1.8446744073709552e+19", "1.8446744e+19"), ("1152921504606846976.0", "1152921504606847000", "1.1529215e+18"),
        ("1:30", "\"1:30\"", "1:30"), ("190:20:30", "\"190:20:30\"", "190:20:30"), ("2001-01-01", "\"2001-01-01\"", "2001-01-01"),
        ("2001-1-1", "\"2001-1-1\"", "2001-1-1"), ("2001-12-14T21:59:43Z", "\"2001-12-14T21:59:43Z\"", "2001-12-14T21:59:43Z"),
        ("2001-01-01 10:00:00", "\"2001-01-01 10:00:00\"", "2001-01-01 10:00:00"), (".inf", "error", ".inf"), (".Inf", "error", ".inf"),
        (".INF", "error", ".inf"), ("+.inf", "error", ".inf"), ("-.inf", "error", "-.inf"), (".nan", "error", ".nan"), (".NaN", "error", ".nan"),
        (".NAN", "error", ".nan"), (".iNF", "\".iNF\"", ".iNF"), ("inf", "\"inf\"", "inf"), ("nan", "\"nan\"", "nan"),
        ("Infinity", "\"Infinity\"", "Infinity"), ("<<", "\"<<\"", "error"), ("=", "\"=\"", "="), ("1,000", "\"1,000\"", "1,000"),
        ("1 000", "\"1 000\"", "1 000"), ("0x1p4", "\"0x1p4\"", "0x1p4"), ("1e3_0", "float 1e+30", "1e+30"), ("1.2.3", "\"1.2.3\"", "1.2.3"),
        ("v1", "\"v1\"", "v1"), ("text", "\"text\"", "text"), ("100m", "\"100m\"", "100m"), ("1Gi", "\"1Gi\"", "1Gi"), ("10%", "\"10%\"", "10%"),
        ("0b1.0", "\"0b1.0\"", "0b1.0"), ("08.5", "float 8.5", "8.5"), ("0o7.5", "\"0o7.5\"", "0o7.5"), ("1d", "\"1d\"", "1d"),
        ("1f", "\"1f\"", "1f"), ("0777", "511", "511"), ("0o777", "511", "511"), ("!!str 5", "\"5\"", "5"), ("!!str yes", "\"yes\"", "yes"),
        ("!!int 5", "5", "5"), ("!!int \"5\"", "5", "5"), ("!!int 5.0", "error", "error"), ("!!int x", "error", "error"), ("!!float 5", "5", "5"),
        ("!!float x", "error", "error"), ("!!float .5", "float 0.5", "0.5"), ("!!bool yes", "true", "true"), ("!!bool 1", "error", "error"),
        ("!!bool \"true\"", "true", "true"), ("!!null ~", "<nil>", "error"), ("!!null \"\"", "<nil>", "error"), ("!!null x", "error", "error"),
        ("!!binary aGk=", "\"hi\"", "hi"), ("!!binary aGk", "error", "error"), ("!!binary a", "error", "error"),
        ("!!binary \"aGk=\"", "\"hi\"", "hi"), ("!x 5", "\"5\"", "5"), ("! 5", "\"5\"", "5"), ("! \"yes\"", "\"yes\"", "yes"),
        ("!!timestamp 2001-01-01", "\"2001-01-01\"", "2001-01-01"), ("!!str", "\"\"", ""), ("!!null", "<nil>", "error"),
        ("!!binary /w==", "\"�\"", "�"), ("\"yes\"", "\"yes\"", "yes"), ("'5'", "\"5\"", "5"), ("\"\"", "\"\"", ""), ("!!seq x", "\"x\"", "x"),
];

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("float {value:e}"),
        Value::Str(text) => format!("\"{text}\""),
        Value::Invalid => "error".to_owned(),
    }
}

/// Go writes exponents otherwise than Rust.
fn normal(expected: &str) -> String {
    expected
        .strip_prefix("float ")
        .and_then(|number| number.parse::<f64>().ok())
        .map_or_else(|| expected.to_owned(), |value| format!("float {value:e}"))
}

#[test]
fn values_are_what_go_says() {
    for &(written, value, _) in RECORDED {
        for slowly in [false, true] {
            let text: Arc<str> = format!("a: {written}\n").into();
            let parse = if slowly { yaml::parse_slowly } else { yaml::parse };
            let parsed = parse(text, "a.yaml", &Limits::default());
            let ours = parsed.documents.first().map_or_else(
                || "error".to_owned(),
                |document| {
                    let (_, value) = parsed.tree.get(document.root, "a").expect("a key");
                    shown(&resolve(&parsed.tree, value))
                },
            );
            assert_eq!(ours, normal(value), "{written}");
            assert_eq!(parsed.gaps.is_empty(), value != "error", "{written}");
        }
    }
}

#[test]
fn keys_are_what_go_says() {
    for &(written, _, key) in RECORDED {
        let parsed = yaml::parse(format!("{written} : x\n").into(), "a.yaml", &Limits::default());
        let ours = parsed.documents.first().map(|document| {
            let (name, _) = parsed.tree.entries(document.root).next().expect("an entry");
            key_text(&parsed.tree, name).into_owned()
        });
        assert_eq!(ours.as_deref().unwrap_or("error"), key, "{written}");
    }
}

#[test]
fn quoted_and_block_scalars_are_text() {
    let parsed = yaml::parse("a: 'yes'\nb: \"1\"\nc: |-\n  true\nd: >-\n  ~\n".into(), "a.yaml", &Limits::default());
    let root = parsed.documents[0].root;
    for (key, text) in [("a", "yes"), ("b", "1"), ("c", "true"), ("d", "~")] {
        let (_, value) = parsed.tree.get(root, key).expect("a key");
        assert_eq!(resolve(&parsed.tree, value), Value::Str(text.into()));
    }
}
