//! Bodies of requests and answers: neither may keep a connection for nothing.

use std::{
    io::ErrorKind,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    error::PayloadError,
    web::Bytes,
};
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection::UnderWay;

/// Time that every body has.
const BASE_TIME: Duration = Duration::from_secs(60);
/// What a body that takes longer must come at, bytes a second: a phone on a bad network, not one that dawdles on purpose.
const LEAST_RATE: u64 = 16 << 10;

/// Gives a request's body a deadline that moves on with what has come.
pub(super) fn paced(payload: Payload) -> Payload {
    match payload {
        Payload::None => Payload::None,
        payload => {
            let paced = Paced { payload, began: Instant::now(), bytes: 0, timer: None };
            Payload::Stream { payload: Box::pin(paced) }
        }
    }
}

struct Paced {
    payload: Payload,
    began: Instant,
    bytes: u64,
    /// Most bodies are there at once and never wait.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stream for Paced {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(piece) = Pin::new(&mut this.payload).poll_next(context) {
            if let Some(Ok(piece)) = &piece {
                this.bytes = this.bytes.saturating_add(piece.len() as u64);
            }
            return Poll::Ready(piece);
        }
        let deadline = this.began + BASE_TIME + Duration::from_secs(this.bytes / LEAST_RATE);
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context).map(|()| Some(Err(PayloadError::Io(ErrorKind::TimedOut.into()))))
    }
}

/// An answer's body: with its last byte the request is done.
pub(super) struct Counted {
    body: BoxBody,
    _under_way: Option<UnderWay>,
}

impl Counted {
    pub(super) fn new(body: BoxBody, under_way: Option<UnderWay>) -> Self {
        Self { body, _under_way: under_way }
    }
}

impl MessageBody for Counted {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    /// How many bytes of one sent each `pause` come through, at most 1,000.
    async fn passed(pause: Duration, size: usize) -> usize {
        let pieces = stream::repeat(Bytes::from(vec![0; size])).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            Ok(piece)
        });
        let paced = paced(Payload::Stream { payload: Box::pin(pieces) });
        paced.take(1000).take_while(|piece| std::future::ready(piece.is_ok())).count().await
    }

    #[tokio::test]
    async fn a_body_that_drips_ends() {
        tokio::time::pause();
        assert_eq!(passed(Duration::from_secs(1), 1).await, 59);
    }

    #[tokio::test]
    async fn a_large_body_over_a_slow_line_does_not() {
        tokio::time::pause();
        assert_eq!(passed(Duration::from_secs(1), 16 << 10).await, 1000);
    }
}
