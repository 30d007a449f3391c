//! Finding one text in another: anywhere, at an end, or as whole terms, with or without case.
//!
//! Case is taken out by [`crate::text::fold`]: character by character, and no character beyond
//! ASCII becomes an ASCII one. So an ASCII needle is looked for in the bytes as they are; only a
//! needle with other characters needs the haystack folded.

use std::sync::OnceLock;

use arrow::array::{Array, BooleanArray, StringViewArray};
use arrow::buffer::BooleanBuffer;
use memchr::{memchr, memchr2, memmem};

use crate::text::{fold, fold_char};

/// Where a needle must stand in the haystack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `contains`
    Anywhere,
    /// `startswith`
    Start,
    /// `endswith`
    End,
    /// `=~`
    Whole,
    /// `has`
    Term,
    /// `hasprefix`
    TermStart,
    /// `hassuffix`
    TermEnd,
}

/// A text to look for, prepared.
pub(super) struct Needle {
    /// Folded if case does not count.
    text: Box<str>,
    place: Place,
    folded: bool,
    edges: Edges,
    finder: Finder,
}

enum Finder {
    /// The bytes as they are.
    Bytes(Box<memmem::Finder<'static>>),
    /// ASCII letters in either case: where the rarest byte stands, and its two forms.
    Ascii { offset: usize, forms: [u8; 2] },
}

impl Needle {
    /// Prepares a search for `text`.
    pub(super) fn new(text: &str, place: Place, ignore_case: bool) -> Needle {
        let text: Box<str> = match ignore_case {
            true => fold(text).into(),
            false => text.into(),
        };
        let finder = if ignore_case && text.is_ascii() && !text.is_empty() {
            let offset = rarest(text.as_bytes());
            let lower = text.as_bytes()[offset];
            Finder::Ascii {
                offset,
                forms: [lower, lower.to_ascii_uppercase()],
            }
        } else {
            Finder::Bytes(Box::new(memmem::Finder::new(text.as_bytes()).into_owned()))
        };
        Needle {
            edges: Edges::of(&text, place),
            place,
            folded: ignore_case,
            finder,
            text,
        }
    }

    /// Whether the haystack must be folded to be searched.
    fn folds_haystack(&self) -> bool {
        self.folded && !self.text.is_ascii()
    }

    /// Whether it stands in `haystack`; `scratch` is room for folding.
    pub(super) fn matches(&self, haystack: &str, scratch: &mut String) -> bool {
        if !self.folds_haystack() {
            return self.stands_in(haystack);
        }
        if haystack.is_ascii() {
            return false;
        }
        self.stands_in(folded(haystack, scratch))
    }

    fn stands_in(&self, haystack: &str) -> bool {
        let (hay, size) = (haystack.as_bytes(), self.text.len());
        match self.place {
            Place::Anywhere => self.find(hay, 0).is_some(),
            Place::Start => hay.len() >= size && self.equals(&hay[..size]),
            Place::End => hay.len() >= size && self.equals(&hay[hay.len() - size..]),
            Place::Whole => hay.len() == size && self.equals(hay),
            Place::Term | Place::TermStart | Place::TermEnd => self.stands_as_term(haystack),
        }
    }

    fn stands_as_term(&self, haystack: &str) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let mut from = 0;
        while let Some(at) = self.find(haystack.as_bytes(), from) {
            if self.edges.hold(haystack, at, at + self.text.len()) {
                return true;
            }
            from = at + 1;
        }
        false
    }

    fn equals(&self, piece: &[u8]) -> bool {
        match self.finder {
            Finder::Bytes(_) => piece == self.text.as_bytes(),
            Finder::Ascii { .. } => piece.eq_ignore_ascii_case(self.text.as_bytes()),
        }
    }

    /// Where it stands in `hay` at or after `from`, edges aside.
    fn find(&self, hay: &[u8], from: usize) -> Option<usize> {
        match &self.finder {
            Finder::Bytes(finder) => finder.find(hay.get(from..)?).map(|at| at + from),
            Finder::Ascii { offset, forms } => {
                let size = self.text.len();
                let last = hay.len().checked_sub(size)?;
                let mut at = from;
                while at <= last {
                    let window = &hay[at + offset..=last + offset];
                    at += match forms[0] == forms[1] {
                        true => memchr(forms[0], window)?,
                        false => memchr2(forms[0], forms[1], window)?,
                    };
                    if hay[at..at + size].eq_ignore_ascii_case(self.text.as_bytes()) {
                        return Some(at);
                    }
                    at += 1;
                }
                None
            }
        }
    }

    /// For every row, whether it stands there (`negate`: does not).
    pub(super) fn column(&self, texts: &StringViewArray, negate: bool) -> BooleanArray {
        let mut scratch = String::new();
        let views = texts.views();
        let prefix = match self.place {
            Place::Start | Place::Whole => self.prefix(),
            _ => Prefix::default(),
        };
        // Folding may change the length of a character beyond ASCII.
        let least = match self.folds_haystack() {
            true => 0,
            false => self.text.len(),
        };
        let found = BooleanBuffer::collect_bool(texts.len(), |row| {
            let view = views[row];
            let found = length_of(view) >= least
                && prefix.admits(view)
                && self.matches(texts.value(row), &mut scratch);
            found != negate
        });
        BooleanArray::new(found, None)
    }

    /// The first bytes of whatever starts with the needle, as a view holds them.
    fn prefix(&self) -> Prefix {
        if self.folds_haystack() {
            return Prefix::default();
        }
        let mut prefix = Prefix::default();
        for (i, byte) in self.text.bytes().take(4).enumerate() {
            let letter = self.folded && byte.is_ascii_alphabetic();
            prefix.bytes |= u32::from(byte) << (8 * i);
            prefix.keep |= 0xff << (8 * i);
            prefix.set |= if letter { 0x20 << (8 * i) } else { 0 };
        }
        prefix
    }
}

/// A text with case taken out, in `room`.
pub(super) fn folded<'a>(text: &str, room: &'a mut String) -> &'a str {
    room.clear();
    if text.is_ascii() {
        room.push_str(text);
        room.make_ascii_lowercase();
    } else {
        room.extend(text.chars().map(fold_char));
    }
    room
}

/// The bytes of the text that a string view stands for.
pub(super) fn length_of(view: u128) -> usize {
    view as u32 as usize
}

/// A test of the first four bytes of a text, which its view holds.
#[derive(Default)]
struct Prefix {
    bytes: u32,
    keep: u32,
    /// Bits to set before comparing, so that a capital letter compares like its small one.
    set: u32,
}

impl Prefix {
    fn admits(&self, view: u128) -> bool {
        let first = (view >> 32) as u32;
        (first | self.set) & self.keep == self.bytes
    }
}

/// The offset of the byte of `needle` that is rarest in logs.
fn rarest(needle: &[u8]) -> usize {
    const COMMON: &[u8] = b"qzjxkvywbgfhmupldcnrsioate 9876543210-_:/\\.\"";
    let rank = |b: u8| memchr(b, COMMON).map_or(0, |i| i + 1);
    let ranks = needle.iter().enumerate();
    ranks.min_by_key(|(_, b)| rank(**b)).map_or(0, |(i, _)| i)
}

/// Which edges of a hit must be edges of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edges {
    before: bool,
    after: bool,
}

impl Edges {
    /// An edge counts if the needle's own character there belongs to a term.
    pub(super) fn of(needle: &str, place: Place) -> Edges {
        let starts = matches!(place, Place::Term | Place::TermStart);
        let ends = matches!(place, Place::Term | Place::TermEnd);
        Edges {
            before: starts && needle.chars().next().is_some_and(is_term),
            after: ends && needle.chars().next_back().is_some_and(is_term),
        }
    }

    /// Whether a hit at `start..end` has them.
    pub(super) fn hold(self, haystack: &str, start: usize, end: usize) -> bool {
        !(self.before && term_before(haystack, start) || self.after && term_after(haystack, end))
    }
}

fn term_before(haystack: &str, at: usize) -> bool {
    match at.checked_sub(1).and_then(|i| haystack.as_bytes().get(i)) {
        None => false,
        Some(b) if b.is_ascii() => b.is_ascii_alphanumeric(),
        Some(_) => {
            let before = haystack.get(..at).and_then(|s| s.chars().next_back());
            before.is_some_and(is_term)
        }
    }
}

fn term_after(haystack: &str, at: usize) -> bool {
    match haystack.as_bytes().get(at) {
        None => false,
        Some(b) if b.is_ascii() => b.is_ascii_alphanumeric(),
        Some(_) => {
            let after = haystack.get(at..).and_then(|s| s.chars().next());
            after.is_some_and(is_term)
        }
    }
}

/// Whether a character belongs to a term: letters and numbers, the underscore not.
pub(super) fn is_term(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    // The standard library's class is wider: it also has marks and circled letters.
    c.is_alphanumeric() && {
        let ranges = letters_and_numbers();
        let next = ranges.partition_point(|(start, _)| *start <= c);
        next.checked_sub(1).is_some_and(|i| c <= ranges[i].1)
    }
}

fn letters_and_numbers() -> &'static [(char, char)] {
    static RANGES: OnceLock<Vec<(char, char)>> = OnceLock::new();
    RANGES.get_or_init(|| {
        use regex_syntax::hir::{Class, HirKind};
        let parsed = regex_syntax::parse(r"[\p{L}\p{N}]").map(|h| h.into_kind());
        match parsed {
            Ok(HirKind::Class(Class::Unicode(class))) => {
                let ranges = class.iter().map(|r| (r.start(), r.end()));
                ranges.collect()
            }
            _ => Vec::new(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(haystack: &str, place: Place, needle: &str, ignore_case: bool) -> bool {
        let needle = Needle::new(needle, place, ignore_case);
        let one = needle.matches(haystack, &mut String::new());
        // A row of its own and a row among others agree.
        let column = StringViewArray::from(vec!["", haystack, "x"]);
        assert_eq!(needle.column(&column, false).value(1), one);
        assert_eq!(needle.column(&column, true).value(1), !one);
        one
    }

    #[test]
    fn terms_end_where_letters_and_digits_do() {
        for (haystack, place, needle, expected) in [
            ("a_b", Place::Term, "a", true),
            ("a1", Place::Term, "a", false),
            ("éa", Place::Term, "a", false),
            ("aé", Place::Term, "a", false),
            ("x-error", Place::TermStart, "err", true),
            ("x-error", Place::TermEnd, "err", false),
            ("x-error", Place::TermEnd, "ROR", true),
            ("x a-b y", Place::Term, "a-b", true),
            ("x ab y", Place::Term, "a-b", false),
            ("xa b", Place::Term, "a ", false),
            ("a b", Place::Term, "a ", true),
            ("x ab y", Place::Term, " a", false),
            ("x ab y", Place::TermStart, " a", true),
            ("err or", Place::TermStart, "r o", false),
            ("x", Place::Term, "", true),
            ("", Place::Term, "", true),
            ("ab--cd", Place::Term, "--", true),
            ("powershell shell", Place::Term, "Shell", true),
            ("CAFÉ crème", Place::Term, "café", true),
            ("CAFÉS", Place::Term, "café", false),
            ("ⓐb", Place::Term, "b", true),
            ("٣b", Place::Term, "b", false),
        ] {
            assert_eq!(
                found(haystack, place, needle, true),
                expected,
                "{haystack:?} {place:?} {needle:?}"
            );
        }
        assert!(!found("Shell", Place::Term, "shell", false));
        assert!(found("a.Shell", Place::Term, "Shell", false));
    }

    #[test]
    fn texts_are_found_at_the_place_asked_for() {
        assert!(found(
            "C:\\Windows\\System32",
            Place::Anywhere,
            "SYSTEM",
            true
        ));
        assert!(!found(
            "C:\\Windows\\System32",
            Place::Anywhere,
            "SYSTEM",
            false
        ));
        assert!(found("PowerShell.exe", Place::Start, "powershell", true));
        assert!(!found("[owerShell.exe", Place::Start, "{ower", true));
        assert!(found("PowerShell.exe", Place::End, ".EXE", true));
        assert!(found("ÀB", Place::Whole, "àb", true));
        assert!(found("ȺB", Place::Start, "ⱥ", true));
        assert!(!found("\u{212a}", Place::Whole, "k", true));
        assert!(found("abc", Place::Anywhere, "", true) && found("abc", Place::End, "", false));
        assert!(!found("a", Place::Whole, "", true) && found("", Place::Whole, "", true));
    }

    /// The rules as they are written down, character by character.
    fn plainly(haystack: &str, place: Place, needle: &str, ignore_case: bool) -> bool {
        let chars = |text: &str| -> Vec<char> {
            let same = |c| if ignore_case { fold_char(c) } else { c };
            text.chars().map(same).collect()
        };
        let (hay, needle) = (chars(haystack), chars(needle));
        let term = |c: Option<&char>| c.is_some_and(|c| is_term(*c));
        (0..=hay.len()).any(|at| {
            let Some(rest) = hay[at..].strip_prefix(needle.as_slice()) else {
                return false;
            };
            let before = term(needle.first()) && at > 0 && term(hay.get(at - 1));
            let after = term(needle.last()) && term(rest.first());
            match place {
                Place::Anywhere => true,
                Place::Start => at == 0,
                Place::End => rest.is_empty(),
                Place::Whole => at == 0 && rest.is_empty(),
                Place::Term => !before && !after,
                Place::TermStart => !before,
                Place::TermEnd => !after,
            }
        })
    }

    proptest::proptest! {
        #[test]
        fn as_the_rules_say(hay in "[aAbBkKéÉ\u{212a}٣1_ -]{0,24}", needle in "[aAbkKéÉ٣1_ -]{0,4}", case: bool) {
            use Place::{Anywhere, End, Start, Term, TermEnd, TermStart, Whole};
            for place in [Anywhere, Start, End, Whole, Term, TermStart, TermEnd] {
                let expected = plainly(&hay, place, &needle, case);
                assert_eq!(found(&hay, place, &needle, case), expected, "{hay:?} {place:?} {needle:?} {case}");
            }
        }
    }
}
