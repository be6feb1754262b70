//! Which pages may send to a project. A key in a page is public: this keeps other pages from using it, in browsers that
//! tell the truth. It is never for programs, which can say what they like.

use http::{HeaderMap, header};
use schemas::catalog::Project;

use crate::refusal::Refusal;

/// Refuses what comes from a page that the project does not allow. What names no page comes from a program.
pub(crate) fn check(project: &Project, headers: &HeaderMap) -> Result<(), Refusal> {
    let allowed = &project.settings.allowed_origins;
    let Some(origin) = headers.get(header::ORIGIN).or_else(|| headers.get(header::REFERER)) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    if allowed.is_empty() || allowed.iter().any(|pattern| pattern.allows(origin)) {
        return Ok(());
    }
    Err(Refusal::rejected("origin_not_allowed", "Origin"))
}
