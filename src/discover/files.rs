pub struct Discovery;
pub struct Request;
pub fn all(_: &Request) {}
