//! The Common Expression Language, as far as policies ask about pods with it. What is not understood is said to be so.

mod eval;
mod parse;

pub(super) use eval::{Scope, Stop, evaluate};
pub(super) use parse::{Expr, parse};

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Scope, Stop, evaluate, parse};

    fn ask(text: &str) -> Result<Value, Stop> {
        let object = json!({"metadata": {"name": "web"}, "spec": {
            "hostPID": true,
            "containers": [{"name": "a", "securityContext": {"privileged": true}}, {"name": "b", "ports": [{"hostPort": 80}]}],
        }});
        let variables =
            [("all".to_owned(), parse("object.spec.containers + object.spec.?initContainers.orValue([])").expect("an expression"))];
        let roots = [("object", &object), ("request", &json!({"operation": "CREATE"}))];
        let expression = parse(text).ok_or(Stop::Unknown)?;
        evaluate(&expression, &Scope::new(&roots, &variables))
    }

    #[test]
    fn expressions_say_what_cel_does() {
        for (text, said) in [
            ("1 + 2 * 3 == 7 && !false", json!(true)),
            ("'a' in ['a', \"b\"] ? 'yes' : 'no'", json!("yes")),
            ("has(object.spec.hostPID) && object.spec.hostPID", json!(true)),
            ("!has(object.spec.hostIPC) || object.spec.hostIPC == false", json!(true)),
            (
                "object.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || c.securityContext.privileged == false)",
                json!(false),
            ),
            ("object.spec.containers.exists(c, c.name == 'b')", json!(true)),
            ("object.spec.containers.filter(c, has(c.ports)).map(c, c.name)", json!(["b"])),
            ("size(variables.all) == 2 && variables.all.size() > 1", json!(true)),
            ("variables.all.all(c, c.?securityContext.?privileged.orValue(false) == false)", json!(false)),
            ("object.spec.?volumes.orValue([]).all(v, !has(v.hostPath))", json!(true)),
            ("object.metadata.name.startsWith('w') && 'web'.endsWith(\"b\")", json!(true)),
            ("request.operation != 'DELETE'", json!(true)),
            ("object.spec.containers.all(c, c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))", json!(false)),
            ("dyn(object.spec.containers)[0].name", json!("a")),
            ("{'a': 1}.a", json!(1)),
            ("false && object.no.such == 1", json!(false)),
            ("object.no.such == 1 || true", json!(true)),
        ] {
            assert_eq!(ask(text), Ok(said), "{text}");
        }
    }

    #[test]
    fn errors_and_what_is_not_understood_differ() {
        assert_eq!(ask("object.spec.volumes.all(v, true)"), Err(Stop::Error));
        assert_eq!(ask("object.spec.volumes[0]"), Err(Stop::Error));
        for strange in [
            "params.x == 1",
            "authorizer.check()",
            "object.metadata.name.matches('w.*')",
            "a b",
            "",
            "has(object)",
            "'",
            "((((",
            "x.y.z(1",
            "images.containers.map(i, verify(i)).all(e, e > 0)",
        ] {
            assert_eq!(ask(strange), Err(Stop::Unknown), "{strange}");
        }
        assert_eq!(ask(&"(".repeat(100_000)), Err(Stop::Unknown));
        assert_eq!(ask(&"!".repeat(100_000)), Err(Stop::Unknown));
        assert_eq!(ask(&format!("[1]{}", ".map(x, [x])".repeat(100_000))), Err(Stop::Unknown));
    }
}
