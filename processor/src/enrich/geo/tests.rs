#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use schemas::event::User;

use super::*;
use crate::testing::read;

/// Test data of the maker of the format: see its licence beside it.
const CITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/city.mmdb");

fn city() -> Geo {
    Geo::open(Path::new(CITY)).unwrap()
}

fn geo(address: &str) -> Vec<(String, String)> {
    let mut event = read(&serde_json::json!({"message": "m"}));
    event.user = Some(User { ip_address: Some(address.to_owned()), ..User::default() });
    city().fill(&mut event);
    event.user.unwrap().geo.into_iter().collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn addresses_are_placed() {
    let london = pairs(&[("city", "London"), ("country_code", "GB"), ("region", "England")]);
    assert_eq!(geo("81.2.69.142"), london);
    assert_eq!(geo(" ::ffff:81.2.69.142 "), london, "IPv4 within IPv6");
    assert_eq!(geo("2001:480:10::1"), pairs(&[("city", "San Diego"), ("country_code", "US"), ("region", "California")]));
    assert_eq!(geo("2001:218::1"), pairs(&[("country_code", "JP")]));
    assert_eq!(geo("89.160.20.112")[0], ("city".to_owned(), "Linköping".to_owned()));
}

#[test]
fn addresses_without_a_place_leave_nothing() {
    for address in
        ["10.0.0.1", "127.0.0.1", "::1", "fd00::1", "192.168.1.1", "0.0.0.0", "203.0.113.7", "2001:db8::1", "unknown", "", "81.2.69"]
    {
        assert_eq!(geo(address), [], "{address}");
    }
}

#[test]
fn what_the_client_says_stands() {
    let mut event = read(&serde_json::json!({"user": {"ip_address": "81.2.69.142", "geo": {"country_code": "DE"}}}));
    city().fill(&mut event);
    assert_eq!(event.user.unwrap().geo.into_iter().collect::<Vec<_>>(), pairs(&[("country_code", "DE")]));
    let mut nobody = read(&serde_json::json!({"message": "m"}));
    city().fill(&mut nobody);
    assert_eq!(nobody.user, None);
}

#[test]
fn files_of_something_else_are_refused_with_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("geo.mmdb");
    assert!(Geo::open(&path).unwrap_err().contains("No such file"));
    assert!(Geo::open(dir.path()).unwrap_err().contains("no file"));
    std::fs::write(&path, b"not a database").unwrap();
    assert!(Geo::open(&path).unwrap_err().contains("MaxMind's format"));
    let whole = std::fs::read(CITY).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(Geo::open(&path).unwrap_err().contains("no whole database"), "half written");
    let renamed = replaced(&whole, b"GeoIP2-City", b"GeoIP2-Name");
    std::fs::write(&path, renamed).unwrap();
    assert!(Geo::open(&path).unwrap_err().contains("GeoIP2-Name"));
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).rposition(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + to.len()..]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The end of the file says what it is; damage anywhere before it is found only by looking up.
    #[test]
    fn damage_costs_the_place_and_nothing_else(damage in proptest::collection::vec((0_usize..22_000, any::<u8>()), 1..40), address: u32, wide: u128) {
        let mut bytes = std::fs::read(CITY).unwrap();
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        if let Ok(reader) = Reader::from_source(bytes) {
            let geo = Geo { path: PathBuf::from("damaged"), reader, damaged: AtomicBool::new(true) };
            for address in ["81.2.69.142", "89.160.20.112", "2001:480:10::1"] {
                geo.of(address.parse().unwrap());
            }
            geo.of(IpAddr::V4(address.into()));
            geo.of(IpAddr::V6(wide.into()));
        }
    }
}
