//! Names with stars, as owners and policy engines list them.

/// Whether a text is as a pattern has it, whose `*` stand for any characters.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').map_or((None, rest), |(middle, end)| (Some(middle), end));
    // each part where it first occurs leaves the most to those that follow
    for part in middle.into_iter().flat_map(|middle| middle.split('*')) {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_match() {
        assert!(glob("a*c*", "abcd") && glob("*", "") && glob("x", "x") && glob("*-ops", "eu-ops"));
        assert!(glob("*a*b*c", "xaxbxc") && glob("**", "x") && glob("é*é", "ééé") && glob("a*", "a"));
        assert!(!glob("a*a", "a") && !glob("*a*b", "ba") && !glob("*ab*ab", "xab"));
        assert!(!glob(&"*a".repeat(40).replace("**", "*"), &"a".repeat(39)));
        assert!(!glob("a*c", "abcd") && !glob("x", "xy") && !glob("", "x"));
    }
}
