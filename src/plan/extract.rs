//! What `parse` and `parse-kv` cut out of a text, as plain data; `functions::extract` does it.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::types::Type;

/// How columns are cut out of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `parse`, `parse-where`
    Sequence(Sequence),
    /// `parse-kv`
    Pairs(Pairs),
}

/// Texts, and columns between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// What the texts are and when a row matches.
    pub kind: SequenceKind,
    /// Flags of a regular expression: some of `imsUx`.
    pub flags: String,
    /// The pieces, in order.
    pub items: Vec<Item>,
}

/// The kinds of `parse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceKind {
    /// Texts are plain; a row whose cells are not all of their types does not match.
    Simple,
    /// Texts are plain; a cell that is not of its type is null.
    Relaxed,
    /// Texts are regular expressions; a row whose cells are not all of their types does not match.
    Regex,
}

/// A piece of a [`Sequence`].
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `*`
    Skip,
    /// `'a='`
    Text(Arc<str>),
    /// `a: long`
    Column(Type),
}

/// Keys, each with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// The keys, each with the type of its value.
    pub keys: Vec<(Arc<str>, Type)>,
    /// How keys and values are told apart.
    pub form: PairsForm,
}

/// How keys and values are told apart.
#[derive(Clone, Debug, PartialEq)]
pub enum PairsForm {
    /// By delimiters.
    Delimited {
        /// Between pairs and between key and value; any character that is no letter or digit unless given.
        delimiters: Option<(Arc<str>, Arc<str>)>,
        /// Opening and closing quotes of keys and values.
        quotes: Vec<(char, char)>,
        /// Each makes the next character of a quoted text an ordinary one.
        escapes: Vec<char>,
        /// Whether a value goes on to the next key asked for.
        greedy: bool,
    },
    /// By a regular expression whose first group is a key, its second the value.
    Regex(Arc<str>),
}

impl Pattern {
    /// The types of the columns it yields, in order.
    pub fn types(&self) -> Vec<Type> {
        match self {
            Pattern::Sequence(sequence) => {
                let column = |item: &Item| match item {
                    Item::Column(ty) => Some(*ty),
                    _ => None,
                };
                sequence.items.iter().filter_map(column).collect()
            }
            Pattern::Pairs(pairs) => pairs.keys.iter().map(|(_, ty)| *ty).collect(),
        }
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Sequence(sequence) => {
                write!(f, "{:?}", sequence.kind)?;
                for item in &sequence.items {
                    match item {
                        Item::Skip => write!(f, " *")?,
                        Item::Text(text) => write!(f, " {text:?}")?,
                        Item::Column(ty) => write!(f, " {ty}")?,
                    }
                }
                Ok(())
            }
            Pattern::Pairs(pairs) => {
                write!(f, "Pairs")?;
                for (key, ty) in &pairs.keys {
                    write!(f, " {key}: {ty}")?;
                }
                Ok(())
            }
        }
    }
}
