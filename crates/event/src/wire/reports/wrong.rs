//! What is wrong with a batch, and where.

use crate::wire::WireError;

/// What is wrong at a place.
#[derive(Debug)]
pub(super) struct Wrong {
    /// `reports[3].crash.exceptions[0]`; empty for the batch itself.
    place: String,
    problem: String,
    is_too_large: bool,
}

impl Wrong {
    pub(super) fn malformed(problem: impl ToString) -> Self {
        Self { place: String::new(), problem: problem.to_string(), is_too_large: false }
    }

    pub(super) fn too_large(problem: impl ToString) -> Self {
        Self { is_too_large: true, ..Self::malformed(problem) }
    }

    /// The same, seen from a message that this field holds the wrong one of.
    pub(super) fn within(mut self, field: impl AsRef<str>) -> Self {
        let field = field.as_ref();
        self.place = if self.place.is_empty() { field.to_owned() } else { format!("{field}.{}", self.place) };
        self
    }

    pub(super) fn refused(self, format: &'static str) -> WireError {
        let Self { place, problem, is_too_large } = self;
        let problem = if place.is_empty() { problem } else { format!("{place}: {problem}") };
        WireError { format, problem, is_too_large }
    }
}
