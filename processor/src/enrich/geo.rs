//! Countries and cities of addresses, out of a file in MaxMind's format.
//!
//! The file is read into memory, not mapped: an operator's tool that writes over a mapped file would end the process.
//! A damaged place in it costs the look-up, never the event.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use maxminddb::{MaxMindDbError, Reader};
use schemas::event::{Event, Tags};
use serde::Deserialize;

/// Longest file that is read. The largest databases of cities have a few hundred megabytes.
const FILE_BYTES: u64 = 1 << 30;

/// One table of addresses.
pub(super) struct Geo {
    path: PathBuf,
    reader: Reader<Vec<u8>>,
    /// Whether it was said that the table is damaged.
    damaged: AtomicBool,
}

impl std::fmt::Debug for Geo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Geo").field("path", &self.path).finish_non_exhaustive()
    }
}

/// So much of an entry as is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    country: Place<'a>,
    #[serde(borrow)]
    subdivisions: Vec<Place<'a>>,
    #[serde(borrow)]
    city: Place<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Names<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names<'a> {
    en: Option<&'a str>,
}

impl Geo {
    /// Reads a file. The error says what is wrong with it, not which file it is.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if !metadata.is_file() || metadata.len() > FILE_BYTES {
            return Err(format!("it is no file of at most {FILE_BYTES} bytes"));
        }
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let reader = Reader::from_source(bytes).map_err(|error| format!("it is no whole database in MaxMind's format: {error}"))?;
        let holds = &reader.metadata().database_type;
        if !["City", "Country", "Enterprise"].iter().any(|kind| holds.contains(kind)) {
            return Err(format!("it is a database of {holds:?}; one of cities or countries is needed, such as GeoLite2-City"));
        }
        Ok(Self { path: path.to_owned(), reader, damaged: AtomicBool::new(false) })
    }

    /// Where the user is, unless the client says it.
    pub(super) fn fill(&self, event: &mut Event) {
        let Some(user) = &mut event.user else { return };
        if !user.geo.is_empty() {
            return;
        }
        if let Some(address) = user.ip_address.as_deref().and_then(public) {
            user.geo = self.of(address);
        }
    }

    /// What is known of an address; nothing of one that is in no table.
    fn of(&self, address: IpAddr) -> Tags {
        self.look_up(address).unwrap_or_else(|error| {
            if !self.damaged.swap(true, Ordering::Relaxed) {
                tracing::error!(file = %self.path.display(), %error, "the table of addresses is damaged; some are not found in it");
            }
            Tags::new()
        })
    }

    fn look_up(&self, address: IpAddr) -> Result<Tags, MaxMindDbError> {
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Ok(Tags::new());
        }
        let Some(entry) = self.reader.lookup(address)?.decode::<Entry<'_>>()? else { return Ok(Tags::new()) };
        let region = entry.subdivisions.first().and_then(|place| place.names.en.or(place.iso_code));
        let known = [("country_code", entry.country.iso_code), ("region", region), ("city", entry.city.names.en)];
        let known = known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.filter(|v| !v.is_empty())?.to_owned())));
        Ok(known.collect())
    }
}

/// The address, if it can be anywhere in particular.
fn public(text: &str) -> Option<IpAddr> {
    let address = text.trim().parse::<IpAddr>().ok()?.to_canonical();
    let private = match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    (!private).then_some(address)
}

#[cfg(test)]
#[path = "geo/tests.rs"]
mod tests;
