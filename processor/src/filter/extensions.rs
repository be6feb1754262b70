//! Errors of browser extensions and of what apps with a browser inside put into pages.
//!
//! An error belongs to an extension when it was raised in one: the first place from the crash outwards that has an
//! address is the extension's. That the page's code was called by an extension does not count.

use schemas::event::Frame;

use super::view::View;

/// What addresses of extensions, and of what browsers hide behind one address, begin with.
const SCHEMES: [&str; 11] = [
    "chrome-extension://",
    "moz-extension://",
    "safari-extension://",
    "safari-web-extension://",
    "ms-browser-extension://",
    "extension://",
    "webkit-masked-url://",
    "chrome://",
    "resource://gre/",
    "user-script:",
    "userscript:",
];

/// Scripts of users; the manager's name stands in the address.
const SCRIPTS: [&str; 3] = ["/userscript.html?name=", "tampermonkey.net/", "greasyfork.org/scripts/"];

/// Parts of messages in their case, by what is known to say them and never by a page itself. Sources: the discussions of
/// these messages that searching for them finds.
const MESSAGES: [&str; 32] = [
    // Chrome's interface for extensions.
    "Extension context invalidated",
    "Could not establish connection. Receiving end does not exist",
    "The message port closed before a response was received",
    "message channel closed before a response was received",
    "chrome.runtime.sendMessage() called from a webpage must specify an Extension ID",
    "Invalid call to runtime.sendMessage(). Tab not found",
    // Wallets.
    "Cannot redefine property: ethereum",
    "Cannot set property ethereum of",
    "Failed to connect to MetaMask",
    "Talisman extension has not been configured yet",
    "Cannot assign to read only property 'solana'",
    "Cannot redefine property: solana",
    // Browsers on iPhones, and apps with a browser inside.
    "__gCrWeb",
    "__firefox__",
    "_AutofillCallbackHandler",
    "_pcmBridgeCallbackHandler",
    "instantSearchSDKJSBridgeClearHighlight",
    "zaloJSV2",
    "MyAppGetLink",
    "MyApp_RemoveAllHighlights",
    "Java bridge method invocation error",
    "Java exception was raised during method invocation",
    "Java object is gone",
    // Toolbars and the like of the years before.
    "top.GLOBALS",
    "originalCreateNotification",
    "canvas.contentDocument",
    "atomicFindClose",
    "fb_xd_fragment",
    "bmi_SafeAddOnload",
    "EBCallBackMessageReceived",
    "conduitPage",
    "jigsaw is not defined",
];

pub(super) fn fits(view: &View<'_>) -> bool {
    if view.frames().find_map(address).is_some_and(is_extension) {
        return true;
    }
    let message = view.error().1;
    !message.is_empty() && view.in_browser() && MESSAGES.iter().any(|part| message.contains(part))
}

/// The address of a frame's script; `None` where the browser itself was at work.
fn address(frame: &Frame) -> Option<&str> {
    let native = |path: &&str| !path.is_empty() && !path.starts_with(['<', '[']) && *path != "native";
    frame.abs_path.as_deref().filter(native).or_else(|| frame.filename.as_deref().filter(native))
}

fn is_extension(address: &str) -> bool {
    SCHEMES.iter().any(|scheme| address.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
        || SCRIPTS.iter().any(|part| address.contains(part))
}
