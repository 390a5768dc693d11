//! What the commands of a script are to one another.

use crate::model::pipeline::token::Word;

/// Commands one after the other.
pub(super) type List = Vec<Chain>;

/// Pipes that hang on one another: `a && b || c`.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// Each with what stands before it: `&&`, `||`, or nothing.
    pub(super) pipes: Vec<(Join, Pipe)>,
    /// Nobody waits for it.
    pub(super) background: bool,
}

/// What joins a pipe to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    First,
    And,
    Or,
}

/// Commands of which each reads what the one before it writes.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    /// `!`
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
    /// Documents that a group of commands reads.
    pub(super) documents: Vec<Word>,
}

#[derive(Debug)]
pub(super) enum Command {
    Simple(Vec<Word>),
    /// `{ … }` and `( … )`, the latter with variables of its own.
    Group(List, bool),
    /// Conditions with what hangs on them; the last without one is `else`.
    If(Vec<(List, List)>, List),
    /// `while` and `until`, the latter with `true`.
    While(List, List, bool),
    /// A variable, the words that it takes, and what is done for each.
    For(String, Vec<Word>, List),
    /// What is done for each pattern, and whether one of these is always met.
    Case(Vec<List>, bool),
    Function(String, List),
    /// What follows from this line on is not read.
    Unread(u32),
}
