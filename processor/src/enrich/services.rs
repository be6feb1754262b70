//! The service catalogue made ready: which entry an event belongs to.
//!
//! A service name is asked for first, the entries of the API before those of the file; a path only when no entry knows
//! the name.

use std::{collections::HashMap, sync::Arc};

use schemas::{
    catalog::Service,
    event::{Event, Frame, Ownership, Stacktrace},
    release::Release,
};

use super::globs::Globs;

/// Most of the application's own frames that are looked at, counted from the crash.
const FRAMES: usize = 10;

/// The entries of the API and of the file.
#[derive(Debug, Default)]
pub(super) struct Services {
    /// The names of the API's entries, then those of the file.
    names: [Names; 2],
    paths: Globs,
    /// Whose each of the paths is.
    of_path: Vec<Arc<Ownership>>,
}

/// The names of one source's entries.
#[derive(Debug, Default)]
struct Names {
    exact: HashMap<String, Arc<Ownership>>,
    patterns: Globs,
    /// Whose each of the patterns is.
    of_pattern: Vec<Arc<Ownership>>,
}

impl Services {
    /// An entry of the API takes the place of one of the same name in the file.
    pub(super) fn new(api: &[Service], file: &[Service]) -> Self {
        let replaced = |service: &&Service| api.iter().any(|other| other.name == service.name);
        let owned = |service: &Service| Arc::new(service.ownership());
        let api: Vec<(&Service, Arc<Ownership>)> = api.iter().map(|service| (service, owned(service))).collect();
        let file: Vec<(&Service, Arc<Ownership>)> = file.iter().filter(|s| !replaced(s)).map(|service| (service, owned(service))).collect();
        let all = || api.iter().chain(&file).flat_map(|(service, ownership)| service.paths.iter().map(move |path| (path, ownership)));
        Self {
            paths: Globs::new(all().map(|(path, _)| path.as_str())),
            of_path: all().map(|(_, ownership)| Arc::clone(ownership)).collect(),
            names: [Names::new(&api), Names::new(&file)],
        }
    }

    /// Who answers for the service of an event.
    pub(super) fn fill(&self, event: &mut Event) {
        if event.ownership.is_none()
            && let Some(found) = self.of_name(event).or_else(|| self.of_place(event))
        {
            event.ownership = Some(found.clone());
        }
    }

    /// By the service; by what was released where the client names none.
    fn of_name(&self, event: &Event) -> Option<&Ownership> {
        let released = || Release::parse(event.release.as_deref()?).package;
        let name = event.service.as_deref().or_else(released)?;
        self.names.iter().find_map(|names| names.of(name))
    }

    /// By the application's own frames, from the crash outwards.
    fn of_place(&self, event: &Event) -> Option<&Ownership> {
        if self.paths.is_empty() {
            return None;
        }
        let traces = event.exceptions.iter().rev().filter_map(|exception| exception.stacktrace.as_ref()).chain(&event.stacktrace);
        let frames = traces.flat_map(|Stacktrace { frames, .. }| frames.iter().rev()).filter(|frame| frame.in_app == Some(true));
        let of_frame = |frame: &Frame| {
            let places = [&frame.filename, &frame.abs_path, &frame.module];
            places.into_iter().flatten().filter_map(|place| self.paths.first(place)).min()
        };
        let of_source = || self.paths.first(event.source.as_ref()?.file.as_deref()?);
        let number = frames.take(FRAMES).find_map(of_frame).or_else(of_source)?;
        self.of_path.get(number).map(AsRef::as_ref)
    }
}

impl Names {
    fn new(services: &[(&Service, Arc<Ownership>)]) -> Self {
        let all = || services.iter().flat_map(|(service, ownership)| service.services.iter().map(move |name| (name, ownership)));
        Self {
            exact: services.iter().map(|(service, ownership)| (service.name.clone(), Arc::clone(ownership))).collect(),
            patterns: Globs::new(all().map(|(name, _)| name.as_str())),
            of_pattern: all().map(|(_, ownership)| Arc::clone(ownership)).collect(),
        }
    }

    fn of(&self, name: &str) -> Option<&Ownership> {
        let exact = self.exact.get(name);
        let by_pattern = || self.of_pattern.get(self.patterns.first(name)?);
        exact.or_else(by_pattern).map(AsRef::as_ref)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{read, staged};

    fn service(name: &str, services: &[&str], paths: &[&str]) -> Service {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Service {
            name: name.into(),
            services: owned(services),
            paths: owned(paths),
            team: Some(format!("{name} team")),
            ..Service::default()
        }
    }

    fn team(services: &Services, event: &serde_json::Value) -> Option<String> {
        let mut event = staged(read(event));
        services.fill(&mut event);
        event.ownership?.team
    }

    fn of_service(name: &str) -> serde_json::Value {
        json!({"message": "m", "release": format!("{name}@1.0")})
    }

    fn at(filename: &str, module: &str, in_app: bool) -> serde_json::Value {
        json!({"filename": filename, "module": module, "function": "f", "in_app": in_app})
    }

    fn with_frames(frames: &[serde_json::Value]) -> serde_json::Value {
        json!({"platform": "python", "exception": {"values": [{"type": "E", "value": "v", "stacktrace": {"frames": frames}}]}})
    }

    #[test]
    fn a_name_is_known_exactly_then_by_pattern_and_the_api_comes_before_the_file() {
        let api = [service("cart", &["shop-*"], &[]), service("mail", &[], &[])];
        let file = [service("shop-web", &[], &[]), service("mail", &["mailer"], &[]), service("rest", &["*"], &[])];
        let services = Services::new(&api, &file);
        assert_eq!(team(&services, &of_service("cart")).as_deref(), Some("cart team"));
        assert_eq!(team(&services, &of_service("shop-web")).as_deref(), Some("cart team"), "the API's pattern before the file's name");
        assert_eq!(team(&services, &of_service("mailer")).as_deref(), Some("rest team"), "the API's entry replaced the file's");
        assert_eq!(team(&services, &of_service("other")).as_deref(), Some("rest team"));
        assert_eq!(team(&services, &json!({"message": "no service at all"})), None);
    }

    #[test]
    fn the_service_of_the_event_counts_before_what_was_released() {
        let services = Services::new(&[service("cart", &[], &[]), service("shop", &[], &[])], &[]);
        let mut event = read(&of_service("shop"));
        event.service = Some("cart".into());
        services.fill(&mut event);
        assert_eq!(event.ownership.unwrap().team.as_deref(), Some("cart team"));
    }

    #[test]
    fn a_place_is_that_of_the_own_frame_nearest_to_the_crash() {
        let services = Services::new(&[service("pay", &[], &["src/pay/*"]), service("shop", &[], &["src/*", "shop.web.*"])], &[]);
        let frames = [at("src/main.py", "main", true), at("src/pay/card.py", "pay.card", true), at("src/pay/vendor/x.py", "x", false)];
        assert_eq!(team(&services, &with_frames(&frames)).as_deref(), Some("pay team"));
        assert_eq!(team(&services, &with_frames(&frames[..1])).as_deref(), Some("shop team"));
        assert_eq!(team(&services, &with_frames(&[at("app.py", "shop.web.views", true)])).as_deref(), Some("shop team"));
        assert_eq!(team(&services, &with_frames(&[at("lib/x.py", "x", true)])), None);
        let mut known = with_frames(&frames);
        known["release"] = json!("unknown@1.0");
        assert_eq!(team(&services, &known).as_deref(), Some("pay team"), "no entry knows the name");
    }

    #[test]
    fn what_stands_in_the_event_stays() {
        let services = Services::new(&[service("cart", &[], &[])], &[]);
        let mut event = read(&of_service("cart"));
        event.ownership = Some(Ownership { team: Some("others".into()), ..Ownership::default() });
        services.fill(&mut event);
        assert_eq!(event.ownership.unwrap().team.as_deref(), Some("others"));
    }
}
