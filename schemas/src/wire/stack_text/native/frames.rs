//! One frame of native code, in the forms that tools print it.

use crate::{
    event::Frame,
    wire::stack_text::place::{filled, frame_at, leading_number, numbered},
};

/// The frame's number and the frame.
pub(in crate::wire::stack_text) fn frame_of(bare: &str) -> Option<(u64, Frame)> {
    match bare.strip_prefix('#') {
        Some(rest) => {
            let (number, rest) = leading_number(rest)?;
            let rest = rest.strip_prefix(' ')?.trim_start();
            let frame = tombstone(rest).or_else(|| addressed(rest)).or_else(|| debugged(rest))?;
            Some((number, frame))
        }
        None => {
            let (number, rest) = leading_number(bare)?;
            let rest = rest.strip_prefix(['\t', ' '])?.trim_start();
            Some((number, apple(rest).or_else(|| swift(rest))?))
        }
    }
}

/// `pc 000000000001a2b4  /system/lib64/libc.so (abort+104) (BuildId: …)`.
fn tombstone(rest: &str) -> Option<Frame> {
    let (address, rest) = rest.strip_prefix("pc ")?.split_once(' ')?;
    let rest = rest.trim_start();
    let (image, symbol) = rest.split_once(" (").map_or((rest, ""), |(image, symbol)| (image, symbol));
    let symbol = symbol.split(") (").next().unwrap_or_default().trim_end_matches(')');
    let symbol = if symbol.starts_with("BuildId") { "" } else { without_offset(symbol) };
    Some(Frame {
        function: filled(symbol),
        package: filled(image),
        instruction_addr: filled(&format!("0x{}", address.trim_start_matches('0'))),
        ..Frame::default()
    })
}

/// `0x4f0e1a in pay(int) /srv/shop/pay.c:5:3`, `0x7f in raise () from /lib/libc.so.6`, `0x7f (/lib/libc.so.6+0x21b)`.
fn addressed(rest: &str) -> Option<Frame> {
    let (address, rest) = rest.split_once(' ')?;
    if !address.starts_with("0x") {
        return None;
    }
    let mut frame = match rest.strip_prefix("in ") {
        Some(call) => located(call),
        None => Frame { package: image(rest), ..Frame::default() },
    };
    frame.instruction_addr = filled(address);
    Some(frame)
}

/// A call with its place behind, as gdb (`… at file:line`, `… from image`) and sanitizers write it.
fn located(call: &str) -> Frame {
    if let Some((function, place)) = call.rsplit_once(" at ").filter(|(_, place)| numbered(place).is_some()) {
        return frame_at(without_arguments(function), place);
    }
    if let Some((function, image)) = call.rsplit_once(" from ") {
        return Frame { function: filled(without_arguments(function)), package: filled(image), ..Frame::default() };
    }
    match call.rsplit_once(' ') {
        Some((function, place)) if numbered(place).is_some() => frame_at(function, place),
        Some((function, place)) if place.starts_with('(') => {
            Frame { function: filled(function), package: image(place), ..Frame::default() }
        }
        _ => Frame { function: filled(without_arguments(call)), ..Frame::default() },
    }
}

/// gdb leaves the address of the innermost frame out: `main (argc=1) at main.c:12`.
fn debugged(rest: &str) -> Option<Frame> {
    let is_call = rest.contains(" (") && rest.contains(") at ") || rest.contains(") from ");
    is_call.then(|| located(rest))
}

/// The image in `(/lib/libc.so.6+0x21b96)`.
fn image(place: &str) -> Option<String> {
    let place = place.trim_start_matches('(').split(')').next().unwrap_or_default();
    filled(place.rsplit_once('+').map_or(place, |(image, _)| image))
}

/// gdb prints arguments with their values after a space.
fn without_arguments(function: &str) -> &str {
    function.find(" (").map_or(function, |at| &function[..at])
}

fn without_offset(symbol: &str) -> &str {
    match symbol.rsplit_once('+') {
        Some((name, offset)) if offset.trim_start().bytes().all(|b| b.is_ascii_hexdigit() || b == b'x') => name.trim_end(),
        _ => symbol,
    }
}

/// `CoreFoundation   0x00007fff204ff8db __exceptionPreprocess + 242 (Pay.swift:12)`: image, address, symbol.
fn apple(rest: &str) -> Option<Frame> {
    let at = memchr::memmem::find(rest.as_bytes(), b" 0x")?;
    let (image, rest) = (rest[..at].trim(), &rest[at + 1..]);
    let (address, symbol) = rest.split_once(' ').unwrap_or((rest, ""));
    let hex = address[2..].bytes().all(|b| b.is_ascii_hexdigit());
    if !hex || image.is_empty() || image.contains("  ") {
        return None;
    }
    let symbol = symbol.trim();
    let (symbol, place) = match symbol.strip_suffix(')').and_then(|symbol| symbol.rsplit_once(" (")) {
        Some((symbol, place)) if numbered(place).is_some() => (symbol, place),
        _ => (symbol, ""),
    };
    // An address of the image itself stands where no symbol is known.
    let symbol = without_offset(symbol.split(" (in ").next().unwrap_or_default());
    let mut frame = frame_at(if symbol.starts_with("0x") { "" } else { symbol }, place);
    frame.package = filled(image);
    frame.instruction_addr = filled(address);
    Some(frame)
}

/// `0x000055d2 run() + 24 in shop at /srv/shop/main.swift:3:5`, `[ra] 0x…`, `[inlined] …`.
fn swift(rest: &str) -> Option<Frame> {
    let rest = rest.strip_prefix("[ra] ").or_else(|| rest.strip_prefix("[inlined] ")).unwrap_or(rest);
    let (address, rest) = rest.split_once(' ').filter(|(address, _)| address.starts_with("0x") && address.len() > 2)?;
    let (call, place) = rest.rsplit_once(" at ").unwrap_or((rest, ""));
    let (symbol, image) = call.rsplit_once(" in ").unwrap_or((call, ""));
    let mut frame = frame_at(without_offset(symbol.trim()), place);
    frame.package = filled(image);
    frame.instruction_addr = filled(address);
    Some(frame)
}
