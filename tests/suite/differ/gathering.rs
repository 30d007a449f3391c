//! Random operators that gather, unfold or look around: mv-expand, windows, scan, find, parse, series, partitions, plugins.

use kql::types::{Column, Type};

use super::expressions::{Scope, constant, expression, quoted, templated, type_of, windows};
use super::queries::{Maker, group, list, text};
use super::tree::Tree;

impl Maker<'_> {
    pub(super) fn mv_expand(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn window(&mut self, scope: &Scope<'_>) -> Tree {
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
    pub(super) fn beside_neighbours(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn scan(&mut self, scope: &Scope<'_>) -> Tree {
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
    pub(super) fn several(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn reduce(&mut self, scope: &Scope<'_>) -> Tree {
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
    pub(super) fn over_time(&mut self, scope: &Scope<'_>) -> Tree {
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
    pub(super) fn find(&mut self) -> Tree {
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

    pub(super) fn parse(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn make_series(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn partition(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn mv_apply(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn top_nested(&mut self, scope: &Scope<'_>) -> Tree {
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

    pub(super) fn search(&mut self, scope: &Scope<'_>) -> Tree {
        let term = constant(self.dice, Type::String);
        let op = *self.dice.pick(&["has", "contains", "startswith", "=="]);
        let _ = scope;
        match self.dice.roll(2) {
            0 => group(vec![text("\n| search "), term]),
            _ => group(vec![text(format!("\n| where * {op} ")), term]),
        }
    }

    pub(super) fn evaluate(&mut self, scope: &Scope<'_>) -> Tree {
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
