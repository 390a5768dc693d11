//! Templates that nobody rendered: `{{` where YAML means something else by it (`decisions.md` 10).

use memchr::memmem;

use super::fault::Fault;

/// What every such gap begins with.
pub(super) const UNRENDERED: &str = "unrendered template";

/// The fault of a template at a byte offset.
pub(super) fn fault(at: usize) -> Fault {
    Fault::broken(at, format!("{UNRENDERED}: `{{{{` is not YAML; scan what Helm, or whatever renders it, puts out"))
}

/// Where `{{` first stands outside quotes, block scalars and comments in a text that does not parse, line by line.
pub(super) fn find(text: &str) -> Option<usize> {
    memmem::find(text.as_bytes(), b"{{")?;
    let mut offset = 0;
    // the indentation of the line that opened a block scalar
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        let indent = body.len() - body.trim_start_matches(' ').len();
        if block.is_some_and(|opener| indent > opener || body.is_empty()) {
            offset += line.len();
            continue;
        }
        block = None;
        if let Some(at) = outside(body) {
            return Some(offset + at);
        }
        if opens_block(body) {
            block = Some(indent);
        }
        offset += line.len();
    }
    None
}

/// Where `{{` stands in a line outside quotes and comments.
fn outside(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut quote = None;
    let mut before = b' ';
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match quote {
            Some(b'"') if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if byte == b'{' && bytes.get(at + 1) == Some(&b'{') => return Some(at),
            None if byte == b'#' && before.is_ascii_whitespace() => return None,
            // a quote opens a scalar only where one can start
            None if matches!(byte, b'"' | b'\'') && (before.is_ascii_whitespace() || b"[{,:-".contains(&before)) => quote = Some(byte),
            None => {}
        }
        before = byte;
        at += 1;
    }
    None
}

fn opens_block(line: &str) -> bool {
    let header = line.split(" #").next().unwrap_or(line).trim_end();
    let indicator = header.trim_end_matches(|char: char| matches!(char, '+' | '-' | '1'..='9'));
    header.len() - indicator.len() <= 2 && (indicator.ends_with(" |") || indicator.ends_with(" >") || matches!(indicator, "|" | ">"))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn only_where_it_is_no_text() {
        for (text, at) in [
            ("a: {{ .Values.a }}", Some(3)),
            ("{{- if .Values.a }}\na: b\n{{- end }}", Some(0)),
            ("a: \"{{ x }}\"", None),
            ("a: '{{ x }}'", None),
            ("a: b # {{ x }}", None),
            ("# {{ x }}", None),
            ("a: |\n  {{ x }}\n\n  {{ y }}\nb: c", None),
            ("a: >-\n  {{ x }}\nb: {{ c }}", Some(19)),
            ("- |2+ # x\n  {{ x }}", None),
            ("a: \"x\\\"{{ y }}\" {{", Some(16)),
            ("a: it's {{ x }}", Some(8)),
            ("a: b", None),
        ] {
            assert_eq!(find(text), at, "{text}");
        }
    }
}
