//! How wide a text is on a terminal.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

pub use crate::text::visible;

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
    fn cutting_counts_columns() {
        assert_eq!(cut("東京-laptop", 5), "東京…");
        assert_eq!(cut("東京-laptop", 4), "東…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(width("東京é"), 5);
    }
}
