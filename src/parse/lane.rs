//! The fast lane: the block subset that nearly all manifests are written in.

use super::Limits;
use super::chunks::Chunk;
use super::fault::Fault;
use super::granit::Read;
use super::tree::Builder;

/// Parses a chunk; `None` when anything in it is beyond the lane, and the builder is to be rewound.
pub(super) fn read(_builder: &mut Builder, _chunk: Chunk, _limits: &Limits, _faults: &mut Vec<Fault>) -> Option<Read> {
    None
}
