//! Gives ClickHouse a batch's rows, and finds out which of them it refuses.

use mayday_store::{StoreError, rows::EventRow};

use crate::{
    batch::{Batch, SetAside},
    pipeline::Pipeline,
    retry::{Failure, Stopped, chain, until_done},
};

/// Whether this batch may have been sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Try {
    First,
    Again,
}

impl Pipeline {
    /// Stores a batch's rows, each once. Those that ClickHouse refuses even alone leave the batch.
    pub(crate) async fn store(&self, batch: &mut Batch, attempt: Try) -> Result<Vec<SetAside>, Stopped> {
        let refused = self.store_rows(&batch.token(), &batch.rows, attempt).await?;
        Ok(refused
            .into_iter()
            .rev()
            .map(|(index, error)| {
                batch.rows.remove(index);
                SetAside {
                    source: batch.sources.remove(index),
                    step: "store",
                    reason: "refused_by_store".to_owned(),
                    detail: chain(&error),
                }
            })
            .collect())
    }

    /// The rows that are refused, in order. A refused batch is halved until the rows at fault are found.
    async fn store_rows(
        &self,
        token: &str,
        rows: &[EventRow],
        mut attempt: Try,
    ) -> Result<Vec<(usize, StoreError)>, Stopped> {
        let mut refused = Vec::new();
        let mut left = vec![(0, token.to_owned(), rows)];
        while let Some((start, token, part)) = left.pop() {
            match self.insert(&token, part, attempt).await? {
                Ok(()) => {}
                Err(error) if part.len() <= 1 => refused.push((start, error)),
                Err(_) => {
                    let (head, tail) = part.split_at(part.len() / 2);
                    left.push((start + head.len(), format!("{token}b"), tail));
                    left.push((start, format!("{token}a"), head));
                }
            }
            attempt = Try::Again;
        }
        Ok(refused)
    }

    /// Inserts rows until they are in or are refused. After a first try nobody knows what became of it.
    async fn insert(
        &self,
        token: &str,
        rows: &[EventRow],
        mut attempt: Try,
    ) -> Result<Result<(), StoreError>, Stopped> {
        let store = &self.worker.store;
        until_done("store events in ClickHouse", &self.stop, || {
            let attempt = std::mem::replace(&mut attempt, Try::Again);
            async move {
                let done = match attempt {
                    Try::First => store.insert_events(token, rows).await,
                    Try::Again => store.complete_events(token, rows).await,
                };
                done.map_err(|error| match error {
                    StoreError::Refused { .. } => Failure::Lasting(error),
                    _ => Failure::Passing(error),
                })
            }
        })
        .await
    }
}
