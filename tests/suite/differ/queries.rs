//! Random queries: one operator after the other, each over the columns that the binder says the ones before it yield.

use kql::types::{Column, Type};

use super::calls;
use super::dice::Dice;
use super::expressions::{
    Scope, aggregates, constant, expression, quoted, scalars, templated, type_of, windows,
};
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

fn text(text: impl Into<String>) -> Tree {
    Tree::text(text)
}

fn group(parts: Vec<Tree>) -> Tree {
    Tree::Group(parts)
}

fn list(least: usize, items: Vec<Tree>) -> Tree {
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

    fn sample(&self, name: &str) -> &Sample {
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

    fn column(&mut self, scope: &Scope<'_>) -> String {
        quoted(&self.dice.pick(scope.columns).name)
    }

    fn filter(&mut self, scope: &Scope<'_>) -> Tree {
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

    fn extend(&mut self, scope: &Scope<'_>) -> Tree {
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

    fn summarize(&mut self, scope: &Scope<'_>) -> Tree {
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

    fn distinct(&mut self, scope: &Scope<'_>) -> Tree {
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

    fn sort(&mut self, scope: &Scope<'_>) -> Tree {
        let mut keys = vec![self.order(scope)];
        if self.dice.chance(40) {
            keys.push(self.order(scope));
        }
        group(vec![text("\n| sort by "), list(1, keys)])
    }

    fn top(&mut self, scope: &Scope<'_>) -> Tree {
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

    fn mv_expand(&mut self, scope: &Scope<'_>) -> Tree {
        let kind = *self
            .dice
            .pick(&["", "", " kind=array", " with_itemindex=ix"]);
        let mut items = Vec::new();
        for name in ["e1", "e2"] {
            let dynamic: Vec<&Column> = scope
                .columns
                .iter()
                .filter(|c| c.ty == Type::Dynamic)
                .collect();
            let to = match self.dice.chance(30) {
                true => format!(
                    " to typeof({})",
                    self.dice
                        .pick(&["long", "string", "real", "bool", "int", "datetime", "guid"])
                ),
                false => String::new(),
            };
            items.push(if !dynamic.is_empty() && self.dice.chance(60) {
                text(format!("{}{to}", quoted(&self.dice.pick(&dynamic).name)))
            } else {
                let value = expression(self.dice, Type::Dynamic, scope, 2);
                group(vec![text(format!("{name} = ")), value, text(to)])
            });
            if self.dice.chance(65) {
                break;
            }
        }
        let limit = *self.dice.pick(&["", "", " limit 1", " limit 2"]);
        group(vec![
            text(format!("\n| mv-expand{kind} ")),
            list(1, items),
            text(limit),
        ])
    }

    fn window(&mut self, scope: &Scope<'_>) -> Tree {
        let ty = type_of(self.dice, windows());
        let call = templated(self.dice, windows(), ty, scope, 2);
        let order = match self.dice.roll(3) {
            0 => text("\n| serialize"),
            _ => self.sort(scope),
        };
        let place = *self
            .dice
            .pick(&["extend w1 = ", "extend w1 = ", "project a1 = 1, w1 = "]);
        group(vec![order, text(format!("\n| {place}")), call])
    }

    /// A function of neighbouring rows beside a condition that has nothing to do with them.
    fn beside_neighbours(&mut self, scope: &Scope<'_>) -> Tree {
        let ty = type_of(self.dice, windows());
        let call = templated(self.dice, windows(), ty, scope, 2);
        let condition = expression(self.dice, Type::Bool, scope, 2);
        let (how, end) = *self.dice.pick(&[
            ("where ", ""),
            ("extend w2 = ", ""),
            ("summarize w3 = countif(", ")"),
            ("summarize count() by w4 = (", ")"),
            ("sort by (", ")"),
            ("distinct w5 = (", ")"),
            ("mv-expand e3 = pack_array(1, ", ")"),
            ("parse tostring(", ") with w6 'e' *"),
        ]);
        let word = *self.dice.pick(&[" and ", " or "]);
        group(vec![
            self.sort(scope),
            text(format!("\n| {how}")),
            condition,
            text(format!("{word}isnotempty(")),
            call,
            text(format!("){end}")),
        ])
    }

    /// Columns whose names need no quotes, of these types.
    fn plain(scope: &Scope<'_>, types: &[Type]) -> Vec<String> {
        let columns = scope.columns.iter().filter(|c| types.contains(&c.ty));
        let names = columns.map(|c| quoted(&c.name));
        names.filter(|name| !name.contains('[')).collect()
    }

    fn scan(&mut self, scope: &Scope<'_>) -> Tree {
        let comparable = Self::plain(
            scope,
            &[Type::Long, Type::Int, Type::String, Type::Datetime],
        );
        let numbered = *self.dice.pick(&["", " with_match_id=m1"]);
        let order = match self.dice.roll(3) {
            0 => text("\n| serialize"),
            _ => self.sort(scope),
        };
        let count = 1 + self.dice.roll(3);
        let mut steps = Vec::new();
        for step in 1..=count {
            let output = *self
                .dice
                .pick(&["", "", " output=all", " output=last", " output=none"]);
            let known = 1 + self.dice.roll(step);
            let mut parts = vec![text(format!("step s{step}{output}: "))];
            let state = match (self.dice.roll(5), comparable.is_empty()) {
                (0, _) => format!("s{known}.n1 < 3"),
                (1, false) => {
                    let column = self.dice.pick(&comparable);
                    format!("{column} != s{known}.{column}")
                }
                (2, false) => {
                    let column = self.dice.pick(&comparable);
                    format!("isempty(s{known}.{column})")
                }
                _ => "true".to_string(),
            };
            match self.dice.roll(3) {
                0 => parts.push(text(state)),
                1 => parts.push(expression(self.dice, Type::Bool, scope, 2)),
                _ => {
                    let word = *self.dice.pick(&[" and ", " or "]);
                    parts.push(text(format!("{state}{word}")));
                    let condition = expression(self.dice, Type::Bool, scope, 1);
                    parts.push(group(vec![text("("), condition, text(")")]));
                }
            }
            parts.push(match self.dice.roll(4) {
                0 => text(""),
                1 => text(format!(" => n1 = s{known}.n1 + 1")),
                2 => text(format!(
                    " => n1 = coalesce(s{known}.n1, 5), n2 = strcat(s{known}.n2, 'x')"
                )),
                _ => {
                    let value = expression(self.dice, Type::String, scope, 1);
                    group(vec![text(" => n2 = "), value])
                }
            });
            steps.push(group(parts));
        }
        let default = *self.dice.pick(&["", " = 0"]);
        group(vec![
            order,
            text(format!(
                "\n| scan{numbered} declare (n1: long{default}, n2: string) with ("
            )),
            Tree::List("; ", 1, steps),
            text(";)"),
        ])
    }

    /// What gives several tables.
    fn several(&mut self, scope: &Scope<'_>) -> Tree {
        let bare = |tree: Tree| tree.to_string().trim_start_matches("\n| ").to_string();
        let first = bare(self.filter(scope));
        let second = bare(self.summarize(scope));
        let column = self.column(scope);
        text(match self.dice.roll(4) {
            0 => format!("\n| fork ({first}) ({second})"),
            1 => format!("\n| facet by {column} with ({second})"),
            2 => format!("\n| facet by {column}"),
            _ => "\n| evaluate preview(3)".to_string(),
        })
    }

    fn reduce(&mut self, scope: &Scope<'_>) -> Tree {
        let value = expression(self.dice, Type::String, scope, 1);
        let kind = *self.dice.pick(&["", "", " kind=source"]);
        let with = *self
            .dice
            .pick(&["", " with threshold=0.5", " with characters='a'"]);
        group(vec![
            text(format!("\n| reduce{kind} by ")),
            value,
            text(with),
        ])
    }

    /// The plugins that follow values over time.
    fn over_time(&mut self, scope: &Scope<'_>) -> Tree {
        let ids = Self::plain(scope, &[Type::Long, Type::Int, Type::String, Type::Guid]);
        let times = Self::plain(scope, &[Type::Datetime]);
        let (Some(id), Some(time)) = (ids.first(), times.first()) else {
            return text("\n| where true");
        };
        let by = match ids.last() {
            Some(last) if last != id && self.dice.chance(50) => format!(", {last}"),
            _ => String::new(),
        };
        let period = "datetime(2023-12-30), datetime(2024-01-05)";
        let call = match self.dice.roll(8) {
            0 => format!("activity_metrics({id}, {time}, {period}, 1d{by})"),
            1 => format!("activity_engagement({id}, {time}, {period}, 1d, 2d{by})"),
            2 => format!("new_activity_metrics({id}, {time}, {period}, 2d{by})"),
            3 => format!("activity_counts_metrics({id}, {time}, {period}, 1d{by})"),
            4 => format!("session_count({id}, {time}, {period}, 1d, 2d{by})"),
            5 => format!("sliding_window_counts({id}, {time}, {period}, 2d, 1d{by})"),
            6 => format!("active_users_count({id}, {time}, {period}, 3d, 1d, 1, 1d{by})"),
            _ => format!(
                "funnel_sequence_completion({id}, {time}, {period}, 30d, {id}, dynamic([1, 2]), dynamic([1d]))"
            ),
        };
        text(format!("\n| evaluate {call}"))
    }

    /// What looks for rows in several tables.
    fn find(&mut self) -> Tree {
        let columns = self.sample("T").schema.columns.clone();
        let scope = Scope {
            columns: &columns,
            others: &[],
        };
        let predicate = expression(self.dice, Type::Bool, &scope, 2);
        let project = match self.dice.roll(3) {
            0 => format!(" project {}", self.column(&scope)),
            1 => " project pack_all()".to_string(),
            _ => String::new(),
        };
        let tables = *self.dice.pick(&["T, U", "T", "*"]);
        group(vec![
            text(format!("find in ({tables}) where ")),
            predicate,
            text(project),
        ])
    }

    fn parse(&mut self, scope: &Scope<'_>) -> Tree {
        let value = expression(self.dice, Type::String, scope, 1);
        let word = *self.dice.pick(&[
            "parse",
            "parse-where",
            "parse kind=relaxed",
            "parse kind=regex",
        ]);
        let pattern = *self.dice.pick(&[
            "p1 'a' p2",
            "* 'a' p1: long 'b' *",
            "p1: long '.' p2",
            "* ' ' p1 ' ' *",
            "p1: datetime",
            "'a=' p1: long ',' *",
            "* '.' p1: string",
        ]);
        if self.dice.chance(25) {
            return group(vec![
                text("\n| parse-kv "),
                value,
                text(
                    " as (a: long, b: string, k: real) with (pair_delimiter=',', kv_delimiter='=')",
                ),
            ]);
        }
        group(vec![
            text(format!("\n| {word} ")),
            value,
            text(format!(" with {pattern}")),
        ])
    }

    fn make_series(&mut self, scope: &Scope<'_>) -> Tree {
        let ty = *self
            .dice
            .pick(&[Type::Datetime, Type::Long, Type::Real, Type::Timespan]);
        let axis: Vec<&Column> = scope.columns.iter().filter(|c| c.ty == ty).collect();
        let Some(axis) = axis.first() else {
            return text("\n| where true");
        };
        let range = match ty {
            Type::Datetime => *self.dice.pick(&[
                "from datetime(2024-01-01) to datetime(2024-01-03) step 12h",
                "from datetime(2023-12-31 01:00) to datetime(2024-01-03) step 1d",
                "in range(datetime(2024-01-01), datetime(2024-01-02), 6h)",
            ]),
            Type::Long => *self.dice.pick(&[
                "from 0 to 10 step 1",
                "from -3 to 6 step 2",
                "in range(0, 6, 2)",
            ]),
            Type::Real => *self
                .dice
                .pick(&["from 0.0 to 4.0 step 0.5", "from -1.0 to 3.0 step 1.0"]),
            _ => "from -1h to 2d step 30m",
        };
        let aggregate = *self
            .dice
            .pick(&["count()", "n = dcount(axis) default = -1"]);
        let aggregate = aggregate.replace("axis", &quoted(&axis.name));
        let by = match self.dice.chance(60) {
            true => format!(" by {}", self.column(scope)),
            false => String::new(),
        };
        text(format!(
            "\n| make-series {aggregate} on {} {range}{by}",
            quoted(&axis.name)
        ))
    }

    fn partition(&mut self, scope: &Scope<'_>) -> Tree {
        let column = self.column(scope);
        let body = match self.dice.roll(10) {
            0 => self.top(scope),
            1 => self.summarize(scope),
            2 => self.sort(scope),
            3 => self.window(scope),
            4 => self.scan(scope),
            5 => self.beside_neighbours(scope),
            6 => self.mv_expand(scope),
            7 => self.distinct(scope),
            8 => group(vec![self.extend(scope), self.top(scope)]),
            _ => self.filter(scope),
        };
        let body = body.to_string().trim_start_matches("\n| ").to_string();
        text(format!("\n| partition by {column} ({body})"))
    }

    fn mv_apply(&mut self, scope: &Scope<'_>) -> Tree {
        let value = expression(self.dice, Type::Dynamic, scope, 1);
        let body = *self.dice.pick(&[
            "where isnotempty(e1)",
            "summarize make_list(e1)",
            "summarize n1 = count()",
            "summarize n1 = count() by tostring(e1)",
            "where tostring(e1) != 'a' | summarize make_set(e1)",
            "extend q1 = strcat(e1, '!')",
            "order by tostring(e1) asc | take 1",
            "top 1 by tostring(e1) desc",
            "where false",
            "count",
            "order by tostring(e1) asc | extend q2 = strcat(e1, prev(e1))",
            "serialize q3 = row_number() | where q3 == 2",
            "order by tostring(e1) desc | summarize q4 = countif(tostring(e1) != prev(tostring(e1)))",
            "serialize | scan declare (n: long = 0) with (step s: true => n = s.n + 1)",
            "mv-expand e1 | summarize q5 = count()",
            "distinct tostring(e1)",
            "take 1",
        ]);
        let to = *self
            .dice
            .pick(&["", "", " to typeof(string)", " to typeof(long)"]);
        group(vec![
            text("\n| mv-apply e1 = "),
            value,
            text(format!("{to} on ({body})")),
        ])
    }

    fn top_nested(&mut self, scope: &Scope<'_>) -> Tree {
        let (first, second) = (self.column(scope), self.column(scope));
        text(match self.dice.roll(4) {
            0 => format!("\n| top-nested 2 of {first} by count()"),
            1 => {
                format!("\n| top-nested of {first} by count(), top-nested 1 of {second} by count()")
            }
            2 => format!("\n| top-hitters 2 of {first}"),
            _ => format!("\n| top-nested 1 of {first} with others='o' by dcount({second})"),
        })
    }

    fn search(&mut self, scope: &Scope<'_>) -> Tree {
        let term = constant(self.dice, Type::String);
        let op = *self.dice.pick(&["has", "contains", "startswith", "=="]);
        let _ = scope;
        match self.dice.roll(2) {
            0 => group(vec![text("\n| search "), term]),
            _ => group(vec![text(format!("\n| where * {op} ")), term]),
        }
    }

    fn evaluate(&mut self, scope: &Scope<'_>) -> Tree {
        let dynamic: Vec<&Column> = scope
            .columns
            .iter()
            .filter(|c| c.ty == Type::Dynamic)
            .collect();
        let column = self.column(scope);
        match (self.dice.roll(4), dynamic.first()) {
            (0, Some(bag)) => text(format!(
                "\n| evaluate bag_unpack({}, 'u_')",
                quoted(&bag.name)
            )),
            (1, Some(bag)) => text(format!(
                "\n| evaluate bag_unpack({}) : (*, a: string, k: dynamic)",
                quoted(&bag.name)
            )),
            (2, _) => text(format!("\n| evaluate pivot({column})")),
            _ => text("\n| evaluate narrow()"),
        }
    }
}
