//! Files that stand for those of a node: what Git does not keep, modes and owners, stands in a file `modes` beside them.
//!
//! Each of its lines is a path on the node with its permissions, owner and group (`/etc/kubernetes/admin.conf 0600 root
//! root`; a path that ends in `/` is a folder). What is listed and not there is what is never opened.

use cnscan::discover::{HostFile, Origin, Source, Stat};

/// A line of `modes`.
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) stat: Stat,
    /// What follows `#~ `.
    pub(crate) mark: String,
}

pub(crate) fn rows(modes: &str) -> Vec<Row> {
    let row = |line: &str| {
        let (line, mark) = line.split_once("#~ ").unwrap_or((line, ""));
        let mut parts = line.split_whitespace();
        let path = parts.next()?.to_owned();
        let mode = u32::from_str_radix(parts.next()?, 8).expect("a mode");
        let (owner, group) = (parts.next().map(str::to_owned), parts.next().map(str::to_owned));
        let stat = Stat { mode, uid: 7, gid: 7, owner, group, is_folder: path.ends_with('/') };
        Some(Row { path: path.trim_end_matches('/').to_owned(), stat, mark: mark.to_owned() })
    };
    modes.lines().filter(|line| line.starts_with('/')).filter_map(row).collect()
}

/// Makes files those of the node below `top`.
pub(crate) fn place(rows: Vec<Row>, top: &str, sources: &mut Vec<Source>) {
    for source in sources.iter_mut() {
        let path = source.shown.strip_prefix(top).unwrap_or_default().to_owned();
        let known = rows.iter().find(|row| row.path == path);
        let stat = known.map_or_else(|| Stat { mode: 0o600, owner: Some("root".to_owned()), ..Stat::default() }, |row| row.stat.clone());
        let content = std::mem::replace(&mut source.origin, Origin::Bytes(Vec::new()));
        source.origin = Origin::Host(Box::new(HostFile { path, stat, content: Some(content) }));
        (source.named, source.root) = (false, "node:case".into());
    }
    for Row { path, stat, .. } in rows {
        let name = format!("{top}{path}");
        if !sources.iter().any(|source| source.shown == name) {
            let origin = Origin::Host(Box::new(HostFile { path, stat, content: None }));
            sources.push(Source { uri: Some(name.clone()), shown: name, origin, named: false, root: "node:case".into() });
        }
    }
    sources.sort_by(|a, b| a.shown.cmp(&b.shown));
}
