//! Every finding with its place and code, by check, and the bar that filters them.

use maud::{Markup, html};

use super::code;
use super::index::{self, Group, Index, State};
use super::page::Part;
use super::terms::{LONGEST, count, namespace, object, plain, prose, rule, sentence, severity};
use crate::assess::{Baseline, Finding, Severity};
use crate::report::text::{self, Origin};

/// The longest value shown, in columns.
const VALUE: usize = 160;
/// Up to so many findings all are shown unfolded.
const UNFOLDED: usize = 40;

pub(super) fn part(index: &Index<'_>) -> Option<Part> {
    let body = html! {
        @if index.total == 0 {
            p { "There is none." }
        } @else {
            (bar(index))
            p.count { output #count { (count(index.total as u64, "finding")) } }
            div #list {
                @for (number, group) in index.groups.iter().enumerate() { (one(index, number, group)) }
            }
        }
    };
    Some(Part::new("findings", "Findings", body).counted(index.total))
}

/// The filter; the script unveils it. Values are numbers, as names from the input must not mean anything.
fn bar(index: &Index<'_>) -> Markup {
    let states = State::ALL.into_iter().filter(|state| index.groups.iter().any(|group| group.state == *state));
    html! {
        search #filter.bar hidden aria-label="Filter the findings" {
            label.wide { "Search " input #q type="search" autocomplete="off" spellcheck="false" placeholder="any word of a finding"; }
            label { "State " select #state { option value="" { "all" } @for state in states { option value=(state as u8) data-name=(state.slug()) { (state.words()) } } } }
            label { "Severity " select #severity {
                option value="" { "all" }
                @for (seat, severity) in Severity::ALL.iter().enumerate() {
                    option value=(seat) data-name=(severity.as_str()) { (severity.as_str()) @if seat > 0 { " or worse" } }
                }
            } }
            label { "Namespace " select #namespace {
                option value="" { "all" }
                @for (seat, name) in index.namespaces.keys().enumerate() { option value=(seat) data-name=(plain(name)) { (namespace(name)) } }
            } }
            label { "Control " select #control {
                option value="" { "all" }
                @for (id, (seat, control)) in &index.cited {
                    option value=(seat) data-name=(plain(id)) { (plain(id)) @if let Some(control) = control { " " (plain(&control.title)) } }
                }
            } }
            label { "Arrange by " select #arrange { option value="" data-name="check" { "kind of fault" } option value="1" data-name="namespace" { "namespace" } } }
            div.buttons {
                button #clear type="button" { "Clear" }
                button #open type="button" { "Unfold all" }
                button #close type="button" { "Fold all" }
            }
        }
    }
}

fn one(index: &Index<'_>, number: usize, group: &Group<'_>) -> Markup {
    let cited = group.findings[0].controls.iter().filter_map(|id| index.cited.get(&**id)).map(|(seat, _)| seat.to_string());
    let cited: Vec<_> = cited.collect();
    let unfolded = index.total <= UNFOLDED && matches!(group.state, State::Failed | State::Known | State::Review);
    let fix = group.info.map_or(&*group.findings[0].fix, |info| &*info.fix);
    html! {
        details.group id={ "g" (number) } open[unfolded] data-state=(group.state as u8) data-controls=(cited.join(" ")) {
            summary {
                span.labels { (state(group.state)) " " (severity(group.severity)) } " "
                h3 { (sentence(group.title())) } " "
                span.n { (count(group.findings.len() as u64, "place")) }
            }
            div.about { (about(index, group, fix)) }
            ul.found { @for finding in &group.findings { (item(index, group, finding, fix)) } }
        }
        "\n"
    }
}

fn state(of: State) -> Markup {
    html! { span class={ "label is-" (of.slug()) } { (of.words()) } }
}

fn about(index: &Index<'_>, group: &Group<'_>, fix: &str) -> Markup {
    let controls = &group.findings[0].controls;
    html! {
        @if let Some(info) = group.info { @if !info.why.is_empty() { p { strong { "Why it matters. " } (prose(&info.why)) } } }
        @if !fix.is_empty() { p { strong { "How to fix. " } (prose(fix)) } }
        @if let Some(info) = group.info { (rule(info)) }
        p.dim {
            "Check " code { (plain(group.check)) }
            @if !controls.is_empty() {
                " · Controls "
                @for (seat, id) in controls.iter().enumerate() {
                    @if seat > 0 { ", " }
                    @match index.control(id) { Some(number) => a.id href={ "#k" (number) } { (plain(id)) }, None => (plain(id)) }
                }
            }
            @if let Some(info) = group.info {
                @for (seat, link) in info.refs.iter().enumerate() { (if seat == 0 { " · Read more: " } else { ", " }) (source(link)) }
            }
        }
    }
}

/// A link only where the address is one, of plain letters.
fn source(address: &str) -> Markup {
    let rest = address.strip_prefix("https://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let plain_letters = address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&()*+,;=%".contains(&byte));
    let end = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    html! {
        @if host.is_empty() || !plain_letters || address.len() > LONGEST { (plain(address)) }
        @else { a href=(address) rel="noreferrer noopener" { (host) @if !end.is_empty() { " " (end) } } }
    }
}

fn item(index: &Index<'_>, group: &Group<'_>, finding: &Finding, fix: &str) -> Markup {
    let subject = &finding.subject;
    let key = index::object(subject);
    let message = if finding.message.is_empty() { &finding.title } else { &finding.message };
    let level = Severity::ALL.iter().position(|severity| *severity == finding.severity).unwrap_or_default();
    html! {
        li data-s=(level) data-n=(index.namespaces[key.0].seat) data-o=(index.objects[&key].seat) {
            p.on {
                strong { (object(&subject.kind, &subject.name)) }
                " " span.dim { (whereabouts(finding)) } " "
                // what the head says already is shown where the script puts entries below another
                span.own { (state(group.state)) " " @if finding.severity == group.severity { (severity(finding.severity)) } }
                @if finding.severity != group.severity { (severity(finding.severity)) }
                @if finding.baseline == Some(Baseline::New) { " " span.label.new { "new" } }
                @if let Some(was) = &finding.was { " " span.dim { "(" (plain(was)) " in the baseline)" } }
            }
            p { (sentence(message)) }
            (seen(finding))
            (code::place(finding))
            @if !finding.fix.is_empty() && *finding.fix != *fix { p { strong { "How to fix. " } (prose(&finding.fix)) } }
            @if let Some(excuse) = &finding.excused { p.dim { "Excused by " (plain(&excuse.by)) ": " (prose(&excuse.reason)) } }
        }
    }
}

/// What was seen, unless it is marked in the code below, and what should be there.
fn seen(finding: &Finding) -> Markup {
    let observed = &*finding.observed;
    let told = observed.is_empty() || code::shows(finding);
    html! {
        @if !told || !finding.expected.is_empty() {
            p.seen {
                @if observed == "absent" { "Found: nothing. " } @else if !told { "Found: " code { (text::clean(observed, VALUE)) } ". " }
                @if !finding.expected.is_empty() { "Expected: " (prose(&finding.expected)) "." }
            }
        }
    }
}

/// `in namespace shop, container app`
fn whereabouts(finding: &Finding) -> String {
    let subject = &finding.subject;
    let mut text = match subject.namespace.as_str() {
        _ if subject.kind == "Namespace" => String::new(),
        "" | "(unset)" => namespace(&subject.namespace).into_owned(),
        name => format!("in namespace {}", plain(name)),
    };
    if !subject.container.is_empty() {
        text += &format!(", container {}", plain(&subject.container));
    }
    if matches!(Origin::of(finding), Origin::Cluster) {
        text += ", in the cluster";
    }
    text
}
