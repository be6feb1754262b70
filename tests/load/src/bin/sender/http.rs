//! As much of HTTP/1.1 as the sender needs.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use crate::options::Options;

const READ_TIMEOUT: Duration = Duration::from_secs(60);
const RECONNECT: Duration = Duration::from_millis(50);

/// Where `needle` starts in `text`, at or after `from`.
pub fn find(text: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    text[from..].windows(needle.len()).position(|window| window == needle).map(|at| at + from)
}

/// One kept-alive connection with the request that is about to go out.
pub struct Connection<'a> {
    options: &'a Options,
    stream: Option<TcpStream>,
    request: Vec<u8>,
    body_at: usize,
    answer: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub fn new(options: &'a Options) -> Self {
        Self { options, stream: None, request: Vec::new(), body_at: 0, answer: Vec::new() }
    }

    /// Makes the request for `body`; gzip is told by its first bytes.
    pub fn prepare(&mut self, body: &[u8]) {
        let encoding = if body.starts_with(&[0x1f, 0x8b]) { "Content-Encoding: gzip\r\n" } else { "" };
        let head = format!(
            "POST /api/{}/envelope/ HTTP/1.1\r\nHost: {}\r\nUser-Agent: belfry-load/1\r\nContent-Type: application/x-sentry-envelope\r\n{encoding}\
             X-Sentry-Auth: Sentry sentry_version=7, sentry_client=belfry-load/1, sentry_key={}\r\nContent-Length: {}\r\n\r\n",
            self.options.project,
            self.options.addr,
            self.options.key,
            body.len()
        );
        self.request.clear();
        self.request.extend_from_slice(head.as_bytes());
        self.body_at = self.request.len();
        self.request.extend_from_slice(body);
    }

    pub fn prepared_body(&mut self) -> &mut [u8] {
        &mut self.request[self.body_at..]
    }

    /// Sends the request and reads the answer's status; tries once more on a new connection. 0: no answer.
    pub fn send(&mut self) -> u16 {
        for _ in 0..2 {
            match self.exchange() {
                Ok(status) => return status,
                Err(_) => {
                    self.stream = None;
                    thread::sleep(RECONNECT);
                }
            }
        }
        0
    }

    fn exchange(&mut self) -> io::Result<u16> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.options.addr)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(READ_TIMEOUT))?;
                self.stream.insert(stream)
            }
        };
        stream.write_all(&self.request)?;
        let (status, keep) = read_answer(stream, &mut self.answer)?;
        if !keep {
            self.stream = None;
        }
        Ok(status)
    }
}

/// Reads one answer to its end; gives the status and whether the connection stays open.
fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<(u16, bool)> {
    buffer.clear();
    let head_end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n", 0) {
            break at + 4;
        }
        read_more(stream, buffer)?;
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).to_ascii_lowercase();
    let status = head.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name).map(str::trim));
    if let Some(length) = header("content-length:").and_then(|text| text.parse::<usize>().ok()) {
        while buffer.len() < head_end + length {
            read_more(stream, buffer)?;
        }
    } else if header("transfer-encoding:").is_some_and(|value| value.contains("chunked")) {
        while find(buffer, b"0\r\n\r\n", head_end).is_none() {
            read_more(stream, buffer)?;
        }
    }
    Ok((status, header("connection:") != Some("close")))
}

fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    let mut chunk = [0; 16 * 1024];
    match stream.read(&mut chunk)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => {
            buffer.extend_from_slice(&chunk[..count]);
            Ok(())
        }
    }
}
