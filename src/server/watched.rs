//! What tells the table how far a connection is: its bytes, its requests and its answers. Changes none of them.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::table::Connection;

/// A stream of bytes whose incoming ones are seen.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    connection: Arc<Connection>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self { stream, connection }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() && buffer.filled().len() > before {
            self.connection.saw(&buffer.filled()[before..]);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// One request and its answer. Ends with the answer's last byte, or when either is given up.
#[derive(Debug)]
pub(super) struct Turn {
    connection: Arc<Connection>,
    ours: std::sync::atomic::AtomicBool,
}

impl Turn {
    /// The head of a request is there.
    pub(super) fn new(connection: &Arc<Connection>) -> Arc<Self> {
        connection.head_is_there();
        Arc::new(Self { connection: Arc::clone(connection), ours: false.into() })
    }

    /// The request is there whole, or we answer without waiting for the rest of it.
    fn is_ours(&self) {
        if !self.ours.swap(true, std::sync::atomic::Ordering::Relaxed) {
            self.connection.begin();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.connection.end(*self.ours.get_mut());
    }
}

/// The body of a request; when it ends it is our turn.
struct Incoming {
    body: hyper::body::Incoming,
    turn: Arc<Turn>,
}

/// The body of an answer; the turn ends with it.
struct Outgoing {
    body: Body,
    _turn: Arc<Turn>,
}

/// The body of a request, watched.
pub(super) fn incoming(body: hyper::body::Incoming, turn: &Arc<Turn>) -> Body {
    if body.is_end_stream() {
        turn.is_ours();
        return Body::new(body);
    }
    Body::new(Incoming { body, turn: Arc::clone(turn) })
}

/// The body of an answer, watched.
pub(super) fn outgoing(body: Body, turn: Arc<Turn>) -> Body {
    turn.is_ours();
    Body::new(Outgoing { body, _turn: turn })
}

impl HttpBody for Incoming {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream() {
            self.turn.is_ours();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
