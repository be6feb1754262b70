//! JSON without its depths, for readers that would rather lose a part of a value than all of it.

/// The bytes with `null` in the place of every list and object that lies within `depth` others. One pass; what is no
/// JSON stays none.
pub(crate) fn shallow(bytes: &[u8], depth: usize) -> Vec<u8> {
    let mut output = Vec::with_capacity(bytes.len());
    let (mut open, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        let inside = open > depth;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                open += 1;
                if open == depth + 1 {
                    output.extend_from_slice(b"null");
                }
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if !inside && open <= depth {
            output.push(*byte);
        }
    }
    output
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_too_deep_becomes_null_and_brackets_in_texts_are_text() {
        for (bytes, depth, expected) in [
            (r#"{"a":[1,[2,{"b":3}],"]["],"c":{}}"#, 2, r#"{"a":[1,null,"]["],"c":{}}"#),
            (r#"[[1],"\"[",[[]]]"#, 1, r#"[null,"\"[",null]"#),
            ("[]", 1, "[]"),
            ("7", 0, "7"),
        ] {
            assert_eq!(String::from_utf8(shallow(bytes.as_bytes(), depth)).unwrap(), expected);
        }
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert_eq!(shallow(&deep, 3), b"[[[null]]]");
    }
}
