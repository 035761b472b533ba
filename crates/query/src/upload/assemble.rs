//! Putting a file together of its chunks: in the background, once, by one process at a time.

use std::{future::Future, rc::Rc, time::Duration};

use mayday_blobs::{BlobError, BlobKey};
use mayday_catalog::uploads::{Assembly, AssemblyKey};
use mayday_event::{OrganizationId, Timestamp};
use tokio::{
    sync::Semaphore,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval_at, timeout_at},
};
use uuid::Uuid;

use super::{FILE_BYTES, Refusal, Scratch, sha1_of};
use crate::{Query, QueryError};

/// Files that one thread puts together at once: each is on disk twice meanwhile, and costs a core.
const AT_ONCE: usize = 2;
/// Chunks of a file at most; clients of ours make 256 of the largest file.
const MAX_CHUNKS: usize = 4096;
/// How often a claim on a file is renewed, well before it ends.
const RENEW: Duration = Duration::from_secs(20);
/// How long a request waits for its files: most are whole by then, and need no second question.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long chunks stay of a file that is whole: another file may have some of them.
const DONE_MS: i64 = Timestamp::HOUR_MS;

/// Files that are being put together by this thread.
#[derive(Debug, Clone)]
pub(crate) struct Uploads {
    slots: Rc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { slots: Rc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A file as a client announces it.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) organization: OrganizationId,
    /// What for: the same bytes may be refused for one thing and taken for another.
    pub(crate) scope: String,
    /// Of the whole file.
    pub(crate) sha1: String,
    /// In their order.
    pub(crate) chunks: Vec<String>,
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// These chunks have not come; none: the file is not known at all.
    NotFound(Vec<String>),
    /// Every chunk is here.
    Assembling,
    /// It is stored.
    Ok,
    /// It is not taken; the text says why.
    Error(String),
}

/// A file under way, or decided.
pub(crate) enum Started {
    Decided(State),
    Running(JoinHandle<State>),
}

impl Upload {
    /// Checks what a client sent.
    pub(crate) fn new(
        organization: OrganizationId,
        scope: String,
        sha1: &str,
        chunks: &[String],
    ) -> Result<Self, QueryError> {
        let bad = |what: &str| QueryError::Invalid(format!("{what}: is no SHA-1, 40 hexadecimal digits"));
        if chunks.len() > MAX_CHUNKS {
            return Err(QueryError::Invalid(format!("chunks: send at most {MAX_CHUNKS}")));
        }
        let chunks: Option<Vec<String>> = chunks.iter().map(|chunk| sha1_of(chunk)).collect();
        Ok(Self {
            organization,
            scope,
            sha1: sha1_of(sha1).ok_or_else(|| bad("checksum"))?,
            chunks: chunks.ok_or_else(|| bad("chunks"))?,
        })
    }

    fn key(&self) -> AssemblyKey {
        AssemblyKey { organization_id: self.organization, scope: self.scope.clone(), sha1: self.sha1.clone() }
    }

    /// Begins to put it together, if its chunks are here and nobody is at it: `accept` is given the whole file.
    pub(crate) async fn start<F, Fut>(
        self,
        query: &Query,
        uploads: &Uploads,
        accept: F,
    ) -> Result<Started, QueryError>
    where
        F: FnOnce(Query, Scratch) -> Fut + 'static,
        Fut: Future<Output = Result<(), Refusal>> + 'static,
    {
        let known = query.catalog.assembly(&self.key()).await?;
        if known == Some(Assembly::UnderWay) {
            return Ok(Started::Decided(State::Assembling));
        }
        let there = query.catalog.chunks_there(self.organization, &self.chunks).await?;
        let has = |chunk: &&String| there.iter().any(|(sha1, _)| sha1 == *chunk);
        let mut missing: Vec<String> = self.chunks.iter().filter(|chunk| !has(chunk)).cloned().collect();
        missing.dedup();
        if !missing.is_empty() || self.chunks.is_empty() {
            return Ok(Started::Decided(match known {
                Some(Assembly::Failed(detail)) => State::Error(detail),
                _ => State::NotFound(missing),
            }));
        }
        let owner = Uuid::new_v4().simple().to_string();
        if !query.catalog.claim_assembly(&self.key(), &owner).await? {
            return Ok(Started::Decided(State::Assembling));
        }
        let (query, slots) = (query.clone(), Rc::clone(&uploads.slots));
        Ok(Started::Running(actix_web::rt::spawn(
            async move { self.run(&query, &slots, &owner, accept).await },
        )))
    }

    async fn run<F, Fut>(&self, query: &Query, slots: &Semaphore, owner: &str, accept: F) -> State
    where
        F: FnOnce(Query, Scratch) -> Fut,
        Fut: Future<Output = Result<(), Refusal>>,
    {
        let work = async {
            let _slot = slots.acquire().await.map_err(|error| QueryError::Internal(error.into()))?;
            let file = self.gather(query).await?;
            accept(query.clone(), file).await
        };
        let mut renewal = interval_at(Instant::now() + RENEW, RENEW);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(work);
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                _ = renewal.tick() => {
                    // Lost: somebody else begins anew, and the same file twice is one.
                    if let Err(error) = query.catalog.claim_assembly(&self.key(), owner).await {
                        tracing::warn!(%error, "claim on an upload cannot be renewed");
                    }
                }
            }
        };
        self.finish(query, outcome).await
    }

    /// Copies the chunks into one file and checks that it is the one that was announced.
    async fn gather(&self, query: &Query) -> Result<Scratch, Refusal> {
        let mut file = Scratch::new(&query.blobs).await?;
        for chunk in &self.chunks {
            let key = BlobKey::Chunk { organization: self.organization, sha1: chunk.clone() };
            let bytes = query.blobs.get(&key).await.map_err(|error| match error {
                BlobError::NotFound { .. } | BlobError::Damaged { .. } => Refusal::Lost(chunk.clone()),
                error => error.into(),
            })?;
            file = file.append(bytes).await?;
            if file.bytes() > FILE_BYTES {
                return Err(Refusal::Unfit(format!("file is larger than {FILE_BYTES} bytes")));
            }
        }
        let found = file.sha1();
        match found == self.sha1 {
            true => Ok(file),
            false => {
                Err(Refusal::Unfit(format!("checksum does not fit: the chunks make a file of SHA-1 {found}")))
            }
        }
    }

    async fn finish(&self, query: &Query, outcome: Result<(), Refusal>) -> State {
        let (state, settled) = match outcome {
            Ok(()) => {
                let soon = query.clock.now().plus_ms(DONE_MS);
                let settled = match query.catalog.expire_chunks(self.organization, &self.chunks, soon).await {
                    Ok(()) => query.catalog.finish_assembly(&self.key(), None).await,
                    failed => failed,
                };
                (State::Ok, settled.map_err(Refusal::from))
            }
            Err(refusal) => {
                let detail = refusal.to_string();
                let settled = self.give_up(query, refusal, &detail).await;
                (State::Error(detail), settled)
            }
        };
        if let Err(error) = settled {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "end of an upload cannot be written down"
            );
        }
        state
    }

    async fn give_up(&self, query: &Query, refusal: Refusal, detail: &str) -> Result<(), Refusal> {
        match refusal {
            // The same chunks would make the same file.
            Refusal::Unfit(_) => self.forget_chunks(query).await?,
            Refusal::Lost(_) => {
                self.forget_chunks(query).await?;
                return Ok(query.catalog.finish_assembly(&self.key(), None).await?);
            }
            Refusal::Failed(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "an upload could not be stored");
            }
        }
        Ok(query.catalog.finish_assembly(&self.key(), Some(detail)).await?)
    }

    async fn forget_chunks(&self, query: &Query) -> Result<(), Refusal> {
        query.catalog.forget_chunks(self.organization, &self.chunks).await?;
        for chunk in &self.chunks {
            let key = BlobKey::Chunk { organization: self.organization, sha1: chunk.clone() };
            query.blobs.delete(&key).await?;
        }
        Ok(())
    }
}

/// How far files are, after a little patience with those that are under way.
pub(crate) async fn wait(started: Vec<Started>) -> Vec<State> {
    let until = Instant::now() + PATIENCE;
    let mut states = Vec::with_capacity(started.len());
    for started in started {
        states.push(match started {
            Started::Decided(state) => state,
            // Dropping the handle leaves the task running.
            Started::Running(task) => match timeout_at(until, task).await {
                Ok(Ok(state)) => state,
                Ok(Err(_)) | Err(_) => State::Assembling,
            },
        });
    }
    states
}
