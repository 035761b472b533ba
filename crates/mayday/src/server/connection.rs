//! An open connection, and when it is cut: a client that holds one must use it.
//!
//! The HTTP stack times the first request's head; after it, one byte now and then would keep a connection for ever.
//! So the stream itself knows whether a request is under way, and ends if none is for too long.

use std::{
    cell::Cell,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::rt::net::TcpStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};
use tokio_rustls::server::TlsStream;

/// Time for a client to send a request's head.
pub(super) const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time that a connection without a request is kept.
pub(super) const QUIET_TIME: Duration = Duration::from_secs(75);

/// Whether a connection's client has a request under way, and since when not. One thread serves a connection.
#[derive(Debug)]
pub(super) struct Life {
    under_way: Cell<u32>,
    quiet_since: Cell<Instant>,
    /// When the first byte of the next request came.
    head_since: Cell<Option<Instant>>,
}

impl Life {
    fn new() -> Self {
        Self { under_way: Cell::new(0), quiet_since: Cell::new(Instant::now()), head_since: Cell::new(None) }
    }

    /// A request's head is read; it is under way until the guard is dropped.
    pub(super) fn begin(self: &Rc<Self>) -> UnderWay {
        self.under_way.set(self.under_way.get() + 1);
        self.head_since.set(None);
        UnderWay(self.clone())
    }

    /// Requests under way at once.
    pub(super) fn under_way(&self) -> u32 {
        self.under_way.get()
    }

    /// When the connection is to be cut, if nothing changes.
    fn deadline(&self) -> Option<Instant> {
        if self.under_way.get() > 0 {
            return None;
        }
        let quiet = self.quiet_since.get() + QUIET_TIME;
        Some(self.head_since.get().map_or(quiet, |head| quiet.min(head + HEAD_TIME)))
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct UnderWay(Rc<Life>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
        self.0.quiet_since.set(Instant::now());
    }
}

/// What a connection's bytes travel on.
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection that ends by itself when its client does not use it.
pub(super) struct Watched {
    wire: Wire,
    life: Rc<Life>,
    timer: Pin<Box<Sleep>>,
    /// HTTP/2 sends more than requests: there the bytes say nothing about a head.
    times_heads: bool,
}

impl Watched {
    pub(super) fn new(wire: Wire, times_heads: bool) -> Self {
        let life = Rc::new(Life::new());
        let timer = Box::pin(sleep_until(life.quiet_since.get() + QUIET_TIME));
        Self { wire, life, timer, times_heads }
    }

    pub(super) fn life(&self) -> &Rc<Life> {
        &self.life
    }

    fn wire(&mut self) -> Pin<&mut (dyn Duplex + '_)> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream),
            Wire::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }

    /// Ready when the connection's time is over; else wakes the task when it may be.
    fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = Instant::now();
            let look_again = match self.life.deadline() {
                Some(deadline) if deadline <= now => return Poll::Ready(()),
                Some(deadline) => deadline,
                None => now + QUIET_TIME,
            };
            // A later one need not be set: the timer asks again when it wakes.
            if look_again < self.timer.deadline() || self.timer.is_elapsed() {
                self.timer.as_mut().reset(look_again);
            }
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.wire().poll_read(context, buffer);
        let came = buffer.filled().len() - before;
        let is_head = self.times_heads && self.life.under_way() == 0 && came > 0;
        if is_head && self.life.head_since.get().is_none() {
            self.life.head_since.set(Some(Instant::now()));
        }
        let over = match &read {
            Poll::Pending => self.poll_over(context).is_ready(),
            Poll::Ready(_) => self.life.deadline().is_some_and(|deadline| deadline <= Instant::now()),
        };
        if over { Poll::Ready(Err(ErrorKind::TimedOut.into())) } else { read }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wire().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wire().poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire().poll_shutdown(context)
    }
}
