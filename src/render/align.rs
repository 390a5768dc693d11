//! Which line of a template gave which line of what was rendered.
//!
//! Lines that the template has word for word, or that fit a line of it with actions in it, are paired in order, so that as much as
//! can be is paired. What is left was written by an action that gives many lines, or by a later turn of a loop.

use std::ops::Range;

/// The most pairs of lines that are weighed: beyond it only the file is known.
const MOST: usize = 16 << 20;

/// A line of a template, as far as it tells anything.
#[derive(Debug, PartialEq, Eq)]
enum Line<'t> {
    /// It stands in the result as it is.
    Text(&'t str),
    /// Pieces of text, with actions between them.
    Mixed(Vec<&'t str>),
    /// An action alone, which may give many lines.
    Writes,
    /// Nothing comes of it: blank, a comment, or an action that only steers.
    Silent,
}

/// How a line was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Word for word.
    Text(usize),
    /// With actions in it.
    Mixed(usize),
    /// By its surroundings: what stands here wrote it.
    Near(usize),
}

/// For each line of the result, trimmed or not, where in the template it comes from; lines count from 0.
pub(super) fn lines(made: &[&str], template: &[&str]) -> Vec<Option<Found>> {
    let read: Vec<_> = read_all(template);
    let wanted: Vec<_> = made.iter().map(|line| line.trim()).collect();
    if wanted.len().saturating_mul(read.len()) > MOST {
        return vec![None; made.len()];
    }
    let mut pairs = pair(&wanted, &read);
    // a later turn of a loop: the line of the template that fits and stands nearest to the last one known
    let mut last = 0;
    for (line, pair) in wanted.iter().zip(&mut pairs) {
        if let Some(known) = pair {
            last = *known;
        } else if !line.is_empty() && !line.starts_with('#') {
            let fitting = (0..read.len()).filter(|at| weight(line, &read[*at]) > 0);
            *pair = fitting.min_by_key(|at| at.abs_diff(last));
            last = pair.unwrap_or(last);
        }
    }
    let mut found = Vec::with_capacity(made.len());
    let mut last = None;
    for (line, pair) in wanted.iter().zip(pairs) {
        last = pair.or(last);
        found.push(match pair {
            Some(at) if matches!(read[at], Line::Text(_)) => Some(Found::Text(at)),
            Some(at) => Some(Found::Mixed(at)),
            None if line.is_empty() => None,
            // whatever writes lines of its own, next behind what is known
            None => {
                let from = last.map_or(0, |last| last + 1);
                let writer = (from..read.len()).take_while(|at| !matches!(read[*at], Line::Text(_))).find(|at| read[*at] == Line::Writes);
                writer.or(last).map(Found::Near)
            }
        });
    }
    found
}

/// Pairs lines in order, so that the sum of their weights is the greatest.
fn pair(made: &[&str], template: &[Line<'_>]) -> Vec<Option<usize>> {
    let width = template.len() + 1;
    let mut best = vec![0_u32; (made.len() + 1) * width];
    for (row, line) in made.iter().enumerate().rev() {
        for (column, written) in template.iter().enumerate().rev() {
            let skip = best[(row + 1) * width + column].max(best[row * width + column + 1]);
            let weight = weight(line, written);
            let take = if weight == 0 { 0 } else { weight + best[(row + 1) * width + column + 1] };
            best[row * width + column] = skip.max(take);
        }
    }
    let mut pairs = vec![None; made.len()];
    let (mut row, mut column) = (0, 0);
    while row < made.len() && column < template.len() {
        let here = best[row * width + column];
        let weight = weight(made[row], &template[column]);
        if weight > 0 && here == weight + best[(row + 1) * width + column + 1] {
            pairs[row] = Some(column);
            (row, column) = (row + 1, column + 1);
        } else if here == best[(row + 1) * width + column] {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// How much speaks for a pair; nothing when the line cannot come from there.
fn weight(made: &str, template: &Line<'_>) -> u32 {
    match template {
        _ if made.is_empty() => 0,
        Line::Text(text) if *text == made => 4,
        Line::Mixed(pieces) if fits(made, pieces) => 3,
        _ => 0,
    }
}

/// Whether a line has all pieces, in order, the first at its start and the last at its end.
fn fits(made: &str, pieces: &[&str]) -> bool {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
    let Some(mut rest) = made.strip_prefix(first.trim_end()) else { return false };
    for piece in &pieces[1..pieces.len() - 1] {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.trim_end().ends_with(last.trim_end())
}

fn read_all<'t>(template: &[&'t str]) -> Vec<Line<'t>> {
    let mut inside = false;
    template
        .iter()
        .map(|line| {
            // an action over several lines is taken as one that steers
            let (open, close) = (line.rfind("{{"), line.rfind("}}"));
            let was_inside = inside;
            inside = open.map_or(inside && close.is_none(), |open| close.is_none_or(|close| close < open));
            if was_inside || inside { Line::Silent } else { read(line.trim()) }
        })
        .collect()
}

fn read(line: &str) -> Line<'_> {
    if line.is_empty() || line == "---" {
        return Line::Silent;
    }
    let mut pieces = Vec::new();
    let mut actions = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find("{{") {
        let Some(close) = rest[open..].find("}}") else { break };
        pieces.push(&rest[..open]);
        actions.push(rest[open + 2..open + close].trim_matches(['-', ' ', '\t']));
        rest = &rest[open + close + 2..];
    }
    pieces.push(rest);
    if actions.is_empty() {
        return Line::Text(line);
    }
    if pieces.iter().all(|piece| piece.trim().is_empty()) {
        return if actions.iter().any(|action| writes(action)) { Line::Writes } else { Line::Silent };
    }
    Line::Mixed(pieces)
}

/// Whether an action gives text.
fn writes(action: &str) -> bool {
    const STEERS: [&str; 9] = ["if", "else", "end", "range", "with", "define", "block", "break", "continue"];
    let word = action.split([' ', '\t', '(']).next().unwrap_or_default();
    let sets = word.starts_with('$') && action.contains('=');
    !(STEERS.contains(&word) || sets || action.starts_with("/*"))
}

/// The byte ranges of the lines of a part of a text, without their ends.
pub(super) fn ranges(text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut start = part.start;
    let mut ranges = Vec::new();
    for end in memchr::memchr_iter(b'\n', &text.as_bytes()[part.clone()]).map(|at| part.start + at).chain([part.end]) {
        if start <= end {
            ranges.push(start..end.max(start));
        }
        start = end + 1;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(made: &str, template: &str) -> Vec<Option<Found>> {
        lines(&made.lines().collect::<Vec<_>>(), &template.lines().collect::<Vec<_>>())
    }

    #[test]
    fn words_actions_and_what_they_write() {
        let template = "{{- if .Values.on }}\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n  labels:\n    {{- include \"labels\" . | nindent 4 }}\nspec: {}\n{{- end }}\n";
        let made = "kind: Pod\nmetadata:\n  name: shop-web\n  labels:\n    app: web\n    tier: front\nspec: {}\n";
        use Found::*;
        assert_eq!(
            found(made, template),
            [Some(Text(1)), Some(Text(2)), Some(Mixed(3)), Some(Text(4)), Some(Near(5)), Some(Near(5)), Some(Text(6))]
        );
    }

    #[test]
    fn a_loop_gives_its_lines_again() {
        let template = "ports:\n{{- range .Values.ports }}\n- port: {{ . }}\n  protocol: TCP\n{{- end }}\n";
        let made = "ports:\n- port: 1\n  protocol: TCP\n- port: 2\n  protocol: TCP\n";
        use Found::*;
        assert_eq!(found(made, template), [Some(Text(0)), Some(Mixed(2)), Some(Text(3)), Some(Mixed(2)), Some(Text(3))]);
    }

    #[test]
    fn an_action_over_several_lines_is_no_text() {
        let template = "a: 1\n{{- include \"x\"\n  (dict \"b\" 2) }}\nc: 3\n";
        use Found::*;
        assert_eq!(found("a: 1\nc: 3\n", template), [Some(Text(0)), Some(Text(3))]);
    }

    #[test]
    fn ranges_of_lines() {
        assert_eq!(ranges("a\nbc\n", 0..5), [0..1, 2..4, 5..5]);
        assert_eq!(ranges("", 0..0).len(), 1);
    }
}
