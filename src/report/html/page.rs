//! The frame of the page: its policy, contents, landmarks and headings.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::terms::{moment, plain, sentence};
use crate::assess::Assessment;
use crate::policy::catalog::ID;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A part of the page below one heading.
pub(super) struct Part {
    /// Its anchor.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// Behind the title in the contents.
    pub(super) count: Option<usize>,
    pub(super) body: Markup,
}

impl Part {
    pub(super) fn new(id: &'static str, title: &'static str, body: Markup) -> Self {
        Part { id, title, count: None, body }
    }

    pub(super) fn counted(self, count: usize) -> Self {
        Part { count: Some(count), ..self }
    }
}

/// Up to the first part. Only this style and this script may run, and nothing may be fetched.
pub(super) fn head(assessment: &Assessment, parts: &[Part]) -> Markup {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        fingerprint(STYLE),
        fingerprint(SCRIPT)
    );
    html! {
        (DOCTYPE)
        // what closes main and body stands in the foot
        (PreEscaped("<html lang=\"en\">\n"))
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            title { "Security controls report: " (plain(profile(assessment))) }
            style { (PreEscaped(STYLE)) }
        }
        (PreEscaped("\n<body>\n"))
        a.skip href="#summary" { "Skip to the report" }
        header.top {
            div {
                p.brand { (plain(&assessment.tool.name)) }
                h1 { "Security controls report" }
                p { @if of_catalog(assessment) { (catalog(assessment)) ": " } (sentence(profile(assessment))) }
                p.dim { (moment(&assessment.run.started)) }
            }
        }
        (PreEscaped("<div class=\"frame\">\n"))
        nav.contents aria-label="Contents" {
            ol {
                @for part in parts {
                    li { a href={ "#" (part.id) } { (part.title) @if let Some(count) = part.count { " " span.n { (count) } } } }
                }
            }
        }
        (PreEscaped("\n<main>\n"))
    }
}

/// Whether any control is one of the catalog; a profile may have requirements of its own instead.
pub(super) fn of_catalog(assessment: &Assessment) -> bool {
    assessment.controls.iter().any(|control| control.framework == ID)
}

/// The catalog for a person.
pub(super) fn catalog(assessment: &Assessment) -> Markup {
    let catalog = &assessment.catalog;
    html! { (plain(if catalog.title.is_empty() { &catalog.id } else { &catalog.title })) " " (plain(&catalog.version)) }
}

/// The profile as its title says, else its name.
fn profile(assessment: &Assessment) -> &str {
    let profile = &assessment.profile;
    if profile.title.is_empty() { &profile.name } else { &profile.title }
}

pub(super) fn section(part: &Part) -> Markup {
    html! {
        section #(part.id) aria-labelledby={ "h-" (part.id) } {
            h2 id={ "h-" (part.id) } { (part.title) }
            (part.body)
        }
        "\n"
    }
}

/// From the last part on.
pub(super) fn foot(assessment: &Assessment) -> Markup {
    html! {
        (PreEscaped("</main>\n</div>\n"))
        footer.end {
            p {
                "Made by " (plain(&assessment.tool.name)) " " (plain(&assessment.tool.version)) " from the result "
                code { (plain(&assessment.run.id)) } ". This page is one file: it loads nothing and sends nothing."
            }
        }
        script { (PreEscaped(SCRIPT)) }
        (PreEscaped("\n</body>\n</html>\n"))
    }
}

/// As a Content Security Policy names a text.
fn fingerprint(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text)))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let part = |seat: usize| u32::from(chunk.get(seat).copied().unwrap_or(0));
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for seat in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * seat) & 63) as usize];
            text.push(if seat > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let rows =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (text, expected) in rows {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn style_and_script_cannot_end_early() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        // browsers hash with line ends of their own kind
        assert!(!STYLE.contains('\r') && !SCRIPT.contains('\r'));
    }
}
