//! The input as parsed: all of it for a whole scan; for a shard, what it judges, and of the rest what others are joined
//! with. Where that was not enough, it reads again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::discover::{self, Captured, Discovery, List, Origin, Source, snapshot};
use crate::evaluate::{Share, Split};
use crate::model::{Object, slim};
use crate::parse::{self, File, Limits, classify, live};
use crate::{Error, Input};

/// What there is to judge.
pub(crate) struct Read {
    pub(crate) files: Vec<File>,
    pub(crate) live: Option<Box<Captured>>,
    pub(crate) found: Discovery,
    pub(crate) split: Split,
    /// What a shard needs to read again; `None` for a whole scan.
    again: Option<Again>,
}

struct Again {
    lists: Lists,
    /// The path of each file behind the lists, and whether it was named; `None` for standard input, which is kept whole.
    paths: Vec<Option<(PathBuf, bool)>>,
    wanted: Wanted,
    limits: Limits,
}

/// Where the lists of a cluster can be had again.
enum Lists {
    Held(Vec<List>),
    Stored(PathBuf),
}

/// What is to be whole.
struct Wanted {
    assumed_namespace: String,
    split: Option<Split>,
    namespaces: BTreeSet<String>,
    files: BTreeSet<usize>,
    /// What is laid over a cluster looks at the owners of everything in it.
    lists: bool,
}

impl Wanted {
    fn object(&self, split: &Split, object: &Object<'_>, file: &str) -> bool {
        split.holds(object, file) || object.namespace.is_some_and(|name| self.namespaces.contains(name))
    }

    /// Leaves out of a file what is not wanted.
    fn slim(&self, number: usize, file: &mut File) {
        if self.files.contains(&number) || self.lists && file.live {
            return;
        }
        let keep = |object: &Object<'_>, name: &str| self.split.as_ref().is_some_and(|split| self.object(split, object, name));
        slim::slim(file, &self.assumed_namespace, &keep);
    }

    /// Whether a file lacks something.
    fn lacks(&self, split: &Split, number: usize, file: &File) -> bool {
        let wanted = |object: &Object<'_>| (object.slim || !file.live) && self.object(split, object, file.name());
        file.slim.is_some() && (self.files.contains(&number) || slim::objects_of(file, &self.assumed_namespace).iter().any(wanted))
    }
}

impl Again {
    /// Parses some lists of the cluster, as far as they are wanted; what else was captured comes with a snapshot.
    fn lists(&self, some: &(dyn Fn(usize) -> bool + Sync)) -> Result<(Vec<(usize, File)>, Option<Captured>), Error> {
        /// So much text of a snapshot is parsed side by side.
        const AT_ONCE: usize = 128 << 20;
        let parse = |(number, list): (usize, &List)| {
            let mut file = live::read(list);
            self.wanted.slim(number, &mut file);
            (number, file)
        };
        let path = match &self.lists {
            Lists::Held(lists) => {
                let lists = lists.par_iter().enumerate().filter(|(number, _)| some(*number));
                return Ok((lists.map(parse).collect(), None));
            }
            Lists::Stored(path) => path,
        };
        let (mut files, mut number, mut batch, mut size) = (Vec::new(), 0, Vec::new(), 0);
        let mut parse_all = |batch: &mut Vec<(usize, List)>| {
            files.par_extend(batch.par_iter().map(|(number, list)| parse((*number, list))));
            batch.clear();
        };
        let captured = snapshot::read_each(path, &mut |list| {
            if some(number) {
                size += list.text.len();
                batch.push((number, list));
            }
            number += 1;
            if size >= AT_ONCE {
                size = 0;
                parse_all(&mut batch);
            }
        })?;
        parse_all(&mut batch);
        Ok((files, Some(captured)))
    }

    /// Reads files anew that lack something.
    fn read(&self, files: &mut [File]) -> Result<(), Error> {
        let Some(split) = &self.wanted.split else { return Ok(()) };
        let lacking: BTreeSet<usize> = files
            .par_iter()
            .enumerate()
            .filter(|(number, file)| self.wanted.lacks(split, *number, file))
            .map(|(number, _)| number)
            .collect();
        let first = files.len() - self.paths.len();
        if lacking.range(..first).next().is_some() {
            for (number, file) in self.lists(&|number| lacking.contains(&number))?.0 {
                replace(&mut files[number], file)?;
            }
        }
        let again = |(number, file): (usize, &mut File)| {
            let path = number.checked_sub(first).filter(|_| lacking.contains(&number)).and_then(|at| self.paths[at].clone());
            let Some((path, named)) = path else { return Ok(()) };
            let (uri, shown, root) = (file.uri.clone(), file.shown.clone(), file.root.clone().into());
            let mut anew = classify::read(Source { uri, shown, origin: Origin::File(path), named, root }, &self.limits);
            self.wanted.slim(number, &mut anew);
            replace(file, anew)
        };
        files.par_iter_mut().enumerate().try_for_each(again)
    }
}

/// Puts a file in the place of its slim copy, which must be of the same text.
fn replace(slim: &mut File, anew: File) -> Result<(), Error> {
    if slim.sha256 != anew.sha256 {
        let why = "it was changed while it was being read".to_owned();
        return Err(discover::Error::Target { path: slim.name().to_owned(), why }.into());
    }
    *slim = anew;
    Ok(())
}

impl Read {
    /// Reads all there is, for a shard no more of it than it needs.
    pub(crate) fn new(input: Input, limits: &Limits, assumed_namespace: &str, share: Share) -> Result<Self, Error> {
        let (mut captured, overlay, from) = match input {
            Input::Files(request) => (None, Some(request), None),
            Input::Cluster(captured, overlay) => (Some(captured), overlay, None),
            Input::Snapshot(path, overlay) if share.count() == 1 => (Some(Box::new(snapshot::read(&path)?)), overlay, None),
            Input::Snapshot(path, overlay) => (None, overlay, Some(path)),
        };
        let lists = captured.as_mut().map(|captured| std::mem::take(&mut captured.lists)).unwrap_or_default();
        let is_cluster = captured.is_some() || from.is_some();
        if share.count() == 1 {
            let mut files = live::all(lists);
            let mut found = overlay.as_ref().map(discover::all).transpose()?.unwrap_or_default();
            files.extend(lay(parse::all(std::mem::take(&mut found.sources), limits), is_cluster));
            return Ok(Read { files, live: None, found, split: Split::none(), again: None }.with(captured));
        }
        let (namespaces, numbers) = Default::default();
        let wanted = Wanted {
            assumed_namespace: assumed_namespace.to_owned(),
            split: None,
            namespaces,
            files: numbers,
            lists: is_cluster && overlay.is_some(),
        };
        let lists = from.map_or(Lists::Held(lists), Lists::Stored);
        let mut again = Again { lists, paths: Vec::new(), wanted, limits: *limits };
        let (read, stored) = again.lists(&|_| true)?;
        let mut files: Vec<_> = read.into_iter().map(|(_, file)| file).collect();
        let mut found = overlay.as_ref().map(discover::all).transpose()?.unwrap_or_default();
        let sources = std::mem::take(&mut found.sources);
        let path = |source: &Source| match &source.origin {
            Origin::File(path) => Some((path.clone(), source.named)),
            Origin::Bytes(_) => None,
        };
        again.paths = sources.iter().map(path).collect();
        let first = files.len();
        let parse = |(number, source): (usize, Source)| {
            let mut file = classify::read(source, limits);
            if again.paths[number].is_some() {
                again.wanted.slim(first + number, &mut file);
            }
            file
        };
        let laid: Vec<_> = sources.into_par_iter().enumerate().map(parse).collect();
        files.extend(lay(laid, is_cluster));
        let split = Split::of(share, &slim::count(&files, assumed_namespace));
        again.wanted.split = Some(split);
        again.read(&mut files)?;
        let read = Read { files, live: None, found, split: Split::none(), again: Some(again) };
        Ok(read.with(captured.or(stored.map(Box::new))))
    }

    fn with(mut self, mut captured: Option<Box<Captured>>) -> Self {
        if let Some(captured) = &mut captured {
            self.found.gaps.append(&mut captured.gaps);
        }
        Read { live: captured, ..self }
    }

    /// How the subjects are divided.
    pub(crate) fn split(&self) -> &Split {
        self.again.as_ref().and_then(|again| again.wanted.split.as_ref()).unwrap_or(&self.split)
    }

    /// Whether something was looked for that a shard had left out.
    pub(crate) fn misses(&self) -> bool {
        self.again.is_some() && slim::misses(&self.files)
    }

    /// Whether something was looked for that a shard had left out: then it has it now.
    pub(crate) fn looks_again(&mut self) -> Result<bool, Error> {
        let Some(again) = &mut self.again else { return Ok(false) };
        let missed = slim::missed(&self.files);
        if missed.namespaces.is_empty() && missed.files.is_empty() {
            return Ok(false);
        }
        again.wanted.namespaces.extend(missed.namespaces);
        again.wanted.files.extend(missed.files);
        again.read(&mut self.files)?;
        Ok(true)
    }
}

/// What is laid over a cluster is judged as a part of it.
fn lay(files: Vec<File>, is_cluster: bool) -> impl Iterator<Item = File> {
    files.into_iter().map(move |file| if is_cluster { File { root: String::new(), ..file } } else { file })
}
