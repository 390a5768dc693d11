//! Values of a type that the API server insists on, and what is remembered where they are of another.

use std::cell::RefCell;

use crate::model::fault::Fault;
use crate::model::field::Field;
use crate::parse::scalar::{self, Value};
use crate::parse::tree::Tag;
use crate::parse::{Kind, Style};

thread_local! {
    /// Values of the wrong type met since the engine last asked: `kubectl apply` would refuse them, so nothing
    /// that was concluded from them may pass.
    static MISTYPED: RefCell<Vec<Fault>> = const { RefCell::new(Vec::new()) };
}

/// The values of a wrong type that were read on this thread since the last call.
pub(crate) fn take_mistyped() -> Vec<Fault> {
    MISTYPED.with_borrow_mut(std::mem::take)
}

/// Runs what is worked out once for all subjects, whichever of them asks first: what is mistyped there is not his.
pub(crate) fn unnoticed<T>(work: impl FnOnce() -> T) -> T {
    let before = take_mistyped();
    let done = work();
    MISTYPED.set(before);
    done
}

impl<'a> Field<'a> {
    /// The text of a string. Anything else that is there is remembered as mistyped.
    #[must_use]
    pub fn string(self) -> Option<&'a str> {
        let tree = self.root.tree;
        if self.kind()? != Kind::Scalar {
            return self.mistyped("a string");
        }
        let text = tree.text(self.node);
        let is_own_text = tree.tag(self.node) == Tag::None && (tree.style(self.node) != Style::Plain || !scalar::is_special(text));
        if is_own_text || matches!(scalar::resolve(tree, self.node), Value::Str(_)) { Some(text) } else { self.mistyped("a string") }
    }

    /// The field, whose value is remembered as mistyped where it is no string.
    #[must_use]
    pub(crate) fn as_string(self) -> Self {
        _ = self.string();
        self
    }

    /// A boolean. Anything else that is there is remembered as mistyped.
    #[must_use]
    pub fn bool(self) -> Option<bool> {
        match self.value()? {
            Value::Bool(value) => Some(value),
            _ => self.mistyped("a boolean"),
        }
    }

    /// Whether it is a boolean and true.
    #[must_use]
    pub fn is_true(self) -> bool {
        self.bool() == Some(true)
    }

    /// An integer. Anything else that is there is remembered as mistyped.
    #[must_use]
    pub fn int(self) -> Option<i64> {
        match self.value()? {
            Value::Int(value) => Some(value),
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            _ => self.mistyped("an integer"),
        }
    }

    /// Remembers that it is not what the API server wants.
    pub(in crate::model) fn mistyped<T>(self, wanted: &'static str) -> Option<T> {
        let fault = self.fault(format!("the value is not {wanted}, the API server would refuse it")).expected(wanted);
        let fault = fault.fix(format!("Write {wanted} here: as it is, the object is refused, and nothing is concluded from this value."));
        MISTYPED.with_borrow_mut(|all| all.push(fault));
        None
    }
}
