//! Events over time, of an issue or a project, and split by an attribute.

use std::sync::Arc;

use mayday_catalog::{issues::Issue, projects::Project};
use mayday_event::{GroupHash, ProjectId};
use mayday_store::queries::{
    EventFilter,
    dimensions::Dimension,
    series::{Buckets, Counted, Distribution},
};

use super::{
    Series,
    kept::{Answer, MUCH},
};
use crate::{Query, QueryError};

/// Whose events.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of<'a> {
    Issue(&'a Issue),
    Project(&'a Project),
}

impl Of<'_> {
    pub(super) fn project(&self) -> ProjectId {
        match self {
            Self::Issue(issue) => issue.project_id,
            Self::Project(project) => project.id,
        }
    }

    /// Empty: all of the project.
    pub(super) fn hashes(&self) -> &[GroupHash] {
        match self {
            Self::Issue(issue) => &issue.hashes,
            Self::Project(_) => &[],
        }
    }

    /// An issue that all fingerprints have left has no events, rather than all of its project.
    pub(super) fn has_none(&self) -> bool {
        matches!(self, Self::Issue(issue) if issue.hashes.is_empty())
    }
}

/// Whose events are told apart, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AskedDistribution {
    project: ProjectId,
    hashes: Vec<GroupHash>,
    by: Dimension,
    buckets: Buckets,
    filter: EventFilter,
    top: usize,
}

impl Answer for Distribution {
    fn is_of_much(&self) -> bool {
        self.events >= MUCH
    }
}

/// Events of each bucket.
pub(crate) async fn series(
    query: &Query,
    of: Of<'_>,
    buckets: &Buckets,
    filter: &EventFilter,
) -> Result<Series, QueryError> {
    let counts = if of.has_none() {
        vec![0; buckets.starts().len()]
    } else {
        let counted = Counted { project: of.project(), hashes: of.hashes(), filter };
        query.store.series(counted, buckets).await?
    };
    Ok(buckets.starts().iter().copied().zip(counts).collect())
}

/// The most frequent values of an attribute, with their users and their events of each bucket.
pub(crate) async fn distribution(
    query: &Query,
    of: Of<'_>,
    by: &Dimension,
    buckets: &Buckets,
    filter: &EventFilter,
    top: usize,
) -> Result<Arc<Distribution>, QueryError> {
    if of.has_none() {
        let counts = vec![0; buckets.starts().len()];
        return Ok(Arc::new(Distribution { counts, ..Distribution::default() }));
    }
    let asked = AskedDistribution {
        project: of.project(),
        hashes: of.hashes().to_vec(),
        by: by.clone(),
        buckets: buckets.clone(),
        filter: filter.clone(),
        top,
    };
    let store = query.store.clone();
    let find = |asked: AskedDistribution| async move {
        let AskedDistribution { project, hashes, by, buckets, filter, top } = &asked;
        let counted = Counted { project: *project, hashes, filter };
        store.distribution(counted, by, buckets, *top).await
    };
    Ok(query.kept.distributions.get(asked, &query.clock, find).await?)
}
