//! To be written.

use super::Route;

pub(super) const ROUTES: &[Route] = &[];
