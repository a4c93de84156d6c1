//! Rust source as text: what is code in it, and which modules it names.

/// The text with comments and the insides of literals blanked, line for line and byte for byte.
pub fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let in_word = at > 0 && is_word(bytes[at - 1]);
        // What to blank, from where to where, and how much of a closing mark follows.
        let (from, to, closing) = match rest {
            [b'/', b'/', ..] => (0, position(rest, b'\n'), 0),
            [b'/', b'*', ..] => (0, block_end(rest), 0),
            [b'"', ..] => (1, text_end(rest), 1),
            [b'r', ..] if !in_word && raw(&rest[1..]) => raw_text(rest, 1),
            [b'b' | b'c', b'r', ..] if !in_word && raw(&rest[2..]) => raw_text(rest, 2),
            [b'\'', b'\\', _, after @ ..] => (1, 3 + position(after, b'\''), 1),
            [b'\'', first, ..] => match 1 + width(*first) {
                end if rest.get(end) == Some(&b'\'') => (1, end, 1),
                // A lifetime.
                _ => (1, 1, 0),
            },
            _ => (1, 1, 0),
        };
        let blank = at + from..(at + to).min(bytes.len());
        out[blank]
            .iter_mut()
            .filter(|b| **b != b'\n')
            .for_each(|b| *b = b' ');
        at += to + closing;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Bytes of the character that begins so.
fn width(first: u8) -> usize {
    match first {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn position(bytes: &[u8], wanted: u8) -> usize {
    bytes
        .iter()
        .position(|b| *b == wanted)
        .unwrap_or(bytes.len())
}

fn block_end(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Where the closing quote of a text is that begins here.
fn text_end(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    at
}

/// Whether a raw text goes on here, after its letters: any number of `#`, a quote.
fn raw(bytes: &[u8]) -> bool {
    bytes.iter().find(|b| **b != b'#') == Some(&b'"')
}

/// The inside of a raw text with so many letters before it.
fn raw_text(bytes: &[u8], letters: usize) -> (usize, usize, usize) {
    let hashes = position(&bytes[letters..], b'"');
    let end: Vec<u8> = [b'"'].into_iter().chain(vec![b'#'; hashes]).collect();
    let inside = letters + hashes + 1;
    let length = bytes[inside..].windows(end.len()).position(|w| w == end);
    (
        inside,
        inside + length.unwrap_or(bytes.len() - inside),
        end.len(),
    )
}

/// Blanks the items under `#[cfg(test)]`. Takes what [`code`] gives.
pub fn without_tests(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    let marks = code
        .match_indices("#[cfg(test)]")
        .chain(code.match_indices("#[cfg(all(test"));
    for (mark, _) in marks {
        let (mut depth, mut at) = (0_i32, mark);
        while at < out.len() {
            match out[at] {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth -= 1,
                _ => {}
            }
            let byte = std::mem::replace(
                &mut out[at],
                if code.as_bytes()[at] == b'\n' {
                    b'\n'
                } else {
                    b' '
                },
            );
            at += 1;
            if depth == 0 && matches!(byte, b'}' | b';') {
                break;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The line, from 1, of a place in a text.
pub fn line(text: &str, place: usize) -> usize {
    text[..place].matches('\n').count() + 1
}

/// Identifiers and keywords, with their places.
pub fn words(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let length = code.as_bytes()[at..]
            .iter()
            .take_while(|b| is_word(**b))
            .count();
        if length > 0 {
            found.push((at, &code[at..at + length]));
        }
        at += length.max(1);
    }
    found
}

/// Every path from the crate's root that the code names, as (line, segments). `root` is what the
/// root is called (`crate`; the command says `redcat`), `depth` how many `super` lead to it.
pub fn paths(code: &str, root: &str, depth: usize) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let words = words(code);
    let mut i = 0;
    while i < words.len() {
        let (place, word) = words[i];
        let mut rest = code[place + word.len()..].trim_start();
        let mut supers = usize::from(word == "super");
        while supers > 0 && rest.starts_with("::") {
            let Some(after) = rest[2..].trim_start().strip_prefix("super") else {
                break;
            };
            (rest, supers, i) = (after.trim_start(), supers + 1, i + 1);
        }
        i += 1;
        let at_root = word == root || (root == "crate" && supers > 0 && supers >= depth);
        if !at_root {
            continue;
        }
        let line = line(code, place);
        if let Some(rest) = rest.strip_prefix("::") {
            let mut paths = Vec::new();
            tree(rest, &mut Vec::new(), &mut paths);
            found.extend(paths.into_iter().map(|path| (line, path)));
        } else if rest.starts_with("as ") || supers > 0 {
            // The root itself under another name: anything could hide behind it.
            found.push((line, vec!["*".into()]));
        }
    }
    found
}

/// Reads a use tree or a path; returns what is behind it.
fn tree<'a>(text: &'a str, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let mut text = text.trim_start();
    if let Some(inside) = text.strip_prefix('{') {
        text = inside.trim_start();
        while !text.is_empty() && !text.starts_with('}') {
            text = tree(text, &mut before.clone(), found);
            // Past `as name` and the comma.
            let end = text.find([',', '}']).unwrap_or(text.len());
            text = text[end..].trim_start_matches(',').trim_start();
        }
        return text.strip_prefix('}').unwrap_or(text);
    }
    let length = match text.as_bytes().first() {
        Some(b'*') => 1,
        _ => text.bytes().take_while(|b| is_word(*b)).count(),
    };
    if length == 0 {
        found.push(before.clone());
        return text;
    }
    before.push(text[..length].to_owned());
    text = text[length..].trim_start();
    match text.strip_prefix("::") {
        Some(rest) => tree(rest, before, found),
        None => {
            found.push(before.clone());
            text
        }
    }
}
