//! An open connection, and when it is cut: a client that holds one must use it.
//!
//! The HTTP stack times the first request's head; after it, one byte now and then would keep a connection for ever.
//! So the stream itself knows whether a request is under way, and ends if none is for too long.

use std::{
    cell::Cell,
    io::{self, ErrorKind, IoSlice},
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::rt::net::TcpStream;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, Take},
    time::{Instant, Sleep, sleep_until},
};
use tokio_rustls::server::TlsStream;

/// Time for a client to send a request's head.
pub(super) const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time that a connection without a request is kept.
pub(super) const QUIET_TIME: Duration = Duration::from_secs(75);

/// Room that is left in the HTTP stack's buffer of 8 KiB: with less it makes a larger one, and keeps that for as long as the
/// connection is open.
const SPARE_BYTES: usize = 1 << 10;

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

impl Wire {
    fn stream(&mut self) -> Pin<&mut (dyn Duplex + '_)> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

/// A connection that ends by itself when its client does not use it.
pub(super) struct Watched {
    wire: Take<Wire>,
    life: Rc<Life>,
    timer: Pin<Box<Sleep>>,
    /// HTTP/2 sends more than requests: there the bytes say nothing about a head, and its library has buffers of its own.
    is_http1: bool,
    /// The HTTP stack must look at what was read before there is more.
    is_full: bool,
}

impl Watched {
    pub(super) fn new(wire: Wire, is_http1: bool) -> Self {
        let life = Rc::new(Life::new());
        let timer = Box::pin(sleep_until(life.quiet_since.get() + QUIET_TIME));
        Self { wire: wire.take(u64::MAX), life, timer, is_http1, is_full: false }
    }

    pub(super) fn life(&self) -> &Rc<Life> {
        &self.life
    }

    /// Where bytes are written to.
    fn sink(&mut self) -> Pin<&mut (dyn Duplex + '_)> {
        self.wire.get_mut().stream()
    }

    /// Reads as much as leaves the HTTP stack's buffer as it is. Where that is nothing, a byte makes it find out that the
    /// buffer is empty.
    fn read_piece(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.is_http1 {
            return Pin::new(&mut self.wire).poll_read(context, buffer);
        }
        let most = buffer.remaining().saturating_sub(SPARE_BYTES);
        self.wire.set_limit(most.max(1) as u64);
        let read = Pin::new(&mut self.wire).poll_read(context, buffer);
        self.is_full = most > 0 && buffer.remaining() <= SPARE_BYTES;
        read
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

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if mem::take(&mut self.is_full) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = self.read_piece(context, buffer);
        let came = buffer.filled().len() - before;
        let is_head = self.is_http1 && self.life.under_way() == 0 && came > 0;
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
        self.sink().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.sink().poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        match self.wire.get_ref() {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sink().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sink().poll_shutdown(context)
    }
}
