//! To be written.

use super::Route;

pub(super) const ROUTES: &[Route] = &[];

/// Imports under way.
#[derive(Debug, Default)]
pub(super) struct Jobs;
