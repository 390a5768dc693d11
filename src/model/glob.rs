//! Names with stars, as owners and policy engines list them.

/// Whether a text is as a pattern has it, whose `*` stand for any characters.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_match() {
        assert!(glob("a*c*", "abcd") && glob("*", "") && glob("x", "x") && glob("*-ops", "eu-ops"));
        assert!(!glob("a*c", "abcd") && !glob("x", "xy") && !glob("", "x"));
    }
}
