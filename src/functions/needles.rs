//! Looking for many texts at once, as whole terms: the kernels of `has_any` and its kin.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use arrow::array::{ArrayRef, BooleanArray, Int64Array};
use foldhash::fast::RandomState;

use super::items::{Items, Kept};
use super::search::{Edges, Needle, Place, folded, is_term};
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::json;
use crate::plan::args::{Arg, Json};
use crate::text::{fold, value_text};
use crate::types::Value;

/// Up to so many needles are looked for one after the other: each search is faster than one
/// automaton for all.
const FEW: usize = 4;

/// Below so many bytes of needles the automaton is a table, which is fastest.
const TABLE: usize = 8 * 1024;

/// Needles with a term in common that are told apart one by one.
const ALIKE: usize = 8;

/// Distinct texts to look for as terms, whatever their case.
struct Needles {
    finder: Finder,
    /// For each needle, its first index in the list it comes from.
    indices: Vec<usize>,
    /// Index of the first "" in that list, which every text has.
    empty: Option<usize>,
}

enum Finder {
    Few(Vec<Needle>),
    Many(Box<Many>),
}

/// Needles that are looked for together.
struct Many {
    edges: Vec<Edges>,
    /// Whether some needle is not ASCII, so that such haystacks must be folded.
    folds: bool,
    /// Needles of which there is one automaton, and which they are.
    automaton: Option<(AhoCorasick, Vec<usize>)>,
    by_term: Option<ByTerm>,
}

/// Many needles, by a term of each: where a needle is, its terms are whole terms of the haystack. An automaton of
/// thousands of long texts takes seconds to make, and is too large for the processor's caches.
struct ByTerm {
    texts: Vec<String>,
    /// For each needle, where its term starts.
    places: Vec<usize>,
    needles: HashMap<Box<str>, Vec<usize>, RandomState>,
}

impl ByTerm {
    /// Of these texts; and those that have no term, or share it with many.
    fn new(texts: &[String]) -> (ByTerm, Vec<usize>) {
        let mut needles: HashMap<Box<str>, Vec<usize>, RandomState> = HashMap::default();
        let (mut places, mut others) = (Vec::with_capacity(texts.len()), Vec::new());
        for (needle, text) in texts.iter().enumerate() {
            let longest = terms_of(text).max_by_key(|term| (term.len(), Reverse(term.start)));
            places.push(longest.as_ref().map_or(0, |term| term.start));
            match longest {
                Some(term) => needles.entry(text[term].into()).or_default().push(needle),
                None => others.push(needle),
            }
        }
        needles.retain(|_, alike| {
            let few = alike.len() <= ALIKE;
            if !few {
                others.extend(alike.iter());
            }
            few
        });
        others.sort_unstable();
        let by_term = ByTerm {
            texts: texts.to_vec(),
            places,
            needles,
        };
        (by_term, others)
    }

    /// Calls `f` with the place of every needle in a folded haystack, until it says `true`; whether it did.
    fn each(&self, haystack: &str, mut f: impl FnMut(usize, Range<usize>) -> bool) -> bool {
        terms_of(haystack).any(|term| {
            let alike = self.needles.get(&haystack[term.clone()]);
            alike.into_iter().flatten().any(|needle| {
                let text = self.texts[*needle].as_bytes();
                let Some(start) = term.start.checked_sub(self.places[*needle]) else {
                    return false;
                };
                let place = start..start + text.len();
                haystack.as_bytes().get(place.clone()) == Some(text) && f(*needle, place)
            })
        })
    }
}

/// Where the terms of a text are.
fn terms_of(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut chars = text.char_indices();
    std::iter::from_fn(move || {
        let start = chars.find(|(_, c)| is_term(*c))?.0;
        let end = chars.find(|(_, c)| !is_term(*c));
        Some(start..end.map_or(text.len(), |(end, _)| end))
    })
}

impl Many {
    /// Of distinct folded texts; up to `table` bytes of them are an automaton.
    fn new(texts: Vec<String>, table: usize) -> Result<Many, Problem> {
        let size: usize = texts.iter().map(String::len).sum();
        let edges = texts.iter().map(|t| Edges::of(t, Place::Term)).collect();
        let folds = !texts.iter().all(|t| t.is_ascii());
        let automaton = |texts: &[&String]| {
            let size: usize = texts.iter().map(|t| t.len()).sum();
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind((size < TABLE).then_some(AhoCorasickKind::DFA))
                .build(texts)
                .map_err(|e| Problem::new(Code::ArgumentValue, format!("too many terms: {e}")))
        };
        let (by_term, together) = match size < table {
            true => (None, (0..texts.len()).collect()),
            false => {
                let (by_term, others) = ByTerm::new(&texts);
                (Some(by_term), others)
            }
        };
        let needles: Vec<&String> = together.iter().map(|needle| &texts[*needle]).collect();
        let automaton = match needles.is_empty() {
            true => None,
            false => Some((automaton(&needles)?, together)),
        };
        Ok(Many {
            edges,
            folds,
            automaton,
            by_term,
        })
    }

    /// See [`Needles::each`].
    fn each(&self, haystack: &str, room: &mut String, mut f: impl FnMut(usize) -> bool) {
        let mut haystack = haystack;
        if self.folds && !haystack.is_ascii() {
            haystack = folded(haystack, room);
        } else if self.by_term.is_some() {
            room.clear();
            room.push_str(haystack);
            room.make_ascii_lowercase();
            haystack = room;
        }
        let mut found = |needle: usize, at: Range<usize>| {
            self.edges[needle].hold(haystack, at.start, at.end) && f(needle)
        };
        if let Some(by_term) = &self.by_term
            && by_term.each(haystack, &mut found)
        {
            return;
        }
        if let Some((automaton, needles)) = &self.automaton {
            // It refuses only automata of another kind than the one built above.
            let hits = automaton.try_find_overlapping_iter(Input::new(haystack));
            for hit in hits.into_iter().flatten() {
                if found(needles[hit.pattern().as_usize()], hit.range()) {
                    return;
                }
            }
        }
    }
}

/// Room that the searches of one batch share.
#[derive(Default)]
struct Scratch {
    folded: String,
    seen: Vec<bool>,
}

impl Needles {
    fn new(texts: impl IntoIterator<Item = String>) -> Result<Needles, Problem> {
        Needles::with_table(texts, TABLE)
    }

    /// See [`Many::new`].
    fn with_table(
        texts: impl IntoIterator<Item = String>,
        table: usize,
    ) -> Result<Needles, Problem> {
        let mut first: HashMap<String, usize> = HashMap::new();
        let (mut distinct, mut indices, mut empty) = (Vec::new(), Vec::new(), None);
        for (index, text) in texts.into_iter().enumerate() {
            let text = fold(&text).into_owned();
            if text.is_empty() {
                empty = empty.or(Some(index));
            } else if first.insert(text.clone(), index).is_none() {
                distinct.push(text);
                indices.push(index);
            }
        }
        let finder = if distinct.len() <= FEW {
            let needles = distinct.iter().map(|t| Needle::new(t, Place::Term, true));
            Finder::Few(needles.collect())
        } else {
            Finder::Many(Box::new(Many::new(distinct, table)?))
        };
        Ok(Needles {
            finder,
            indices,
            empty,
        })
    }

    /// Calls `f` with every needle that `haystack` has, perhaps more than once, until it says `true`.
    fn each(&self, haystack: &str, room: &mut String, mut f: impl FnMut(usize) -> bool) {
        match &self.finder {
            Finder::Few(needles) => {
                for (index, needle) in needles.iter().enumerate() {
                    if needle.matches(haystack, room) && f(index) {
                        return;
                    }
                }
            }
            Finder::Many(many) => many.each(haystack, room, f),
        }
    }

    fn any(&self, haystack: &str, scratch: &mut Scratch) -> bool {
        if self.empty.is_some() {
            return true;
        }
        let mut found = false;
        self.each(haystack, &mut scratch.folded, |_| {
            found = true;
            true
        });
        found
    }

    fn all(&self, haystack: &str, scratch: &mut Scratch) -> bool {
        if let Finder::Few(needles) = &self.finder {
            return needles
                .iter()
                .all(|needle| needle.matches(haystack, &mut scratch.folded));
        }
        let Scratch { folded, seen } = scratch;
        seen.clear();
        seen.resize(self.indices.len(), false);
        let mut missing = self.indices.len();
        self.each(haystack, folded, |needle| {
            missing -= usize::from(!std::mem::replace(&mut seen[needle], true));
            missing == 0
        });
        missing == 0
    }

    /// The lowest index in the list of a needle that `haystack` has.
    fn first(&self, haystack: &str, scratch: &mut Scratch) -> Option<usize> {
        let mut lowest = self.empty;
        self.each(haystack, &mut scratch.folded, |needle| {
            let index = self.indices[needle];
            lowest = Some(lowest.map_or(index, |i| i.min(index)));
            false
        });
        lowest
    }
}

/// `has_any`
pub(super) fn has_any(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    terms(setup, false)
}

/// `has_all`
pub(super) fn has_all(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    terms(setup, true)
}

fn terms(setup: &Setup<'_>, all: bool) -> Result<Box<dyn Kernel>, Problem> {
    let mut items = Items::of(setup, 1);
    let known = std::mem::take(&mut items.known);
    let (null, needles) = Needles::of_values(known.into_iter().map(|item| item.value))?;
    Ok(Box::new(Terms {
        needles,
        null,
        items,
        kept: Kept::default(),
        all,
    }))
}

/// `has_any` and `has_all`.
struct Terms {
    needles: Needles,
    /// Whether an item is null: no text has it. (A null element of an array is "", though.)
    null: bool,
    items: Items,
    kept: Kept<(bool, Needles)>,
    all: bool,
}

impl Kernel for Terms {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(0)?;
        let fixed = self.kept.of(self.items.fixed(args)?, |values| {
            Needles::of_values(values).map_err(|problem| Fault::limit(problem.message))
        })?;
        let null = self.null || fixed.as_ref().is_some_and(|fixed| fixed.0);
        let fixed = fixed.as_ref().map(|fixed| &fixed.1);
        let sets = || std::iter::once(&self.needles).chain(fixed);
        let mut scratch = Scratch::default();
        let mut folded = String::new();
        let found = (0..args.rows).map(|row| {
            let text = <&str>::at(&texts, row).unwrap_or("");
            let known = match self.all {
                true => !null && sets().all(|needles| needles.all(text, &mut scratch)),
                false => sets().any(|needles| needles.any(text, &mut scratch)),
            };
            if known != self.all {
                return Ok(Some(known));
            }
            // One item decides: of any, one that is there; of all, one that is not.
            let decided = self.items.any_varying(args, row, &mut |item| {
                let needle = Needle::new(&value_text(item), Place::Term, true);
                let found = !item.is_null() && needle.matches(text, &mut folded);
                found != self.all
            })?;
            Ok(Some(decided != self.all))
        });
        let found: BooleanArray = found.collect::<Result<_, Fault>>()?;
        Ok(Arc::new(found))
    }
}

/// `has_any_index`
pub(super) fn has_any_index(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let needles = match setup.constant(1) {
        Some(Value::Dynamic(array)) => Some(Needles::of_array(array)?),
        _ => None,
    };
    Ok(Box::new(Index(needles)))
}

impl Needles {
    /// The texts of values, and whether one of them was null and left out.
    fn of_values(values: impl IntoIterator<Item = Value>) -> Result<(bool, Needles), Problem> {
        let mut null = false;
        let texts = values.into_iter().filter_map(|value| {
            null |= value.is_null();
            (!value.is_null()).then(|| value_text(&value))
        });
        let needles = Needles::new(texts)?;
        Ok((null, needles))
    }

    fn of_array(array: &str) -> Result<Needles, Problem> {
        Needles::new(json::elements(array).map(|element| json::display(element).into_owned()))
    }
}

struct Index(Option<Needles>);

impl Kernel for Index {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let texts = args.column::<&str>(0)?;
        let arrays = args.column::<Json<&str>>(1)?;
        let mut scratch = Scratch::default();
        let found = (0..args.rows).map(|row| {
            let text = <&str>::at(&texts, row).unwrap_or("");
            let first = match (&self.0, Json::<&str>::at(&arrays, row)) {
                (Some(needles), _) => needles.first(text, &mut scratch),
                (None, Some(Json(array))) => Needles::of_array(array)
                    .map_err(|problem| Fault::limit(problem.message))?
                    .first(text, &mut scratch),
                (None, None) => None,
            };
            Ok(Some(first.map_or(-1, |i| i64::try_from(i).unwrap_or(-1))))
        });
        let found: Int64Array = found.collect::<Result<_, Fault>>()?;
        Ok(Arc::new(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{d, n, s, text_of};

    #[test]
    fn few_and_many_agree() {
        let filler = ["qq1", "qq2", "qq3", "qq4"];
        for (name, text, needle, expected) in [
            ("has_any", "power-SHELL 42", "shell", "True"),
            ("has_any", "powershell", "shell", "False"),
            ("has_any", "un café", "CAFÉ", "True"),
            ("has_any", "ab--cd", "--", "True"),
            ("has_any", "aa aab", "aab", "True"),
        ] {
            assert_eq!(text_of(name, &[s(text), s(needle)]), expected, "{text}");
            let mut args = vec![s(text), s(needle)];
            args.extend(filler.map(s));
            assert_eq!(text_of(name, &args), expected, "{text}");
        }
        let all = r#"["net","user","add","x","y","net",""]"#;
        assert_eq!(text_of("has_all", &[s("y x ADD user net"), d(all)]), "True");
        assert_eq!(text_of("has_all", &[s("y x ADD user"), d(all)]), "False");
        assert_eq!(text_of("has_all", &[s("a"), d("[]")]), "True");
        assert_eq!(text_of("has_any", &[s("a"), d("[]")]), "False");
        assert_eq!(text_of("has_any", &[s("a"), d("[null]")]), "True");
        assert_eq!(text_of("has_any", &[s("port 42"), n(42)]), "True");
        let many = r#"["q","w","e","user","r","t","user","net"]"#;
        assert_eq!(text_of("has_any_index", &[s("net user"), d(many)]), "3");
        assert_eq!(text_of("has_any_index", &[s("a"), d("[]")]), "-1");
    }

    proptest::proptest! {
        #[test]
        fn as_one_needle_after_the_other(
            hay in "[aAbBéÉ1_ -]{0,24}",
            needles in proptest::collection::vec("[aAbéÉ1_ -]{0,3}", 0..24),
        ) {
            let single: Vec<bool> = needles
                .iter()
                .map(|n| Needle::new(n, Place::Term, true).matches(&hay, &mut String::new()))
                .collect();
            for table in [TABLE, 0] {
                let many = Needles::with_table(needles.iter().cloned(), table).unwrap();
                let mut scratch = Scratch::default();
                let any = single.contains(&true);
                assert_eq!(many.any(&hay, &mut scratch), any, "{hay:?} {needles:?}");
                let all = !single.contains(&false);
                assert_eq!(many.all(&hay, &mut scratch), all, "{hay:?} {needles:?}");
                let first = single.iter().position(|found| *found);
                assert_eq!(many.first(&hay, &mut scratch), first, "{hay:?} {needles:?}");
            }
        }
    }
}
