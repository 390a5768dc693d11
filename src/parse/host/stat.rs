//! Who may do what with a file of a node: a document of its own beside what stands in the file.

use super::draft::Draft;
use super::typed;
use crate::discover::Stat;
use crate::parse::tree::Builder;
use crate::parse::{Document, File, Status};

/// Adds it to what was read of the file.
pub(in crate::parse) fn append(file: &mut File, path: &str, stat: &Stat) {
    let told = |key: &str, value: String| (Draft::key(key), Draft::Told((0, 0), value));
    let named = |name: &Option<String>, number: u32| name.clone().unwrap_or_else(|| number.to_string());
    let entries = vec![
        Draft::metadata(path),
        told("mode", format!("{:04o}", stat.mode)),
        told("owner", named(&stat.owner, stat.uid)),
        told("uid", stat.uid.to_string()),
        told("group", named(&stat.group, stat.gid)),
        told("gid", stat.gid.to_string()),
        told("type", if stat.is_folder { "folder" } else { "file" }.to_owned()),
    ];
    let empty = crate::parse::Tree::new(file.tree.source().clone());
    let mut builder = Builder::resume(std::mem::replace(&mut file.tree, empty));
    let root = typed(Draft::Mapping((0, 0), entries), "File").build(&mut builder);
    file.tree = builder.finish();
    let number = file.documents.last().map_or(1, |last| last.number + 1);
    file.documents.push(Document { root, number, tainted: false });
    file.status = Status::Read;
}
