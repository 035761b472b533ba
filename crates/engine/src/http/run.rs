//! Running a statement: the engine's blocking calls on one side, a request's streams on the other.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

use super::{
    compressed::Blocks,
    exception::{self, Own},
    pieces::Joiner,
    request::Ask,
    respond::{content_type, head},
};
use crate::{
    ffi::Output,
    pool::{Pool, Slot},
};

/// Pieces on their way between a request and the engine: enough to keep both busy, few enough to bound memory.
const PIECES: usize = 4;
/// Says that a statement's output ended with an exception; `X-ClickHouse-Exception-Tag`.
const EXCEPTION_TAG: &str = "maydayexceptions";

/// Kills a statement whose client went away.
struct KillOnDrop {
    pool: Arc<Pool>,
    /// None: the statement has ended.
    name: Option<String>,
}

impl KillOnDrop {
    fn ended(&mut self) {
        self.name = None;
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            let pool = self.pool.clone();
            tracing::debug!(statement = name, "the client is gone: killing its statement");
            tokio::task::spawn_blocking(move || pool.kill(&name));
        }
    }
}

/// Runs a statement that takes no rows; its output goes out while it comes.
pub(super) async fn query(
    pool: &Arc<Pool>,
    ask: Ask,
    sql: Vec<u8>,
    format: String,
    joiner: Option<Joiner>,
) -> HttpResponse {
    let Some(slot) = pool.slot().await else { return stopping(&ask, pool) };
    let mut guard = KillOnDrop { pool: pool.clone(), name: Some(slot.name.clone()) };
    let (sender, mut receiver) = mpsc::channel(PIECES);
    let (query_id, wait_for_end) = (ask.query_id.clone(), ask.wait_for_end);
    let work = QueryWork { pool: pool.clone(), slot, ask, sql, format: format.clone(), joiner };
    tokio::task::spawn_blocking(move || {
        if let Err(error) = work.run(&sender) {
            // Nobody listens any more: nobody is told.
            sender.blocking_send(Err(error)).ok();
        }
    });
    let mut first = Vec::new();
    loop {
        match receiver.recv().await {
            Some(Err(error)) => {
                guard.ended();
                return exception::answer(&error, &query_id, pool);
            }
            Some(Ok(piece)) => first.push(Ok(piece)),
            None => {
                guard.ended();
                break;
            }
        }
        if !wait_for_end {
            break;
        }
    }
    let mut response = HttpResponse::Ok();
    head(&mut response, &query_id, pool);
    response
        .insert_header(("X-ClickHouse-Format", format.as_str()))
        .insert_header(("X-ClickHouse-Exception-Tag", EXCEPTION_TAG))
        .content_type(content_type(&format));
    match &guard.name {
        None => response.body(concatenate(first)),
        Some(_) => response.streaming(stream::iter(first).chain(output(receiver, guard))),
    }
}

fn concatenate(pieces: Vec<std::io::Result<Bytes>>) -> Bytes {
    let mut pieces: Vec<Bytes> = pieces.into_iter().filter_map(Result::ok).collect();
    match pieces.len() {
        1 => pieces.remove(0),
        _ => pieces.concat().into(),
    }
}

/// The rest of an output; an exception in its midst is written the way that ClickHouse writes it.
fn output(
    receiver: mpsc::Receiver<Result<Bytes, String>>,
    guard: KillOnDrop,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::unfold((receiver, guard), |(mut receiver, mut guard)| async move {
        match receiver.recv().await {
            Some(Ok(piece)) => Some((Ok(piece), (receiver, guard))),
            Some(Err(error)) => {
                guard.ended();
                let error = exception::complete(&error, &guard.pool);
                let length = error.len();
                let mark = "\r\n__exception__\r\n";
                let block = format!("{mark}{EXCEPTION_TAG}\r\n{error}{length} {EXCEPTION_TAG}{mark}");
                Some((Ok(Bytes::from(block)), (receiver, guard)))
            }
            None => {
                guard.ended();
                None
            }
        }
    })
}

/// A statement without rows, ready to run.
struct QueryWork {
    pool: Arc<Pool>,
    slot: Slot,
    ask: Ask,
    sql: Vec<u8>,
    format: String,
    joiner: Option<Joiner>,
}

impl QueryWork {
    fn run(mut self, sender: &mpsc::Sender<Result<Bytes, String>>) -> Result<(), String> {
        let mut connection =
            self.pool.connect(&self.slot, self.ask.database.as_deref(), &self.ask.settings)?;
        let Some(joiner) = &mut self.joiner else {
            let output = connection.query(&self.sql, &self.format, &self.ask.parameters)?;
            sender.blocking_send(Ok(output.bytes)).ok();
            return Ok(());
        };
        let mut stream = connection.stream(&self.sql, &self.format, &self.ask.parameters)?;
        while let Some(piece) = stream.next()? {
            if sender.blocking_send(Ok(joiner.join(piece))).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// What a request's body brings to an `INSERT`.
enum Rows {
    Piece(Bytes),
    End,
}

/// Runs an `INSERT`: rows of the statement's own text, then those of the body. All or, on any error, nothing.
pub(super) async fn insert(
    pool: &Arc<Pool>,
    ask: Ask,
    head_sql: Vec<u8>,
    format: String,
    inline: Bytes,
    body: Option<web::Payload>,
) -> HttpResponse {
    let Some(slot) = pool.slot().await else { return stopping(&ask, pool) };
    let query_id = ask.query_id.clone();
    let (sender, receiver) = mpsc::channel(PIECES);
    let work = InsertWork { pool: pool.clone(), slot, ask, head_sql, format };
    let running = tokio::task::spawn_blocking(move || work.run(receiver));
    let mut takes = inline.is_empty() || sender.send(Rows::Piece(inline)).await.is_ok();
    let mut body = stream::iter(body).flatten();
    while let Some(piece) = body.next().await {
        let Ok(piece) = piece else {
            // The client broke off: without `End` nothing is inserted.
            drop(sender);
            running.await.ok();
            return exception::answer(&Own::ClientGone.text("the body ended early"), &query_id, pool);
        };
        // What comes behind an error is read and dropped, so that the client gets to read the answer.
        takes = takes && sender.send(Rows::Piece(piece)).await.is_ok();
    }
    if takes {
        sender.send(Rows::End).await.ok();
    }
    drop(sender);
    match running.await.unwrap_or_else(|error| Err(Own::Stopping.text(&error.to_string()))) {
        Ok(output) => inserted(&output, &query_id, pool),
        Err(error) => exception::answer(&error, &query_id, pool),
    }
}

fn inserted(output: &Output, query_id: &str, pool: &Pool) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    head(&mut response, query_id, pool);
    let summary = serde_json::json!({
        "read_rows": "0",
        "read_bytes": "0",
        "written_rows": output.rows_written.to_string(),
        "written_bytes": "0",
        "total_rows_to_read": "0",
        "result_rows": output.rows_written.to_string(),
        "result_bytes": "0",
    });
    response.insert_header(("X-ClickHouse-Summary", summary.to_string()));
    response.content_type("text/plain; charset=UTF-8").body("")
}

/// An `INSERT`, ready to run.
struct InsertWork {
    pool: Arc<Pool>,
    slot: Slot,
    ask: Ask,
    head_sql: Vec<u8>,
    format: String,
}

impl InsertWork {
    fn run(self, mut rows: mpsc::Receiver<Rows>) -> Result<Output, String> {
        let mut connection =
            self.pool.connect(&self.slot, self.ask.database.as_deref(), &self.ask.settings)?;
        let mut insert = connection.insert(&self.head_sql, &self.format, &self.ask.parameters)?;
        let mut blocks = self.ask.decompress.then(Blocks::default);
        loop {
            let piece = match rows.blocking_recv() {
                Some(Rows::Piece(piece)) => piece,
                Some(Rows::End) => break,
                None => return Err(Own::ClientGone.text("the client went away before the rows ended")),
            };
            let taken = match &mut blocks {
                Some(blocks) => insert.append(&blocks.push(&piece)?),
                None => insert.append(&piece),
            };
            if !taken {
                break;
            }
        }
        if let Some(blocks) = &blocks {
            blocks.finish()?;
        }
        insert.finish()
    }
}

fn stopping(ask: &Ask, pool: &Pool) -> HttpResponse {
    exception::answer(&Own::Stopping.text("the engine is stopping"), &ask.query_id, pool)
}
