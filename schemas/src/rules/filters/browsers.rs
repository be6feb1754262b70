//! Browsers up to a version.

use crate::nearest::nearest;

/// A family of browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Internet Explorer, on phones too.
    Ie,
    /// Microsoft Edge, up to 18 with its own engine.
    Edge,
    /// Firefox.
    Firefox,
    /// Chrome and what is built from it without being one of the others.
    Chrome,
    /// Safari, on phones too.
    Safari,
    /// Opera.
    Opera,
    /// Opera Mini, whose pages are made on a server.
    OperaMini,
    /// The browser of Android before Chrome; its version is that of Android.
    Android,
    /// Samsung Internet.
    Samsung,
}

const NAMES: [(&str, Family); 9] = [
    ("ie", Family::Ie),
    ("edge", Family::Edge),
    ("firefox", Family::Firefox),
    ("chrome", Family::Chrome),
    ("safari", Family::Safari),
    ("opera", Family::Opera),
    ("opera_mini", Family::OperaMini),
    ("android", Family::Android),
    ("samsung", Family::Samsung),
];

/// Those that `default` stands for: they lack dynamic `import()`, which the build tools of today take for granted
/// (<https://caniuse.com/es6-module-dynamic-import>).
const DEFAULT: [Browser; 9] = [
    Browser { family: Family::Ie, below: None },
    Browser { family: Family::Edge, below: Some(79) },
    Browser { family: Family::Firefox, below: Some(67) },
    Browser { family: Family::Chrome, below: Some(63) },
    Browser { family: Family::Safari, below: Some(12) },
    Browser { family: Family::Opera, below: Some(50) },
    Browser { family: Family::OperaMini, below: None },
    Browser { family: Family::Android, below: None },
    Browser { family: Family::Samsung, below: Some(8) },
];

/// The versions of a browser below one, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Browser {
    /// Which browser.
    pub family: Family,
    /// Of its versions those with a lower first number than this one; none: all.
    pub below: Option<u32>,
}

impl Browser {
    /// Reads `ie`, `safari<12`, `safari<=11`, or `default` for those that lack what today's pages need. `Err` says what
    /// is wrong.
    pub fn parse(text: &str) -> Result<Vec<Self>, String> {
        if text.trim() == "default" {
            return Ok(DEFAULT.to_vec());
        }
        let (name, version) = match text.split_once('<') {
            Some((name, version)) => (name.trim(), Some(version)),
            None => (text.trim(), None),
        };
        let Some((_, family)) = NAMES.iter().find(|(known, _)| *known == name) else {
            let near = nearest(name, NAMES.iter().map(|(known, _)| *known));
            let names = NAMES.map(|(known, _)| known).join(", ");
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(format!("a browser is one of {names}, or default{near}"));
        };
        let below = version.map(|version| {
            let number = |text: &str| text.trim().parse::<u32>().ok();
            version.strip_prefix('=').map_or_else(|| number(version), |version| number(version)?.checked_add(1))
        });
        match below {
            Some(None) => Err(format!("a whole number is expected after {name}<, as in {name}<12")),
            below => Ok(vec![Self { family: *family, below: below.flatten() }]),
        }
    }
}
