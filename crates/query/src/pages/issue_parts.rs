//! The parts of an issue's page that are counted over all of its events.
//!
//! Of many events that takes longer than a page may: it comes without them then, and each of them comes by itself
//! (`GET /issues/{issue}/parts/{part}/`), or, where no script runs, with the whole page by a link.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::{issues::Issue, json::IssueCounts};
use mayday_event::{EventId, Timestamp};
use mayday_store::queries::{
    EventFilter,
    dimensions::Dimension,
    series::{Buckets, Distribution},
    tags::TagFacet,
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    answer,
    error::PageError,
    event::tags::TagSection,
    issue_suspects::{Looked, SuspectSection},
    issue_time::{Chosen, RELEASES, ReleaseChart, TimeQuery, issue_path},
    shell::Section,
    visit::{ProjectPath, Visit},
};
use crate::{
    Query, QueryError,
    read::{
        self,
        stats::Of,
        suspects,
        tags::{self, Narrowed},
    },
};

/// How long the page waits for what is counted over the events of an issue that has few.
const PATIENCE: Duration = Duration::from_millis(30);
/// So many are counted later: the page waits …
const MANY: u64 = 10_000;
/// … only to see what is kept; so it does with suspects, which are found among all events of the project.
const AT_HAND: Duration = Duration::from_millis(5);
/// Most frequent values of each tag.
const FACET_VALUES: usize = 10;

/// A part of the page.
pub(super) enum Part<T> {
    Here(T),
    Later(Later),
}

/// Where a part is that has not been waited for.
pub(super) struct Later {
    /// By itself.
    pub(super) part: String,
    /// With all of the page, however long that takes.
    pub(super) page: String,
}

/// What was found in time.
pub(super) struct Parts {
    /// Releases of the chosen period.
    pub(super) releases: Option<Arc<Distribution>>,
    pub(super) facets: Option<Vec<TagFacet>>,
    pub(super) suspects: Option<Looked>,
}

/// Finds the parts.
pub(super) struct Counting<'a> {
    query: &'a Query,
    issue: &'a Issue,
    chosen: &'a Chosen,
    pub(super) buckets: Buckets,
    narrowed: Narrowed,
}

impl<T> Part<T> {
    pub(super) fn new(found: Option<T>, later: impl FnOnce() -> Later) -> Self {
        found.map_or_else(|| Self::Later(later()), Self::Here)
    }
}

impl Later {
    /// `here`: the path of the page.
    pub(super) fn new(
        name: Name,
        issue: &Issue,
        event: Option<EventId>,
        chosen: &Chosen,
        here: &str,
    ) -> Self {
        let event = event.map(|id| id.to_string()).unwrap_or_default();
        let path = format!("{}parts/{}/", issue_path(issue), name.as_str());
        Self { part: chosen.at_with(&path, ("event", &event)), page: chosen.at_with(here, ("parts", "wait")) }
    }
}

impl<'a> Counting<'a> {
    pub(super) fn new(
        query: &'a Query,
        issue: &'a Issue,
        chosen: &'a Chosen,
        now: Timestamp,
    ) -> Result<Self, QueryError> {
        let (buckets, narrowed) = (chosen.buckets(now)?, chosen.narrowed(now)?);
        Ok(Self { query, issue, chosen, buckets, narrowed })
    }

    /// What is found in time. The rest is found, too: it is asked for in a moment. `counts`: of all events that are kept.
    pub(super) async fn parts(&self, counts: IssueCounts) -> Result<Parts, QueryError> {
        let (of_issue, of_project) = match counts.events {
            _ if self.chosen.waits => (Duration::MAX, Duration::MAX),
            MANY.. => (AT_HAND, AT_HAND),
            _ => (PATIENCE, AT_HAND),
        };
        let (releases, facets) =
            tokio::join!(timeout(of_issue, self.releases()), timeout(of_issue, self.facets(counts)));
        let suspects = timeout(of_project, self.suspects()).await;
        Ok(Parts {
            releases: releases.ok().transpose()?,
            facets: facets.ok().transpose()?,
            suspects: suspects.ok(),
        })
    }

    async fn releases(&self) -> Result<Arc<Distribution>, QueryError> {
        let (of, by, filter) = (Of::Issue(self.issue), Dimension::new("release"), self.chosen.filter());
        read::stats::distribution(self.query, of, &by, &self.buckets, &filter, RELEASES).await
    }

    async fn facets(&self, counts: IssueCounts) -> Result<Vec<TagFacet>, QueryError> {
        let users = async {
            Ok(match self.narrowed.window {
                Some(_) => Some(self.releases().await?.users),
                None if self.narrowed.filter == EventFilter::default() => Some(counts.users),
                None => None,
            })
        };
        let facets = tags::facets(self.query, Of::Issue(self.issue), &self.narrowed, FACET_VALUES);
        let (mut facets, users) = tokio::try_join!(facets, users)?;
        if let Some(users) = users {
            tags::agree_on_users(&mut facets, users);
        }
        Ok(facets)
    }

    async fn suspects(&self) -> Looked {
        match suspects::of_issue(self.query, self.issue, None, &self.chosen.filter()).await {
            Ok(found) => Looked::Found(found),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "suspects cannot be found");
                Looked::Failed
            }
        }
    }
}

/// What parts are called in addresses.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Name {
    Releases,
    Suspects,
    Tags,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::Releases => "releases",
            Self::Suspects => "suspects",
            Self::Tags => "tags",
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct PartPath {
    issue: String,
    part: Name,
}

/// The event that the page shows.
#[derive(Deserialize)]
pub(crate) struct BesideEvent {
    event: Option<EventId>,
}

#[derive(Template)]
#[template(source = r#"{% include "issue/period.html" %}{% include "issue/releases.html" %}"#, ext = "html")]
struct ReleasesAlone {
    releases: Part<ReleaseChart>,
}

#[derive(Template)]
#[template(
    source = r#"{% include "issue/suspicion.html" %}{% include "issue/suspects.html" %}"#,
    ext = "html"
)]
struct SuspectsAlone {
    suspects: Part<SuspectSection>,
}

#[derive(Template)]
#[template(path = "issue/tags.html")]
struct TagsAlone {
    tags: Part<TagSection>,
}

/// `GET /issues/{issue}/parts/{part}/`: the elements of the page that have this part, each with its `data-part`.
pub(crate) async fn show(
    visit: Visit,
    path: web::Path<PartPath>,
    asked: web::Query<TimeQuery>,
    beside: web::Query<BesideEvent>,
) -> Result<HttpResponse, PageError> {
    let issue = read::issues::find(&visit.query, &visit.principal, &path.issue).await?;
    let chosen = Chosen::new(&asked);
    let counting = Counting::new(&visit.query, &issue, &chosen, visit.now)?;
    match path.part {
        Name::Releases => {
            let chart = ReleaseChart::new(&chosen, &counting.buckets, &*counting.releases().await?);
            answer::page(&ReleasesAlone { releases: Part::Here(chart) })
        }
        Name::Suspects => {
            let section = SuspectSection::new(&counting.suspects().await, visit.now);
            answer::page(&SuspectsAlone { suspects: Part::Here(section) })
        }
        Name::Tags => {
            let facets = async { counting.facets(read::issues::counts(&visit.query, &issue).await?).await };
            let event = async {
                let Some(id) = beside.event else { return Ok(None) };
                read::events::summary_of_issue(&visit.query, &issue, id).await
            };
            let (facets, event) = tokio::try_join!(facets, event)?;
            let project = visit.project(&ProjectPath::of(&visit, &issue)).await?;
            let list = Section::Issues.path(&project);
            let section = TagSection::new(&facets, event.as_ref(), &list, chosen.share_of());
            answer::page(&TagsAlone { tags: Part::Here(section) })
        }
    }
}
