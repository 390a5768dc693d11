//! In which order the commands of a pipeline run, and which of them hold others back.

use std::collections::HashSet;

use crate::model::pipeline::hangs::{Ends, is_met};
use crate::model::pipeline::{At, Likeness, Pipeline};

impl Pipeline<'_> {
    /// Whether one command has ended before another begins.
    #[must_use]
    pub fn precedes(&self, one: At, other: At) -> bool {
        if one.task == other.task { one.line < other.line } else { self.waits(other.task, one.task, false) }
    }

    /// Whether one of some commands is run wherever another one is: alone, or each on one of the ways that a condition goes.
    #[must_use]
    pub fn is_met(&self, ones: &[At], beside: At) -> bool {
        let other = self.line(beside);
        let there = |at: &At| (at.task, self.line(*at).step);
        let places: HashSet<(usize, usize)> = ones.iter().map(there).collect();
        places.into_iter().any(|place| {
            let task = &self.tasks[place.0];
            let skipped = place.0 != beside.task && !task.when.is_empty() && task.when != self.tasks[beside.task].when;
            let is_same = place == (beside.task, other.step);
            let under: Vec<_> = ones.iter().filter(|at| there(at) == place).map(|at| self.line(*at).hangs.conditions()).collect();
            let ways: Vec<_> = task.ways.iter().filter(|(step, _)| *step == place.1).map(|(_, ways)| ways.clone()).collect();
            !skipped && is_met(&under, if is_same { other.hangs.conditions() } else { Vec::new() }.as_slice(), &ways)
        })
    }

    /// Whether what a scan finds keeps another command from being run.
    #[must_use]
    pub fn holds_back(&self, scan: At, other: At) -> bool {
        if !self.found(scan).is_some_and(|found| found.stops) {
            return false;
        }
        let (own, beside) = (self.line(scan), self.line(other));
        if scan.task == other.task && own.step == beside.step {
            return match own.hangs.ends {
                Ends::All => true,
                Ends::Chain(name) => beside.hangs.under.contains(&name),
                Ends::Both(one, other) => beside.hangs.under.contains(&one) || beside.hangs.under.contains(&other),
                Ends::Nothing => false,
            };
        }
        self.ends_its_task(scan) && (scan.task == other.task || self.waits(other.task, scan.task, true))
    }

    /// Whether what a scan finds keeps a later task from being run.
    #[must_use]
    pub fn holds_back_others(&self, scan: At) -> bool {
        self.found(scan).is_some_and(|found| found.stops)
            && self.ends_its_task(scan)
            && (0..self.tasks.len()).any(|task| !self.tasks[task].last && self.waits(task, scan.task, true))
    }

    /// Whether another task, run only when all went well, waits for that of a command.
    #[must_use]
    pub fn is_waited_for(&self, at: At) -> bool {
        (0..self.tasks.len()).any(|task| !self.tasks[task].last && self.waits(task, at.task, false))
    }

    fn ends_its_task(&self, at: At) -> bool {
        let line = self.line(at);
        line.hangs.ends == Ends::All && !line.ignored && !self.tasks[at.task].ignored
    }

    /// Whether an image is made anew between a command that looks at it and the one that pushes it.
    #[must_use]
    pub fn is_made_anew(&self, look: At, push: At) -> bool {
        let Some(found) = self.found(push) else { return false };
        let of_image = |at: &At| self.compare(push, *at) == Likeness::Same;
        let builds: Vec<At> = self.builds().filter(|at| self.found(*at).is_some_and(|found| found.builds)).filter(of_image).collect();
        if found.builds {
            // the same builder finds in its store what it built before; another one does not
            let program = |at: At| self.line(at).words.first();
            return !builds.iter().any(|at| program(*at) == program(push) && self.precedes(*at, look));
        }
        builds.iter().any(|at| self.precedes(look, *at) && self.precedes(*at, push))
    }

    /// Whether a task waits for another; `well`: is run only where that ended well.
    fn waits(&self, task: usize, other: usize, well: bool) -> bool {
        if task == other {
            return false;
        }
        if self.tasks[task].last {
            return !well && !self.tasks[other].last;
        }
        let (mut todo, mut seen) = (vec![task], HashSet::from([task]));
        while let Some(next) = todo.pop() {
            let behind = self.tasks[next].behind.iter().filter(|_| !well);
            for before in self.tasks[next].after.iter().chain(behind).copied() {
                if before == other {
                    return true;
                }
                if seen.insert(before) {
                    todo.push(before);
                }
            }
        }
        false
    }
}
