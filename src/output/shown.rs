//! Text as a terminal may show it: control characters made visible, and how wide it is.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// Whether a character must not reach a terminal as it is: controls, and those that reorder text
/// or hide in it.
pub(super) fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Appends a control character's visible form.
pub(super) fn write_control(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 256 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
    }
}

/// Text with its control characters made visible.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_control(c) {
            true => write_control(c, &mut out),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Columns of a terminal that a text takes.
pub(crate) fn width(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => unicode_width::UnicodeWidthStr::width(text),
    }
}

/// The longest beginning of a text that fits `limit` columns with a `…` behind it; all of it when
/// it fits as it is.
pub(super) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > limit {
            break;
        }
        end = at + c.len_utf8();
    }
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_hidden() {
        assert_eq!(visible("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\x1b[31m\\u202e");
        assert!(matches!(visible("東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("東京-laptop", 5), "東京…");
        assert_eq!(cut("東京-laptop", 4), "東…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(width("東京é"), 5);
    }
}
