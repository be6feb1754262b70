//! What attributes say about HTTP, by the stable names of the semantic conventions and the older ones. It is the
//! request that was served, or in a client's span the call that failed.

use serde_json::Value;

use super::attributes::{joined, text};
use crate::{
    event::{Call, Event, Request, User},
    wire::parts,
};

/// Collects the attributes of one request.
#[derive(Default)]
pub(super) struct Http {
    method: Option<String>,
    url: Option<String>,
    scheme: Option<String>,
    host: Option<String>,
    port: Option<String>,
    path: Option<String>,
    query: Option<String>,
    status: Option<u16>,
    resend: Option<u32>,
    headers: Vec<(String, String)>,
    client: Option<String>,
}

impl Http {
    /// Takes an attribute that it knows, or gives the value back.
    pub(super) fn take(&mut self, name: &str, value: Value) -> Option<Value> {
        let slot = match name {
            "http.request.method" | "http.method" => &mut self.method,
            "url.full" | "http.url" => &mut self.url,
            "url.scheme" | "http.scheme" => &mut self.scheme,
            "server.address" | "http.host" | "net.peer.name" | "net.host.name" => &mut self.host,
            "server.port" | "net.peer.port" | "net.host.port" => &mut self.port,
            "url.path" | "http.target" => &mut self.path,
            "url.query" => &mut self.query,
            "client.address" | "http.client_ip" => &mut self.client,
            "user_agent.original" | "http.user_agent" => return self.header("User-Agent", value),
            "http.response.status_code" | "http.status_code" => return self.status(value),
            "http.request.resend_count" => {
                self.resend = value.as_u64().and_then(|count| u32::try_from(count).ok());
                return self.resend.is_none().then_some(value);
            }
            _ => match name.strip_prefix("http.request.header.") {
                Some(header) => return self.header(&header.replace('_', "-"), value),
                None => return Some(value),
            },
        };
        fill(slot, value)
    }

    fn status(&mut self, value: Value) -> Option<Value> {
        let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()).and_then(|status| u16::try_from(status).ok());
        match number {
            Some(status) if self.status.is_none() => {
                self.status = Some(status);
                None
            }
            _ => Some(value),
        }
    }

    fn header(&mut self, name: &str, value: Value) -> Option<Value> {
        match joined(value.clone()).filter(|_| !self.headers.iter().any(|(held, _)| held.eq_ignore_ascii_case(name))) {
            Some(text) => {
                self.headers.push((name.to_owned(), text));
                None
            }
            None => Some(value),
        }
    }

    /// Puts what was collected into the event.
    pub(super) fn settle(mut self, event: &mut Event, is_call: bool) {
        let address = self.address();
        if is_call {
            let call = Call {
                url: address,
                method: self.method.map(|method| method.to_ascii_uppercase()),
                status_code: self.status,
                attempt: self.resend.map(|count| count.saturating_add(1)),
                provider: self.host,
                ..event.call.take().unwrap_or_default()
            };
            event.call = (call != Call::default()).then_some(call);
            return;
        }
        if let Some(client) = self.client.take() {
            event.user.get_or_insert_with(User::default).ip_address.get_or_insert(client);
        }
        let mut request = Request {
            method: self.method.map(|method| method.to_ascii_uppercase()),
            headers: self.headers,
            status_code: self.status,
            ..Request::default()
        };
        if let Some(address) = address {
            let (rest, fragment) = address.split_once('#').map_or((address.as_str(), None), |(rest, fragment)| (rest, Some(fragment)));
            let (url, query) = rest.split_once('?').map_or((rest, None), |(url, query)| (url, Some(query)));
            request.url = Some(url.to_owned());
            request.query = query.map(parts::decoded).unwrap_or_default();
            request.fragment = fragment.map(str::to_owned);
        }
        // A host alone is where a program runs, not a request.
        if request != Request::default() {
            event.request = Some(request);
        }
    }

    /// The whole address, or what can be made of its parts.
    fn address(&mut self) -> Option<String> {
        if let Some(url) = self.url.take() {
            return Some(url);
        }
        let mut path = self.path.take()?;
        if let Some(query) = self.query.take().filter(|query| !query.is_empty() && !path.contains('?')) {
            path = format!("{path}?{query}");
        }
        let Some(host) = &self.host else { return Some(path) };
        let port = match (self.scheme.as_deref(), self.port.as_deref()) {
            (_, None) | (Some("http"), Some("80")) | (Some("https"), Some("443")) => String::new(),
            _ if host.contains(':') => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        Some(format!("{}://{host}{port}{path}", self.scheme.as_deref().unwrap_or("http")))
    }
}

/// Fills a slot once; a value that is no text, or comes too late, comes back.
pub(super) fn fill(slot: &mut Option<String>, value: Value) -> Option<Value> {
    if slot.is_some() || matches!(value, Value::Array(_) | Value::Object(_)) {
        return Some(value);
    }
    *slot = text(value).filter(|text| !text.is_empty());
    None
}
