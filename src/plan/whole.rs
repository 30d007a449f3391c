//! Operations on whole tables that no combination of the other nodes makes.

use crate::plan::Expr;
use crate::plan::graph::{MakeGraph, Match};
use crate::source::Span;
use crate::types::Value;

/// What is done to all rows of the inputs at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// `make-series`: rows of a group and a step become arrays along an axis.
    Series(Series),
    /// `ipv4_lookup`, `ipv6_lookup`: pairs of rows of both inputs whose address is in the network.
    IpLookup(IpLookup),
    /// `geo_line_lookup`, `geo_polygon_lookup`: pairs of rows of both inputs whose point is near the shape.
    GeoLookup(GeoLookup),
    /// `partition`, `mv-apply`: the second input is run for the rows of each value of a column of the first.
    Partition(Parts),
    /// `scan`: rows in order, matched against steps that have a state.
    Scan(Scan),
    /// `reduce`: groups of texts, which are the last column.
    Reduce(Reduce),
    /// `narrow`: a row for each cell, with the number of its row, the name of its column, and its text.
    Narrow,
    /// `basket`, `autocluster`, `diffpatterns`: values that rows have together.
    Patterns(Patterns),
    /// `diffpatterns_text`: words in their places that differ between rows with and without a condition.
    Words(Words),
    /// `schema_merge`: one schema of the rows of several `getschema`. Whether a column must stand in the same
    /// place in all of them.
    SchemaMerge(bool),
    /// `make-graph`: one of the two tables that a graph is.
    MakeGraph(MakeGraph),
    /// `graph-mark-components`: the nodes of a graph with the number of the connected part each is in. Whether all
    /// nodes of a part lead to one another.
    Components {
        /// Against the direction of edges no node is reached.
        strong: bool,
    },
    /// `graph-match`, `graph-shortest-paths`: a row for each place of a graph that a pattern fits.
    Match(Match),
}

/// The output has a number, counts and percentages, then the input's columns without the one that is split by. Behind
/// the input's columns are, if there are such, the rows' weights, a `long`, and whether a row is in each of two sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Patterns {
    /// Which patterns are wanted.
    pub search: Search,
    /// The column with the rows' weights.
    pub weight: Option<usize>,
    /// What stands for any value, for each column.
    pub wildcards: Vec<Value>,
}

/// Which patterns of values are wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// All that enough rows have.
    Frequent {
        /// The least share of the rows.
        threshold: f64,
        /// Most columns of a pattern, not counting those that follow from others.
        dimensions: usize,
    },
    /// Few that say much of many rows.
    Telling {
        /// How much the number of rows counts, from 0 to 1; the rest is for what the values tell.
        size: f64,
        /// How many rows the search starts from.
        seeds: usize,
    },
    /// Those whose shares in two sets of rows differ.
    Differing {
        /// The column that is split by.
        split: usize,
        /// The least difference of the shares.
        threshold: f64,
        /// Most columns of a pattern, not counting those that follow from others.
        dimensions: usize,
    },
}

/// The input has a text and a condition. The output has the numbers of rows with and without it, their shares, and
/// the pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// The least number of words that are told.
    pub least: usize,
    /// The greatest number of words of a pattern.
    pub most: usize,
    /// The least difference of the shares.
    pub threshold: f64,
}

/// The output has a row for each group: its pattern, how many rows it has, and one of its texts; or the input's rows
/// with the pattern in the place of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    /// Which part of all rows makes a group.
    pub threshold: f64,
    /// Letters and digits that separate words, and other characters that do not.
    pub characters: String,
    /// Whether the input's rows are kept.
    pub source: bool,
}

/// The second input reads the rows of a part where it reads the third, a shared sub-plan. What follows are pairs: a
/// shared sub-plan, and the plan that it is run anew from for each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The column that parts the rows.
    pub column: usize,
    /// The column is none of the part's; it is put in front of what a part yields.
    pub carried: bool,
    /// The second input is run once, for the rows of all parts: in front of their columns they have the numbers of
    /// their parts, in the order of the parts' first rows.
    pub numbered: bool,
    /// More parts than these are refused.
    pub most: Option<usize>,
}

/// The output has the input's columns, then the declared ones, then the number of the match if asked for.
///
/// Expressions are over the input's columns, the declared ones (in no row: their names stand for their defaults
/// already), and behind these the same columns once more for the state of each step.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// What the declared columns hold where nothing was assigned.
    pub defaults: Vec<Value>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Rows with the same values of these have states of their own.
    pub partition: Vec<Expr>,
    /// Whether the number of the match, among those of rows with the same values of these, is the last column.
    pub numbered: bool,
}

/// A step of `scan`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When a row matches.
    pub condition: Expr,
    /// What is assigned then: to which of the declared columns, and its value.
    pub assignments: Vec<(usize, Expr)>,
    /// Which rows are given.
    pub output: Given,
}

/// Which of the rows that match a step of `scan` are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// All of them.
    All,
    /// The last of those that match one after the other.
    Last,
    /// None.
    None,
}

/// The first input has addresses, the second networks. The output has the first's columns, then the second's
/// without its extra keys; or the other way round.
#[derive(Clone, Debug, PartialEq)]
pub struct IpLookup {
    /// The column of the first input with addresses.
    pub address: usize,
    /// The column of the second input with networks.
    pub network: usize,
    /// Pairs of columns, of the first input and of the second, that have to be equal too.
    pub keys: Vec<(usize, usize)>,
    /// IPv6 (else IPv4): networks come first in the output.
    pub v6: bool,
    /// Rows without a network are given too, after the others.
    pub unmatched: bool,
}

/// The first input has points, the second lines or polygons. The output has the first's columns, then the second's.
#[derive(Clone, Debug, PartialEq)]
pub struct GeoLookup {
    /// The columns of the first input with longitudes and latitudes.
    pub point: (usize, usize),
    /// The column of the second input with shapes.
    pub shape: usize,
    /// Whether they are lines, else polygons.
    pub line: bool,
    /// The distance in metres that is near enough.
    pub radius: Option<f64>,
    /// Rows without a shape are given too.
    pub unmatched: bool,
    /// The column with shapes is part of the output.
    pub with_shape: bool,
}

/// The input has the keys, then the axis, then the aggregates. The output has the keys, then an array for each
/// aggregate, then one of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// How many columns are keys.
    pub keys: usize,
    /// What stands where a step has no row, for each aggregate; nothing where that is not known.
    pub defaults: Vec<Option<Value>>,
    /// The first step; that of each group's first row if nothing.
    pub from: Option<Value>,
    /// The end; that of each group's last row if nothing.
    pub to: Option<Value>,
    /// Whether the end is a step too.
    pub inclusive: bool,
    /// The distance of steps.
    pub step: Value,
    /// Without rows there is still one series, of defaults.
    pub nonempty: bool,
    /// Where the query says so.
    pub span: Span,
}

impl Operation {
    /// Its name, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Series(_) => "make-series",
            Operation::IpLookup(l) if l.v6 => "ipv6_lookup",
            Operation::IpLookup(_) => "ipv4_lookup",
            Operation::GeoLookup(l) if l.line => "geo_line_lookup",
            Operation::GeoLookup(_) => "geo_polygon_lookup",
            Operation::Partition(_) => "partition",
            Operation::Scan(_) => "scan",
            Operation::Reduce(_) => "reduce",
            Operation::Narrow => "narrow",
            Operation::Patterns(patterns) => match patterns.search {
                Search::Frequent { .. } => "basket",
                Search::Telling { .. } => "autocluster",
                Search::Differing { .. } => "diffpatterns",
            },
            Operation::Words(_) => "diffpatterns_text",
            Operation::SchemaMerge(_) => "schema_merge",
            Operation::MakeGraph(_) => "make-graph",
            Operation::Components { .. } => "graph-mark-components",
            Operation::Match(m) if m.shortest.is_some() => "graph-shortest-paths",
            Operation::Match(_) => "graph-match",
        }
    }

    /// Whether it makes a graph, or something of one.
    pub fn is_of_graphs(&self) -> bool {
        matches!(
            self,
            Operation::MakeGraph(_) | Operation::Components { .. } | Operation::Match(_)
        )
    }

    /// Its expressions.
    pub fn exprs(&self) -> Vec<&Expr> {
        let scan = match self {
            Operation::Scan(scan) => scan,
            Operation::Match(pattern) => return pattern.exprs(),
            _ => return Vec::new(),
        };
        let mut all: Vec<&Expr> = scan.partition.iter().collect();
        for step in &scan.steps {
            all.push(&step.condition);
            all.extend(step.assignments.iter().map(|(_, value)| value));
        }
        all
    }

    /// Its expressions, to change, in the order of [`Operation::exprs`].
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let scan = match self {
            Operation::Scan(scan) => scan,
            Operation::Match(pattern) => return pattern.exprs_mut(),
            _ => return Vec::new(),
        };
        let mut all: Vec<&mut Expr> = scan.partition.iter_mut().collect();
        for step in &mut scan.steps {
            all.push(&mut step.condition);
            all.extend(step.assignments.iter_mut().map(|(_, value)| value));
        }
        all
    }
}
