//! Whether traffic gets from one workload to another, with the rules that decide it.

use std::fmt::Write as _;

use serde::Serialize;

use super::place::{Place, place};
use crate::discover::few;
use crate::model::cni::{self, Enforcement};
use crate::model::isolation::{Effect, named};
use crate::model::mesh::Membership;
use crate::model::mesh::authorization::{self, Admittance};
use crate::model::network::Direction;
use crate::model::network::side::{self, Say, Side, What};
use crate::model::reach::{self, Ports};
use crate::model::{Namespace, Object, Pod, Scan, kinds};

/// The question.
#[derive(Debug, Clone)]
pub struct Question {
    /// From which workload: `NAMESPACE/NAME`.
    pub from: String,
    /// To which.
    pub to: String,
    /// On which port: `443`, `http`, `53/udp`; all of them when `None`.
    pub port: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// From which workload.
    pub from: Workload,
    /// To which.
    pub to: Workload,
    /// Of which protocol.
    pub protocol: String,
    /// The ports that were asked about.
    pub asked: String,
    /// Whether traffic gets there.
    pub verdict: Verdict,
    /// On which of them.
    pub open: String,
    /// What is said of traffic that leaves the source.
    pub egress: Half,
    /// What is said of traffic that enters the target.
    pub ingress: Half,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// What a mesh makes of whoever comes, which the verdict leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesh: Option<String>,
}

/// A workload as found.
#[derive(Debug, Serialize)]
pub struct Workload {
    /// As in `kind:`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
}

/// Whether traffic gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It does.
    Possible,
    /// It does on some of the ports.
    Partly,
    /// It does not.
    Impossible,
    /// What decides it does not show.
    Unclear,
}

/// What is said on one side.
#[derive(Debug, Serialize)]
pub struct Half {
    /// Whether any policy selects the workload for it.
    pub isolated: bool,
    /// On which ports it lets traffic through.
    pub open: String,
    /// Whether all that decides it was seen and understood.
    pub sure: bool,
    /// The rules that have a say, in the order in which they are asked.
    pub rules: Vec<Spoken>,
}

/// A rule and what it says.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Spoken {
    /// The policy: `NetworkPolicy shop/web`.
    pub policy: String,
    /// `allows`, `denies`, `isolates`, …
    pub says: &'static str,
    /// On which ports.
    pub ports: String,
    /// Whether it surely is about the two.
    pub sure: bool,
    /// Where it stands.
    pub place: Place,
}

/// Answers it; or says why it cannot be asked.
///
/// # Errors
/// A workload or port that there is not.
pub fn answer(question: &Question, scan: &Scan<'_>) -> Result<Answer, String> {
    let (from, to) = (find(&question.from, scan)?, find(&question.to, scan)?);
    if from.object().world != to.object().world {
        return Err(format!(
            "{} and {} stand in different Git repositories, so that nothing is known of them together",
            question.from, question.to
        ));
    }
    let (asked, protocol) = ports(question.port.as_deref(), &to)?;
    let place_of = |pod: &Pod<'_>| scan.namespace(pod.object().world, pod.namespace()).ok_or("its namespace is not known");
    let (there, here) = (place_of(&to)?, place_of(&from)?);
    let out = half(Direction::Egress, (&here, &from), (&there, &to), &to, &protocol);
    let into = half(Direction::Ingress, (&there, &to), (&here, &from), &to, &protocol);
    let open = reach::common(&reach::common(&out.open, &into.open), &asked);
    let left = reach::without(&asked, &open);
    let sure = out.sure && into.sure;
    // whatever its policies say
    let is_itself = from.object().id == to.object().id && from.object().is(kinds::POD);
    let verdict = match (open.is_empty(), left.is_empty()) {
        _ if is_itself => Verdict::Possible,
        // what one side surely denies the other cannot open
        (true, _) if sure || denied(&out, &asked) || denied(&into, &asked) => Verdict::Impossible,
        _ if !sure => Verdict::Unclear,
        (_, true) => Verdict::Possible,
        _ => Verdict::Partly,
    };
    Ok(Answer {
        from: workload(&from, scan),
        to: workload(&to, scan),
        protocol,
        asked: shown(&asked),
        verdict,
        open: shown(if is_itself { &asked } else { &open }),
        egress: told(out, &asked, scan),
        ingress: told(into, &asked, scan),
        notes: notes(&from, &to, (&here, &there), scan),
        mesh: of_mesh(&to, &there),
    })
}

fn denied(side: &Side<'_>, asked: &Ports) -> bool {
    side.sure && reach::common(&side.open, asked).is_empty()
}

/// No policy is about a pod on the network of its node; nor can one name it by its labels.
fn half<'a>(
    direction: Direction,
    own: (&Namespace<'a>, &Pod<'a>),
    other: (&Namespace<'a>, &Pod<'a>),
    target: &Pod<'a>,
    protocol: &str,
) -> Side<'a> {
    if own.1.on_host_network() {
        return Side::free();
    }
    let mut half = side::side(direction, own, other, target, Some(protocol));
    half.sure &= !other.1.on_host_network() || !half.isolated;
    half
}

/// The pods of `NAMESPACE/NAME`: a workload's, or one that runs.
fn find<'a>(wanted: &str, scan: &'a Scan<'a>) -> Result<Pod<'a>, String> {
    let evidence = scan.evidence;
    let (space, name) = wanted.rsplit_once('/').unwrap_or((evidence.assumed_namespace(), wanted));
    let is = |object: &&Object<'_>| object.name == name && object.namespace.unwrap_or(evidence.assumed_namespace()) == space;
    let with_pods = || evidence.objects().iter().filter(|object| !evidence.pods_in(object).is_empty());
    let found: Vec<_> = with_pods().filter(is).collect();
    let Some(first) = found.first() else {
        let known: Vec<_> = with_pods().map(|object| format!("{}/{}", object.namespace_or_empty(), object.name)).collect();
        let said = crate::policy::unknown("workload", wanted, known.iter().map(String::as_str));
        let near = said.contains("did you mean") || known.is_empty();
        return Err(if near { said } else { format!("{said}; there are {}", few(&known)) });
    };
    if let Some(other) = found.iter().find(|other| other.kind != first.kind) {
        return Err(format!("`{wanted}` may be the {} or the {} of that name; name one of its pods", first.kind, other.kind));
    }
    evidence.pods_in(first).first().map(|record| Pod { scan, record }).ok_or_else(|| format!("`{wanted}` has no pods"))
}

/// The ports that are asked about, and their protocol.
fn ports(port: Option<&str>, target: &Pod<'_>) -> Result<(Ports, String), String> {
    let Some(port) = port else { return Ok((reach::every_port(), "TCP".to_owned())) };
    let (port, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
    let protocol = protocol.to_uppercase();
    if !matches!(protocol.as_str(), "TCP" | "UDP" | "SCTP") {
        return Err(format!("there is no protocol `{protocol}`; there are TCP, UDP and SCTP"));
    }
    let found = match port.parse::<i64>() {
        Ok(number) if (1..=65_535).contains(&number) => vec![(number, number)],
        Ok(number) => return Err(format!("there is no port {number}: they go from 1 to 65535")),
        Err(_) => reach::named(target, port),
    };
    if found.is_empty() {
        return Err(format!("no container of {} calls a port `{port}`", target.object().name));
    }
    Ok((found, protocol))
}

fn workload(pod: &Pod<'_>, scan: &Scan<'_>) -> Workload {
    let object = pod.object();
    Workload {
        kind: object.kind.to_owned(),
        namespace: pod.namespace().to_owned(),
        name: object.name.to_owned(),
        place: place(object.at("metadata.name"), object, scan),
    }
}

fn told(side: Side<'_>, asked: &Ports, scan: &Scan<'_>) -> Half {
    let of_interest = |say: &&Say<'_>| !reach::common(&say.ports, asked).is_empty();
    let mut rules: Vec<Spoken> = Vec::new();
    for said in side.says.iter().filter(of_interest).map(|say| spoken(say, asked, scan)) {
        // what denies and what allows in one policy of Cilium select the pod both
        if !rules.contains(&said) {
            rules.push(said);
        }
    }
    Half { isolated: side.isolated, open: shown(&reach::common(&side.open, asked)), sure: side.sure, rules }
}

fn spoken(say: &Say<'_>, asked: &Ports, scan: &Scan<'_>) -> Spoken {
    let space = say.object.namespace.map(|space| format!("{space}/")).unwrap_or_default();
    let kind = named(&say.object);
    let kind = kind.strip_suffix(say.object.name).unwrap_or(&kind);
    Spoken {
        policy: format!("{kind}{space}{}", say.object.name),
        says: match say.what {
            What::Isolates => "isolates",
            What::Does(action) => action.verb(),
        },
        ports: shown(&reach::common(&say.ports, asked)),
        sure: say.sure,
        place: place(say.field, &say.object, scan),
    }
}

/// Ports for a person.
fn shown(ports: &Ports) -> String {
    if *ports == reach::every_port() {
        return "every port".to_owned();
    }
    if ports.is_empty() {
        return "none".to_owned();
    }
    let one = |(first, last): &(i64, i64)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    ports.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn notes(from: &Pod<'_>, to: &Pod<'_>, (here, there): (&Namespace<'_>, &Namespace<'_>), scan: &Scan<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for pod in [from, to] {
        if pod.on_host_network() {
            notes.push(format!(
                "{} is on the network of its node: no policy applies to it, policies see it by the node's address, and its own node always gets through to a pod",
                pod.object().name
            ));
        }
    }
    if from.object().id == to.object().id {
        let of_several = "each of its pods always reaches itself: this is about two of them";
        notes.push(if from.object().is(kinds::POD) { "a pod always reaches itself" } else { of_several }.to_owned());
    }
    for (place, effect) in [(here, Effect::Opens), (there, Effect::Denies)] {
        if let Some(other) = place.other_policy(effect) {
            notes.push(format!("{} is not read, and may say otherwise", named(other)));
        }
    }
    if !scan.is_whole(kinds::NETWORK_POLICY, None) {
        notes.push("what was given may be a part of what the cluster has: policies that were not seen have no say here".to_owned());
    }
    if let Some(name) = without_enforcement(scan, from.object().world) {
        notes.push(format!("the network plug-in seen, {name}, enforces no policies: what is denied here gets through all the same"));
    }
    notes
}

/// The plug-in that enforces nothing, where no other one does.
fn without_enforcement(scan: &Scan<'_>, world: u16) -> Option<&'static str> {
    let agents = scan.evidence.of_kind_in(world, kinds::DAEMON_SET).filter_map(|object| cni::enforcement(object, scan));
    let found: Vec<_> = agents.collect();
    if found.iter().any(|one| matches!(one, Enforcement::Yes)) {
        return None;
    }
    found.iter().find_map(|one| match one {
        Enforcement::No(name, _) | Enforcement::Off(name, _) => Some(*name),
        _ => None,
    })
}

/// What a mesh says beside the policies.
fn of_mesh(pod: &Pod<'_>, namespace: &Namespace<'_>) -> Option<String> {
    let mesh = match pod.membership() {
        Membership::In { mesh, .. } => mesh,
        Membership::Out(..) => return None,
        Membership::Unclear(_, why) => return Some(format!("whether a mesh is asked beside the policies does not show: {why}")),
    };
    let said = authorization::of_pod(namespace, pod, mesh).into_iter().map(|found| match found {
        Admittance::Named => "nobody is let in but identities that are named".to_owned(),
        Admittance::Wide(_, said) | Admittance::Unclear(_, said) => said,
    });
    Some(format!("{} is asked beside the policies: {}", mesh.name(), said.collect::<Vec<_>>().join("; ")))
}

/// The answer for people.
#[must_use]
pub fn page(answer: &Answer) -> String {
    let name = |one: &Workload| format!("{}/{}", one.namespace, one.name);
    let mut page = format!("# {} → {}: {}, {}\n\n", name(&answer.from), name(&answer.to), answer.protocol, answer.asked);
    let verdict = match answer.verdict {
        Verdict::Possible if answer.mesh.is_some() => {
            "**Possible** by the network policies: none of them stops it. The mesh may, which is asked as well.".to_owned()
        }
        Verdict::Possible => "**Possible**: nothing stops it.".to_owned(),
        Verdict::Partly => format!("**Possible in part**: {} gets through.", answer.open),
        Verdict::Impossible => "**Not possible**.".to_owned(),
        Verdict::Unclear if answer.open == shown(&Ports::new()) => {
            "**Not decided**: what decides it does not show, or is not understood; no policy that is lets it through.".to_owned()
        }
        Verdict::Unclear => {
            format!("**Not decided**: what decides it does not show, or is not understood; at most {} gets through.", answer.open)
        }
    };
    _ = writeln!(
        page,
        "{verdict}\n\n- from {} {}, {}\n- to {} {}, {}",
        answer.from.kind,
        name(&answer.from),
        answer.from.place,
        answer.to.kind,
        name(&answer.to),
        answer.to.place
    );
    let halves = [("leaves", "egress", &answer.from, &answer.egress), ("enters", "ingress", &answer.to, &answer.ingress)];
    for (verb, direction, own, half) in halves {
        _ = writeln!(page, "\n## What {verb} {} ({direction})\n", name(own));
        let said = match (half.isolated, half.rules.iter().any(|rule| rule.says != "isolates"), half.open.as_str()) {
            (false, false, _) => format!("Open: nothing selects it for {direction}."),
            (_, true, "none") => "Closed by the rules below.".to_owned(),
            (true, false, "none") => "Closed: it is isolated, and no rule allows it.".to_owned(),
            (true, _, open) => format!("Isolated; allowed by a rule: {open}."),
            (false, true, open) => format!("Not isolated; open: {open}."),
        };
        _ = writeln!(page, "{said}{}", if half.sure { "" } else { " A part of it rests on what does not show." });
        for (number, rule) in half.rules.iter().enumerate() {
            let space = if number == 0 { "\n" } else { "" };
            let doubt = if rule.sure { "" } else { " (perhaps: it rests on what does not show)" };
            let what = if rule.says == "isolates" { "isolates the pod".to_owned() } else { format!("{} {}", rule.says, rule.ports) };
            _ = writeln!(page, "{space}- {} {what}{doubt}: {}", rule.policy, rule.place);
        }
    }
    if answer.mesh.is_some() || !answer.notes.is_empty() {
        page.push_str("\n## To know\n\n");
        answer.mesh.iter().chain(&answer.notes).for_each(|note| _ = writeln!(page, "- {note}"));
    }
    page
}
