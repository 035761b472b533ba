//! A request's body: read and inflated within the caps.

use std::{io, sync::Arc, time::Instant};

use actix_web::{HttpRequest, error::PayloadError, http::header, web::Payload};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use mayday_event::{
    capped::{InflateError, InflateLimits},
    limits,
};
use tokio::sync::Semaphore;

use crate::{
    error::Refused,
    rooms::{BodyRooms, Room},
};

/// A body longer than this is worked on away from the threads that answer requests, bytes.
const LARGE_BYTES: usize = 256 << 10;
/// Large bodies worked on at once: each may inflate to [`limits::INFLATED_BYTES`].
const LARGE_AT_ONCE: usize = 4;

/// Bytes of a body that its announced length reserves memory for: enough that few bodies are copied while they grow, and no
/// more than a client may claim.
const RESERVED_BYTES: usize = 1 << 20;

/// A body as it was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) bytes: Bytes,
    /// The Content-Encoding header; empty for none.
    pub(crate) encoding: String,
    /// Given back with the body.
    pub(crate) room: Option<Room>,
}

impl Sent {
    /// Lets go of the bytes, but not of their room: what was made of them takes as much.
    pub(crate) fn into_room(self) -> Option<Room> {
        self.room
    }
}

/// The turn of those whose body is large.
#[derive(Clone)]
pub(crate) struct LargeBodies(Arc<Semaphore>);

impl Default for LargeBodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_AT_ONCE)))
    }
}

/// Reads a body up to [`limits::BODY_BYTES`], while `rooms` has room for it. How long it may take is the server's to say,
/// by an error of kind [`io::ErrorKind::TimedOut`].
pub(crate) async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    rooms: &BodyRooms,
) -> Result<Sent, Refused> {
    let too_large = || Refused::BodyTooLarge { limit: limits::BODY_BYTES };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limits::BODY_BYTES) {
        return Err(too_large());
    }
    let began = Instant::now();
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or_default().min(RESERVED_BYTES));
    let mut room = None;
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|error| match error {
            PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                Refused::BodySlow { seconds: began.elapsed().as_secs() }
            }
            error => Refused::BodyBroken { problem: error.to_string() },
        })?;
        let length = bytes.len() + piece.len();
        if length > limits::BODY_BYTES {
            return Err(too_large());
        }
        rooms.widen(&mut room, length)?;
        bytes.extend_from_slice(&piece);
    }
    let encoding = request.headers().get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let encoding = encoding.unwrap_or_default().trim().to_owned();
    Ok(Sent { bytes: bytes.freeze(), encoding, room })
}

impl LargeBodies {
    /// Inflates and looks through a body with `check`, here if it is small, elsewhere if it is large.
    pub(crate) async fn check<T: Send + 'static>(
        &self,
        sent: &Sent,
        check: impl FnOnce(Bytes, &str, &InflateLimits) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let (bytes, encoding) = (sent.bytes.clone(), sent.encoding.clone());
        let limits = InflateLimits::default();
        if bytes.len() <= LARGE_BYTES {
            return check(bytes, &encoding, &limits);
        }
        let Ok(permit) = self.0.clone().acquire_owned().await else { return Err(Refused::Stopping) };
        let work = move || {
            let checked = check(bytes, &encoding, &limits);
            drop(permit);
            checked
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Refused::Stopping))
    }
}

impl From<InflateError> for Refused {
    fn from(error: InflateError) -> Self {
        Self::Inflate(error)
    }
}
