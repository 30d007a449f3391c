//! Random queries: one operator after the other, each over the columns that the binder says the ones before it yield.

use kql::types::{Column, Type};

use super::calls;
use super::dice::Dice;
use super::expressions::{Scope, aggregates, expression, quoted, scalars, templated, type_of};
use super::tables::Sample;
use super::tree::Tree;

/// A query being made.
pub struct Maker<'a> {
    pub dice: &'a mut Dice,
    pub samples: &'a [Sample],
    /// The columns of a query's result, if it is one.
    pub columns: &'a dyn Fn(&str) -> Option<Vec<Column>>,
}

/// The parts of a query, from which it is put together.
pub fn whole(lets: Vec<Tree>, source: Tree, pipes: Vec<Tree>) -> Tree {
    let lets = Tree::List("", 0, lets);
    Tree::Group(vec![lets, source, Tree::List("", 0, pipes)])
}

pub(super) fn text(text: impl Into<String>) -> Tree {
    Tree::text(text)
}

pub(super) fn group(parts: Vec<Tree>) -> Tree {
    Tree::Group(parts)
}

pub(super) fn list(least: usize, items: Vec<Tree>) -> Tree {
    Tree::List(", ", least, items)
}

impl Maker<'_> {
    /// A query of up to `most` operators that the binder takes.
    pub fn query(&mut self, most: usize) -> Tree {
        let mut lets = Vec::new();
        let mut names: Vec<&'static str> = self.samples.iter().map(|s| s.name).collect();
        if self.dice.chance(20) {
            let body = self.branch("U");
            let made = match self.dice.roll(2) {
                0 => group(vec![text("let L = "), body, text(";\n")]),
                _ => group(vec![text("let L = materialize("), body, text(");\n")]),
            };
            if (self.columns)(&format!("{made}L")).is_some() {
                lets.push(made);
                names.push("L");
            }
        }
        let source = match self.dice.roll(21) {
            0 => self.range(),
            1 => {
                let name = *self.dice.pick(&names);
                text(format!("union withsource=src T, {name}"))
            }
            2 => text("union *"),
            3 => self.find(),
            _ => text(*self.dice.pick(&names)),
        };
        let source = match (self.columns)(&whole(lets.clone(), source.clone(), vec![]).to_string())
        {
            Some(_) => source,
            None => text("T"),
        };
        let mut pipes: Vec<Tree> = Vec::new();
        let wanted = 1 + self.dice.roll(most);
        let lets_text = lets.iter().map(ToString::to_string).collect::<String>();
        for _ in 0..wanted * 3 {
            let before = whole(lets.clone(), source.clone(), pipes.clone()).to_string();
            let Some(columns) = (self.columns)(&before) else {
                break;
            };
            if columns.is_empty() || pipes.len() >= wanted {
                break;
            }
            let mut others = Vec::new();
            for name in &names {
                if let Some(columns) = (self.columns)(&format!("{lets_text}{name}"))
                    && !columns.is_empty()
                {
                    others.push((*name, columns));
                }
            }
            let scope = Scope {
                columns: &columns,
                others: &others,
            };
            let pipe = self.pipe(&scope);
            if (self.columns)(&format!("{before}{pipe}")).is_some() {
                pipes.push(pipe);
            }
        }
        whole(lets, source, pipes)
    }

    fn range(&mut self) -> Tree {
        text(*self.dice.pick(&[
            "range l from 1 to 7 step 2",
            "range l from 5 to -5 step -3",
            "range r from 0.0 to 2.0 step 0.5",
            "range t from datetime(2024-01-01) to datetime(2024-01-03) step 12h",
            "range d from -1h to 3h step 1h",
            "range l from 3 to 1 step 1",
            "print l = 1, s = 'a', t = datetime(2024-01-01), j = dynamic([1, 2])",
        ]))
    }

    pub(super) fn sample(&self, name: &str) -> &Sample {
        self.samples.iter().find(|s| s.name == name).unwrap()
    }

    /// A table with an operator or none: the other side of a join or union.
    fn branch(&mut self, name: &'static str) -> Tree {
        let columns = self.sample(name).schema.columns.clone();
        let scope = Scope {
            columns: &columns,
            others: &[],
        };
        let mut parts = vec![text(name)];
        if self.dice.chance(40) {
            let pipe = match self.dice.roll(4) {
                0 => self.extend(&scope),
                1 => self.summarize(&scope),
                2 => self.sort(&scope),
                _ => self.filter(&scope),
            };
            parts.push(Tree::Optional(Box::new(pipe)));
        }
        group(parts)
    }

    fn pipe(&mut self, scope: &Scope<'_>) -> Tree {
        match self.dice.roll(52) {
            0..=6 => self.filter(scope),
            7..=10 => self.extend(scope),
            11..=12 => self.project(scope),
            13 => self.rearrange(scope),
            14..=19 => self.summarize(scope),
            20 => self.distinct(scope),
            21..=22 => self.sort(scope),
            23..=24 => self.top(scope),
            25 => {
                let count = self.dice.roll(6);
                text(format!("\n| take {count}"))
            }
            26 => text("\n| count"),
            27..=30 => self.join(scope),
            31 => self.lookup(scope),
            32..=33 => self.union(),
            34..=35 => self.mv_expand(scope),
            36..=38 => self.window(scope),
            39 => self.parse(scope),
            40 => self.make_series(scope),
            41 => self.partition(scope),
            42 => self.mv_apply(scope),
            43 => self.top_nested(scope),
            44 => self.search(scope),
            45..=46 => self.scan(scope),
            47 => self.several(scope),
            48 => self.reduce(scope),
            49 => self.over_time(scope),
            50 => self.beside_neighbours(scope),
            _ => self.evaluate(scope),
        }
    }

    fn any(&mut self, scope: &Scope<'_>, depth: usize) -> Tree {
        let ty = match self.dice.chance(60) {
            true => self.dice.pick(scope.columns).ty,
            false => type_of(self.dice, scalars()),
        };
        expression(self.dice, ty, scope, depth)
    }

    pub(super) fn column(&mut self, scope: &Scope<'_>) -> String {
        quoted(&self.dice.pick(scope.columns).name)
    }

    pub(super) fn filter(&mut self, scope: &Scope<'_>) -> Tree {
        let predicate = expression(self.dice, Type::Bool, scope, 3);
        group(vec![text("\n| where "), predicate])
    }

    fn name(&mut self, scope: &Scope<'_>) -> String {
        match self.dice.chance(40) {
            true => self.column(scope),
            false => (*self.dice.pick(&["a1", "a2", "a3", "x", "y"])).to_string(),
        }
    }

    fn assignments(&mut self, scope: &Scope<'_>) -> Vec<Tree> {
        let mut names: Vec<String> = Vec::new();
        let mut items = Vec::new();
        for _ in 0..=self.dice.roll(3) {
            let name = self.name(scope);
            if names.contains(&name) {
                continue;
            }
            let value = self.any(scope, 3);
            items.push(group(vec![text(format!("{name} = ")), value]));
            names.push(name);
        }
        items
    }

    pub(super) fn extend(&mut self, scope: &Scope<'_>) -> Tree {
        let items = self.assignments(scope);
        group(vec![text("\n| extend "), list(1, items)])
    }

    fn project(&mut self, scope: &Scope<'_>) -> Tree {
        let mut items = Vec::new();
        for column in scope.columns {
            if self.dice.chance(50) {
                items.push(text(quoted(&column.name)));
            }
        }
        if items.is_empty() || self.dice.chance(50) {
            let value = self.any(scope, 3);
            items.push(group(vec![text("a1 = "), value]));
        }
        group(vec![text("\n| project "), list(1, items)])
    }

    fn rearrange(&mut self, scope: &Scope<'_>) -> Tree {
        let column = self.column(scope);
        text(match self.dice.roll(4) {
            0 => format!("\n| project-away {column}"),
            1 => format!("\n| project-keep {column}"),
            2 => format!("\n| project-rename a9 = {column}"),
            _ => format!("\n| project-reorder {column}"),
        })
    }

    fn aggregates(&mut self, scope: &Scope<'_>) -> Tree {
        let mut items = Vec::new();
        for _ in 0..1 + self.dice.roll(3) {
            let ty = type_of(self.dice, aggregates());
            let any = match self.dice.chance(25) {
                true => calls::aggregate(self.dice, scope, 2),
                false => None,
            };
            let call = any.unwrap_or_else(|| templated(self.dice, aggregates(), ty, scope, 2));
            let named = !call.to_string().contains('*') && self.dice.chance(30);
            items.push(match named {
                true => group(vec![text(format!("z{} = ", items.len())), call]),
                false => call,
            });
        }
        list(1, items)
    }

    fn key(&mut self, scope: &Scope<'_>) -> Tree {
        if self.dice.chance(65) {
            return text(self.column(scope));
        }
        let ty = type_of(self.dice, scalars());
        expression(self.dice, ty, scope, 1)
    }

    pub(super) fn summarize(&mut self, scope: &Scope<'_>) -> Tree {
        let mut parts = vec![text("\n| summarize "), self.aggregates(scope)];
        if self.dice.chance(75) {
            let mut keys = vec![self.key(scope)];
            if self.dice.chance(35) {
                keys.push(self.key(scope));
            }
            let by = group(vec![text(" by "), list(1, keys)]);
            parts.push(Tree::Optional(Box::new(by)));
        }
        group(parts)
    }

    pub(super) fn distinct(&mut self, scope: &Scope<'_>) -> Tree {
        match self.dice.roll(3) {
            0 => text("\n| distinct *"),
            1 => text(format!("\n| distinct {}", self.column(scope))),
            _ => {
                let keys = vec![self.key(scope), self.key(scope)];
                group(vec![text("\n| distinct "), list(1, keys)])
            }
        }
    }

    fn order(&mut self, scope: &Scope<'_>) -> Tree {
        let key = self.key(scope);
        let direction = *self.dice.pick(&["", " asc", " desc", " asc", " desc"]);
        let nulls = *self.dice.pick(&["", "", " nulls first", " nulls last"]);
        group(vec![key, text(format!("{direction}{nulls}"))])
    }

    pub(super) fn sort(&mut self, scope: &Scope<'_>) -> Tree {
        let mut keys = vec![self.order(scope)];
        if self.dice.chance(40) {
            keys.push(self.order(scope));
        }
        group(vec![text("\n| sort by "), list(1, keys)])
    }

    pub(super) fn top(&mut self, scope: &Scope<'_>) -> Tree {
        let count = self.dice.roll(5);
        group(vec![
            text(format!("\n| top {count} by ")),
            self.order(scope),
        ])
    }

    /// `a, b`, or `$left.a == $right.b`, of columns of one type.
    fn on(&mut self, scope: &Scope<'_>, other: &[Column]) -> Option<String> {
        let mut same: Vec<String> = Vec::new();
        let mut pairs: Vec<String> = Vec::new();
        for left in scope.columns {
            for right in other.iter().filter(|r| r.ty == left.ty) {
                let (l, r) = (quoted(&left.name), quoted(&right.name));
                if l == r {
                    same.push(l.clone());
                }
                let (l, r) = (l.replace("['", "[\"").replace("']", "\"]"), r);
                if !l.contains('[') && !r.contains('[') {
                    pairs.push(format!("$left.{l} == $right.{r}"));
                }
            }
        }
        let mut from = match self.dice.chance(60) && !same.is_empty() {
            true => same,
            false => pairs,
        };
        if from.is_empty() {
            return None;
        }
        let first = from.remove(self.dice.roll(from.len()));
        match self.dice.chance(30) && !from.is_empty() {
            true => Some(format!("{first}, {}", self.dice.pick(&from))),
            false => Some(first),
        }
    }

    fn join(&mut self, scope: &Scope<'_>) -> Tree {
        let kind = *self.dice.pick(&[
            "",
            " kind=innerunique",
            " kind=inner",
            " kind=leftouter",
            " kind=rightouter",
            " kind=fullouter",
            " kind=leftsemi",
            " kind=rightsemi",
            " kind=leftanti",
            " kind=rightanti",
        ]);
        let name = if self.dice.chance(70) { "U" } else { "T" };
        let right = self.branch(name);
        let other = (self.columns)(&right.to_string()).unwrap_or_default();
        match self.on(scope, &other) {
            Some(on) => group(vec![
                text(format!("\n| join{kind} (")),
                right,
                text(format!(") on {on}")),
            ]),
            None => text("\n| where true"),
        }
    }

    fn lookup(&mut self, scope: &Scope<'_>) -> Tree {
        let kind = *self.dice.pick(&["", " kind=leftouter", " kind=inner"]);
        let right = self.branch("U");
        let other = (self.columns)(&right.to_string()).unwrap_or_default();
        match self.on(scope, &other) {
            Some(on) => group(vec![
                text(format!("\n| lookup{kind} (")),
                right,
                text(format!(") on {on}")),
            ]),
            None => text("\n| where true"),
        }
    }

    fn union(&mut self) -> Tree {
        let how = *self
            .dice
            .pick(&["", " kind=outer", " kind=inner", " withsource=src"]);
        let name = if self.dice.chance(60) { "U" } else { "T" };
        let other = self.branch(name);
        group(vec![text(format!("\n| union{how} (")), other, text(")")])
    }
}
