//! Which user a container runs as.

use crate::model::field::Field;
use crate::model::pod::Container;

/// What is known of a container's user before it runs.
#[derive(Debug, Clone, Copy)]
pub enum User<'a> {
    /// UID 0, said here.
    Root(Field<'a>),
    /// Any other, or the kubelet refuses root.
    Other,
    /// The image decides.
    Image,
}

impl<'a> Container<'a> {
    /// Its user, by the container's word, else the pod's.
    #[must_use]
    pub fn user(&self) -> User<'a> {
        let uid = self.inherited("runAsUser");
        match uid.int() {
            Some(0) => User::Root(uid),
            Some(_) => User::Other,
            None if self.inherited("runAsNonRoot").is_true() => User::Other,
            None => User::Image,
        }
    }

    /// Whether nothing keeps it from running as root.
    #[must_use]
    pub fn may_be_root(&self) -> bool {
        !matches!(self.user(), User::Other)
    }
}
