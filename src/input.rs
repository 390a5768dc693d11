//! The input as parsed: all of it for a whole scan; for a shard, what it judges, and of the rest what others are joined
//! with. Where that was not enough, it reads again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;

use crate::checks::Check;
use crate::discover::snapshot::Packed;
use crate::discover::{self, Captured, Discovery, List, Origin, Source, Want, Wants, snapshot};
use crate::evaluate::{Share, Split};
use crate::model::{Object, slim};
use crate::parse::{self, File, Limits, classify, live};
use crate::policy::permissions::wants;
use crate::{Error, Input, render};

/// How to read.
pub(crate) struct How<'h> {
    pub(crate) render: &'h render::Request,
    pub(crate) limits: &'h Limits,
    pub(crate) assumed_namespace: &'h str,
    /// What reads a snapshot.
    pub(crate) checks: &'h [&'static Check],
}

/// What there is to judge.
pub(crate) struct Read {
    pub(crate) files: Vec<File>,
    pub(crate) live: Option<Box<Captured>>,
    pub(crate) found: Discovery,
    /// What was rendered.
    pub(crate) notices: Vec<String>,
    split: Split,
    /// What a shard needs to read again; `None` for a whole scan.
    again: Option<Again>,
}

struct Again {
    lists: Lists,
    /// How many there are.
    first: usize,
    /// The path of each file behind the lists, and whether it was named; `None` for standard input, which is kept whole.
    paths: Vec<Option<(PathBuf, bool)>>,
    wanted: Wanted,
    limits: Limits,
}

/// Where the lists of a cluster can be had again.
enum Lists {
    Held(Vec<Packed>),
    Stored(PathBuf, Wants),
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

/// What was kept of each list, and what else a snapshot has.
type Kept<T> = (Vec<T>, Option<Captured>);

impl Again {
    /// Parses some lists of the cluster, as far as they are wanted; what else was captured comes with a snapshot.
    fn lists(&self, some: &(dyn Fn(usize) -> bool + Sync)) -> Result<Kept<(usize, File)>, Error> {
        self.each_list(some, &|number, mut file| {
            self.wanted.slim(number, &mut file);
            (number, file)
        })
    }

    /// How many objects each namespace of the cluster has.
    fn count(&self) -> Result<BTreeMap<String, u64>, Error> {
        let counts = self.each_list(&|_| true, &|_, file| slim::count(&[file], &self.wanted.assumed_namespace))?.0;
        let mut sum = BTreeMap::new();
        for (name, count) in counts.into_iter().flatten() {
            *sum.entry(name).or_default() += count;
        }
        Ok(sum)
    }

    /// Parses some lists of the cluster, of a snapshot no more of them side by side than memory has room for, and keeps
    /// what is made of each.
    fn each_list<T: Send>(
        &self,
        some: &(dyn Fn(usize) -> bool + Sync),
        keep: &(dyn Fn(usize, File) -> T + Sync),
    ) -> Result<Kept<T>, Error> {
        /// So much text of a snapshot is parsed side by side, by each thread: a part of a long list.
        const EACH: usize = 8 << 20;
        let (path, wants) = match &self.lists {
            Lists::Held(lists) => {
                let lists = lists.par_iter().enumerate().filter(|(number, _)| some(*number));
                let parse = |(number, list): (usize, &Packed)| list.list().map(|list| keep(number, live::read(&list)));
                let kept: Result<_, String> = lists.map(parse).collect();
                return Ok((kept.map_err(discover::Error::Cluster)?, None));
            }
            Lists::Stored(path, wants) => (path, wants),
        };
        let (mut kept, mut number, mut batch, mut size) = (Vec::new(), 0, Vec::new(), 0);
        let mut parse_all = |batch: &mut Vec<(usize, List)>| {
            kept.par_extend(std::mem::take(batch).into_par_iter().map(|(number, list)| keep(number, live::read(&list))));
        };
        let is_read = |list: &List| list.kind().is_none_or(|(group, kind)| wants.of(group, kind) != Want::No);
        let mut captured = snapshot::read_each(path, &mut |list| {
            if !is_read(&list) {
                return;
            }
            if some(number) {
                size += list.text.len();
                batch.push((number, list));
            }
            number += 1;
            if size >= EACH * rayon::current_num_threads().min(8) {
                size = 0;
                parse_all(&mut batch);
            }
        })?;
        parse_all(&mut batch);
        captured.narrow(wants);
        Ok((kept, Some(captured)))
    }

    /// Parses files, and leaves out what is not wanted; what cannot be read again is kept whole. `None` where something in
    /// them is deployed, which may be rendered of any of them.
    fn parse(&mut self, sources: &[Source]) -> Option<Vec<File>> {
        let path = |source: &Source| match &source.origin {
            Origin::File(path) => Some((path.clone(), source.named)),
            // files of a node are few, and kept whole
            Origin::Bytes(_) | Origin::Made(_) | Origin::Copy(..) | Origin::Host(_) => None,
        };
        self.paths = sources.iter().map(path).collect();
        let parse = |(number, source): (usize, &Source)| {
            let mut file = classify::read(source.clone(), &self.limits);
            if render::deploys(&file) {
                return None;
            }
            if self.paths[number].is_some() {
                self.wanted.slim(self.first + number, &mut file);
            }
            Some(file)
        };
        sources.par_iter().enumerate().map(parse).collect()
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
        let first = self.first;
        if lacking.range(..first).next().is_some() {
            for (number, file) in self.lists(&|number| lacking.contains(&number))?.0 {
                replace(&mut files[number], file)?;
            }
        }
        let again = |(number, file): (usize, &mut File)| {
            let path = number.checked_sub(first).filter(|_| lacking.contains(&number)).and_then(|at| self.paths.get(at)?.clone());
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
    pub(crate) fn new(input: Input, how: &How<'_>, share: Share) -> Result<Self, Error> {
        let (mut given, mut parsed) = (None, Vec::new());
        let (mut captured, laid, lists) = match input {
            Input::Files(request) => (None, Some(request), None),
            Input::Cluster(captured, overlay) => (Some(captured), overlay, None),
            Input::Live(captured, crate::Lists::Packed(packed), overlay) => (Some(captured), overlay, Some(Lists::Held(packed))),
            Input::Live(captured, crate::Lists::Parsed(files), overlay) => {
                parsed = files;
                (Some(captured), overlay, None)
            }
            Input::Snapshot(path, overlay) => (None, overlay, Some(Lists::Stored(path, wants(how.checks)))),
            Input::Found(found, captured) => {
                given = Some(*found);
                (captured, None, None)
            }
        };
        let is_cluster = captured.is_some() || lists.is_some();
        let texts = captured.as_mut().map(|captured| std::mem::take(&mut captured.lists)).unwrap_or_default();
        let wanted = Wanted {
            assumed_namespace: how.assumed_namespace.to_owned(),
            split: None,
            namespaces: BTreeSet::new(),
            files: BTreeSet::new(),
            lists: share.count() == 1 || is_cluster && laid.is_some(),
        };
        let mut again = Again { lists: Lists::Held(Vec::new()), first: 0, paths: Vec::new(), wanted, limits: *how.limits };
        let mut files = match lists {
            None if share.count() == 1 => {
                parsed.extend(live::all(texts));
                parsed
            }
            lists => {
                let pack = || texts.into_iter().map(Packed::new).collect::<Result<_, _>>().map_err(discover::Error::Cluster);
                again.lists = lists.map_or_else(|| pack().map(Lists::Held), Ok)?;
                // without files laid over it all of it can be divided before any of it is kept
                if share.count() > 1 && laid.is_none() && given.is_none() {
                    again.wanted.split = Some(Split::of(share, &again.count()?));
                }
                let (read, stored) = again.lists(&|_| true)?;
                captured = captured.or(stored.map(Box::new));
                read.into_iter().map(|(_, file)| file).collect()
            }
        };
        again.first = files.len();
        let mut found = match given {
            Some(found) => found,
            None => laid.as_ref().map(discover::all).transpose()?.unwrap_or_default(),
        };
        let sources = std::mem::take(&mut found.sources);
        // what is rendered is made of other files, which may be any
        let is_whole = share.count() == 1 || !found.builds.is_empty();
        let parsed = if is_whole { None } else { again.parse(&sources) };
        if parsed.is_none() {
            again.paths.clear();
        }
        files.extend(lay(parsed.unwrap_or_else(|| parse::all(sources, how.limits)), is_cluster));
        let said = render::all(&found, &mut files, how.render, how.limits);
        found.gaps.extend(said.gaps);
        let mut notices = said.notices;
        notices.append(&mut found.notices);
        let mut read = Read { files, live: None, found, notices, split: Split::none(), again: None };
        if share.count() > 1 {
            if again.wanted.split.is_none() {
                again.wanted.split = Some(Split::of(share, &slim::count(&read.files, how.assumed_namespace)));
                again.read(&mut read.files)?;
            }
            read.again = Some(again);
        }
        Ok(read.with(captured))
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
