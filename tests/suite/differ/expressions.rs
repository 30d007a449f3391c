//! Random expressions: templates with typed holes, filled by columns, constants and each other.

use std::collections::HashMap;
use std::sync::OnceLock;

use kql::types::{Column, Type, Value};

use super::calls;
use super::dice::Dice;
use super::tables::{self, literal, plain_value};
use super::tree::Tree;

/// What an expression may name.
pub struct Scope<'a> {
    pub columns: &'a [Column],
    /// Tables for the right side of `in` and for `toscalar`, with their columns.
    pub others: &'a [(&'static str, Vec<Column>)],
}

/// `type: text`, where `{type}` is an expression, `{'type}` a constant; `{T}` stands for any one type, `{O}` for any
/// that has an order, `{N}` for any that is a number.
const TEMPLATES: &str = r#"
T: iff({bool}, {T}, {T})
T: case({bool}, {T}, {bool}, {T}, {T})
T: coalesce({T}, {T})
T: coalesce({T}, {'T})
O: max_of({O}, {O})
O: min_of({O}, {O}, {'O})
bool: ({O} == {O})
bool: ({O} == {'O})
bool: ({O} != {O})
bool: ({O} != {'O})
bool: ({guid} == {guid})
bool: ({N} < {N})
bool: ({N} <= {'N})
bool: ({N} > {'N})
bool: ({'N} >= {N})
bool: ({N} between ({'N} .. {'N}))
bool: ({N} !between ({N} .. {N}))
bool: ({datetime} < {datetime})
bool: ({datetime} >= {'datetime})
bool: ({datetime} <= {'datetime})
bool: ({datetime} between ({'datetime} .. {'datetime}))
bool: ({datetime} between ({datetime} .. {timespan}))
bool: ({datetime} !between ({'datetime} .. {'timespan}))
bool: ({timespan} > {timespan})
bool: ({timespan} <= {'timespan})
bool: ({timespan} between ({'timespan} .. {timespan}))
bool: ({long} == {int})
bool: ({long} < {real})
bool: ({long} == {'real})
bool: ({int} >= {'long})
bool: ({real} != {long})
bool: ({bool} == {'long})
bool: ({bool} and {bool})
bool: ({bool} or {bool})
bool: ({bool} and {bool} and {bool})
bool: ({bool} or {bool} or {bool})
bool: not({bool})
bool: ({string} =~ {string})
bool: ({string} =~ {'string})
bool: ({string} !~ {'string})
bool: ({string} contains {'string})
bool: ({string} !contains {string})
bool: ({string} contains_cs {'string})
bool: ({string} !contains_cs {'string})
bool: ({string} startswith {'string})
bool: ({string} startswith {string})
bool: ({string} !startswith {'string})
bool: ({string} startswith_cs {'string})
bool: ({string} endswith {'string})
bool: ({string} endswith_cs {string})
bool: ({string} !endswith {'string})
bool: ({string} has {'string})
bool: ({string} has {string})
bool: ({string} !has {'string})
bool: ({string} has_cs {'string})
bool: ({string} !has_cs {string})
bool: ({string} hasprefix {'string})
bool: ({string} !hasprefix {'string})
bool: ({string} hasprefix_cs {string})
bool: ({string} hassuffix {'string})
bool: ({string} !hassuffix {string})
bool: ({string} hassuffix_cs {'string})
bool: ({string} in ({'string}, {'string}))
bool: ({string} in ({'string}, {string}))
bool: ({string} !in ({'string}, {'string}, {'string}))
bool: ({string} in~ ({'string}, {'string}))
bool: ({string} !in~ ({'string}, {string}))
bool: ({string} in ({dynamic}))
bool: ({string} in~ (dynamic(['a', 'AB', 'é'])))
bool: ({long} in ({'long}, {'long}, {'long}, {'long}, {'long}, {'long}))
bool: ({long} in ({'long}, {'real}))
bool: ({long} !in ({long}, {'long}))
bool: ({real} in ({'real}, {'long}))
bool: ({datetime} in ({'datetime}, {'datetime}))
bool: ({timespan} in ({'timespan}, {timespan}))
bool: ({decimal} in ({'decimal}, {'decimal}))
bool: ({guid} in ({'guid}, {'guid}))
bool: ({bool} in ({'bool}))
bool: ({int} in ({'long}, {'int}))
bool: ({dynamic} in ({'string}, {'long}))
bool: ({string} has_any ({'string}, {'string}))
bool: ({string} has_any ({string}, {'string}))
bool: ({string} has_any ({dynamic}))
bool: ({string} has_all ({'string}, {'string}))
bool: ({string} has_all ({'string}, {string}))
bool: ({dynamic} == {'string})
bool: ({dynamic} != {'string})
bool: ({dynamic} == {'long})
bool: ({dynamic} == {'bool})
bool: ({dynamic} > {'long})
bool: ({dynamic} has {'string})
bool: ({dynamic} contains {'string})
bool: ({string} matches regex @'^[ab]')
bool: ({string} matches regex @'\d+')
bool: ({string} matches regex @'(?i)A.B')
bool: ({string} matches regex @'[^\w ]$')
bool: isnull({T})
bool: isnotnull({T})
bool: isempty({T})
bool: isnotempty({T})
bool: isnan({real})
bool: isinf({real})
bool: isfinite({real})
bool: isascii({string})
bool: tobool({string})
bool: tobool({long})
bool: tobool({dynamic})
bool: set_has_element({dynamic}, {'long})
bool: set_has_element({dynamic}, {string})
bool: bag_has_key({dynamic}, {'string})
bool: ipv4_is_private({string})
bool: ipv4_is_in_range({string}, {'string})
bool: ipv4_is_match({string}, {string})
bool: has_ipv4({string}, {'string})
bool: around({long}, {'long}, {'long})
long: ({long} + {long})
long: ({long} - {'long})
long: ({long} * {long})
long: ({long} / {long})
long: ({long} / {'long})
long: ({long} % {long})
long: ({'long} % {long})
long: ({int} + {int})
long: ({dynamic} + {'long})
long: (-{long})
long: abs({long})
long: bin({long}, {'long})
long: bin({long}, {long})
long: bin_at({long}, {'long}, {'long})
long: strlen({string})
long: string_size({string})
long: strcmp({string}, {string})
long: indexof({string}, {string})
long: indexof({string}, {'string}, {'long})
long: countof({string}, {'string})
long: array_length({dynamic})
long: array_index_of({dynamic}, {'long})
long: tolong({string})
long: tolong({real})
long: tolong({bool})
long: tolong({timespan})
long: tolong({datetime})
long: tolong({dynamic})
long: tolong({decimal})
long: binary_and({long}, {long})
long: binary_or({long}, {'long})
long: binary_xor({long}, {long})
long: binary_not({long})
long: binary_shift_left({long}, {'long})
long: binary_shift_right({long}, {long})
long: bitset_count_ones({long})
long: datetime_diff('day', {datetime}, {datetime})
long: datetime_diff('month', {datetime}, {'datetime})
long: datetime_diff('hour', {datetime}, {datetime})
long: datetime_part('year', {datetime})
long: datetime_part('nanosecond', {datetime})
long: dayofmonth({datetime})
long: dayofyear({datetime})
long: hourofday({datetime})
long: monthofyear({datetime})
long: week_of_year({datetime})
long: hash({string})
long: hash({long}, 100)
long: hash({datetime})
long: parse_ipv4({string})
int: toint({long})
int: toint({real})
int: toint({string})
int: toint({dynamic})
real: ({real} + {real})
real: ({real} - {long})
real: ({real} * {'real})
real: ({real} / {real})
real: ({long} / {'real})
real: ({real} % {real})
real: ({dynamic} * {'real})
real: (-{real})
real: ({timespan} / {timespan})
real: ({timespan} / {'timespan})
real: toreal({string})
real: toreal({long})
real: toreal({dynamic})
real: toreal({decimal})
real: sqrt({real})
real: exp({real})
real: log({real})
real: log10({real})
real: pow({real}, {'real})
real: sin({real})
real: sign({real})
real: abs({real})
real: round({real}, 1)
real: ceiling({real})
real: bin({real}, {'real})
real: array_sum({dynamic})
decimal: ({decimal} + {decimal})
decimal: ({decimal} - {'decimal})
decimal: ({decimal} * {decimal})
decimal: ({decimal} / {decimal})
decimal: ({decimal} % {'decimal})
decimal: todecimal({string})
decimal: todecimal({long})
decimal: todecimal({real})
decimal: abs({decimal})
string: strcat({string}, {string})
string: strcat({string}, {T}, {'string})
string: strcat_delim({'string}, {string}, {T})
string: strcat_array({dynamic}, {'string})
string: tostring({T})
string: tolower({string})
string: toupper({string})
string: substring({string}, {'long})
string: substring({string}, {long}, {'long})
string: trim(@'[a ]+', {string})
string: trim_start(@'a', {string})
string: trim_end({'string}, {string})
string: replace_string({string}, {'string}, {'string})
string: replace_string({string}, {string}, {string})
string: replace_regex({string}, @'(\w)(\W|$)', @'<\1>')
string: extract(@'([a-z]+)', 1, {string})
string: extract(@'([a-z]+) (\w)', 2, {string})
string: extract_json('$.a', {string})
string: reverse({string})
string: strrep({string}, {'int})
string: translate('ab', 'xy', {string})
string: url_encode({string})
string: url_decode({string})
string: base64_encode_tostring({string})
string: base64_decode_tostring({string})
string: hash_md5({string})
string: hash_sha256({T})
string: tohex({long})
string: gettype({T})
string: format_datetime({datetime}, 'yyyy-MM-dd HH:mm:ss.fff')
string: format_timespan({timespan}, 'd.hh:mm:ss')
string: tostring({dynamic}.a)
string: tostring({dynamic}[0])
string: tostring(parse_json({string}).a)
datetime: ({datetime} + {timespan})
datetime: ({datetime} - {timespan})
datetime: ({datetime} - {'timespan})
datetime: bin({datetime}, {'timespan})
datetime: bin({datetime}, 1d)
datetime: startofday({datetime})
datetime: startofweek({datetime})
datetime: startofmonth({datetime}, 1)
datetime: startofyear({datetime})
datetime: endofday({datetime})
datetime: endofweek({datetime})
datetime: endofmonth({datetime})
datetime: todatetime({string})
datetime: todatetime({dynamic})
datetime: datetime_add('month', {'long}, {datetime})
datetime: datetime_add('hour', {long}, {datetime})
datetime: make_datetime(2024, {long}, 1)
datetime: unixtime_seconds_todatetime({long})
datetime: unixtime_milliseconds_todatetime({long})
datetime: now()
datetime: ago({timespan})
timespan: ({datetime} - {datetime})
timespan: ({timespan} + {timespan})
timespan: ({timespan} - {timespan})
timespan: ({timespan} * {long})
timespan: ({timespan} * {real})
timespan: ({timespan} / {long})
timespan: ({timespan} % {timespan})
timespan: ({datetime} % {'timespan})
timespan: (-{timespan})
timespan: abs({timespan})
timespan: bin({timespan}, 1h)
timespan: totimespan({string})
timespan: totimespan({long})
timespan: dayofweek({datetime})
timespan: make_timespan(1, {long})
guid: toguid({string})
dynamic: parse_json({string})
dynamic: {dynamic}.a
dynamic: {dynamic}.a.b
dynamic: {dynamic}['k']
dynamic: {dynamic}[0]
dynamic: {dynamic}[-1]
dynamic: {dynamic}[{long}]
dynamic: {dynamic}[{string}]
dynamic: todynamic({T})
dynamic: pack_array({T}, {string})
dynamic: bag_pack('a', {T}, 'k', {long})
dynamic: bag_pack({string}, {T})
dynamic: pack_all()
dynamic: split({string}, {'string})
dynamic: split({string}, ' ')
dynamic: array_concat({dynamic}, {dynamic})
dynamic: array_slice({dynamic}, {'long}, {'long})
dynamic: array_sort_asc({dynamic})
dynamic: array_sort_desc({dynamic})
dynamic: array_reverse({dynamic})
dynamic: array_rotate_left({dynamic}, {'long})
dynamic: array_shift_right({dynamic}, 1)
dynamic: array_split({dynamic}, 1)
dynamic: array_iff({dynamic}, {dynamic}, 0)
dynamic: bag_keys({dynamic})
dynamic: bag_merge({dynamic}, {dynamic})
dynamic: bag_remove_keys({dynamic}, dynamic(['a']))
dynamic: bag_set_key({dynamic}, 'a', {T})
dynamic: set_union({dynamic}, {dynamic})
dynamic: set_intersect({dynamic}, {dynamic})
dynamic: set_difference({dynamic}, {dynamic})
dynamic: extract_all(@'(\w)', {string})
dynamic: extract_all(@'(\w)(\W)', {string})
dynamic: range(1, {'int}, 1)
dynamic: repeat({T}, 2)
dynamic: zip({dynamic}, {dynamic})
dynamic: treepath({dynamic})
dynamic: parse_url({string})
dynamic: parse_path({string})
dynamic: parse_csv({string})
dynamic: parse_urlquery({string})
dynamic: series_add({dynamic}, {dynamic})
dynamic: series_fill_const({dynamic}, 0)
"#;

/// Templates of aggregates.
pub const AGGREGATES: &str = r#"
long: count()
long: count({T})
long: countif({bool})
long: sum({long})
long: sum({int})
real: sum({real})
decimal: sum({decimal})
timespan: sum({timespan})
long: sumif({long}, {bool})
real: sumif({real}, {bool})
real: avg({long})
real: avg({real})
decimal: avg({decimal})
timespan: avg({timespan})
datetime: avg({datetime})
real: avgif({real}, {bool})
O: min({O})
O: max({O})
O: minif({O}, {bool})
O: maxif({O}, {bool})
long: dcount({T})
long: dcountif({string}, {bool})
long: count_distinct({O})
dynamic: make_list({T})
dynamic: make_list({T}, 2)
dynamic: make_list_if({T}, {bool})
dynamic: make_list_with_nulls({T})
dynamic: make_set({T})
dynamic: make_set({T}, 2)
dynamic: make_set_if({T}, {bool})
dynamic: make_bag({dynamic})
dynamic: make_bag(bag_pack({string}, {long}))
O: arg_max({O}, *)
O: arg_min({O}, *)
O: arg_max({O}, {T})
O: arg_min({O}, {T}, {string})
T: take_any({T})
T: take_any({T}, {string})
T: take_any(*)
T: take_anyif({T}, {bool})
long: percentile({long}, 50)
real: percentiles({real}, 5, 50, 95)
datetime: percentile({datetime}, 90)
timespan: percentile({timespan}, 10)
dynamic: percentiles_array({long}, 10, 90)
long: percentilew({long}, {long}, 50)
real: stdev({real})
real: variance({int})
real: variancep({real})
real: stdevif({real}, {bool})
long: binary_all_and({long})
long: binary_all_or({long})
long: binary_all_xor({long})
long: (max({long}) - min({long}))
real: (sum({real}) / count())
string: strcat('n=', count())
"#;

/// Templates of functions that see other rows.
pub const WINDOWS: &str = r#"
long: row_number()
long: row_number(5, {bool})
T: prev({T})
T: next({T})
T: prev({T}, 2, {'T})
T: next({T}, 2)
long: row_cumsum({long})
real: row_cumsum({real}, {bool})
long: row_rank_dense({O})
long: row_rank_min({O})
long: row_rank_dense({string}, {bool})
datetime: row_window_session({datetime}, 1d, 1h)
datetime: row_window_session({datetime}, 1d, 1h, {bool})
long: (row_number() + {long})
bool: (prev({string}) == {string})
"#;

/// Templates by type.
pub type Templates = HashMap<Type, Vec<String>>;

/// The classes of types, by the letter that stands for any one of them.
fn class(letter: &str) -> Option<Vec<Type>> {
    let all = Type::ALL.into_iter();
    Some(match letter {
        "T" => all.collect(),
        "O" => all
            .filter(|t| !matches!(t, Type::Guid | Type::Dynamic))
            .collect(),
        "N" => all.filter(|t| t.is_number()).collect(),
        _ => return None,
    })
}

/// A template with a type in the place of a class.
fn of_class(body: &str, letter: &str, ty: Type) -> String {
    let body = body.replace(&format!("{{{letter}}}"), &format!("{{{ty}}}"));
    body.replace(&format!("{{'{letter}}}"), &format!("{{'{ty}}}"))
}

fn read(text: &str) -> Templates {
    let mut found = Templates::new();
    for line in text.lines().filter(|l| !l.is_empty()) {
        let (made, body) = line.split_once(": ").unwrap();
        match class(made) {
            None => {
                let ty = Type::from_name(made).unwrap();
                found.entry(ty).or_default().push(body.to_string());
            }
            Some(types) => {
                for ty in types {
                    let body = of_class(body, made, ty);
                    found.entry(ty).or_default().push(body);
                }
            }
        }
    }
    found
}

/// The templates of scalar expressions.
pub fn scalars() -> &'static Templates {
    static ALL: OnceLock<Templates> = OnceLock::new();
    ALL.get_or_init(|| read(TEMPLATES))
}

/// The templates of aggregates.
pub fn aggregates() -> &'static Templates {
    static ALL: OnceLock<Templates> = OnceLock::new();
    ALL.get_or_init(|| read(AGGREGATES))
}

/// The templates of window functions.
pub fn windows() -> &'static Templates {
    static ALL: OnceLock<Templates> = OnceLock::new();
    ALL.get_or_init(|| read(WINDOWS))
}

/// A random type that the templates make.
pub fn type_of(dice: &mut Dice, templates: &Templates) -> Type {
    let mut types: Vec<Type> = templates.keys().copied().collect();
    types.sort();
    *dice.pick(&types)
}

/// An expression made by one of these templates.
pub fn templated(
    dice: &mut Dice,
    templates: &Templates,
    ty: Type,
    scope: &Scope<'_>,
    depth: usize,
) -> Tree {
    let mut template = dice.pick(&templates[&ty]).clone();
    for _ in 0..3 {
        // One that there are columns for, if it can be.
        let at_hand = scope.columns.iter();
        let at_hand = at_hand.filter(|c| template.contains(&format!("{{{}}}", c.ty)));
        if at_hand.count() > 0 {
            break;
        }
        template = dice.pick(&templates[&ty]).clone();
    }
    for letter in ["T", "O", "N"] {
        // Types that there are columns of, mostly.
        let types = class(letter).unwrap();
        let at_hand = scope
            .columns
            .iter()
            .map(|c| c.ty)
            .filter(|t| types.contains(t));
        let at_hand: Vec<Type> = at_hand.collect();
        let ty = match !at_hand.is_empty() && dice.chance(70) {
            true => *dice.pick(&at_hand),
            false => *dice.pick(&types),
        };
        template = of_class(&template, letter, ty);
    }
    filled(dice, &template, ty, scope, depth)
}

fn filled(dice: &mut Dice, template: &str, ty: Type, scope: &Scope<'_>, depth: usize) -> Tree {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (hole, after) = after.split_once('}').unwrap();
        parts.push(Tree::text(before));
        parts.push(match hole.strip_prefix('\'') {
            Some(name) => constant(dice, Type::from_name(name).unwrap()),
            None => expression(
                dice,
                Type::from_name(hole).unwrap(),
                scope,
                depth.saturating_sub(1),
            ),
        });
        rest = after;
    }
    parts.push(Tree::text(rest));
    Tree::Node(ty, parts)
}

/// A constant of a type.
pub fn constant(dice: &mut Dice, ty: Type) -> Tree {
    let value = match dice.chance(4) {
        true => tables::value(dice, ty),
        false => plain_value(dice, ty),
    };
    let text = match value {
        Value::Long(v) if v >= 0 && dice.chance(70) => v.to_string(),
        Value::Timespan(36_000_000_000) => "1h".to_string(),
        Value::Real(v) if v.is_finite() && v >= 0.0 && dice.chance(70) => format!("{v:?}"),
        value => literal(&value),
    };
    Tree::Node(ty, vec![Tree::text(text)])
}

/// An expression of a type.
pub fn expression(dice: &mut Dice, ty: Type, scope: &Scope<'_>, depth: usize) -> Tree {
    let columns: Vec<&Column> = scope.columns.iter().filter(|c| c.ty == ty).collect();
    if depth > 0 && (dice.chance(55) || columns.is_empty() && dice.chance(60)) {
        if dice.chance(8)
            && let Some(tree) = about_other(dice, ty, scope, depth)
        {
            return tree;
        }
        if dice.chance(25)
            && let Some(tree) = calls::scalar(dice, ty, scope, depth)
        {
            return tree;
        }
        return templated(dice, scalars(), ty, scope, depth);
    }
    if !columns.is_empty() && dice.chance(85) {
        let name = quoted(&dice.pick(&columns).name);
        return Tree::Node(ty, vec![Tree::text(name)]);
    }
    constant(dice, ty)
}

/// A column's name as a query writes it.
pub fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    match plain && !digit {
        true => name.to_string(),
        false => format!("['{name}']"),
    }
}

/// An expression that reads another table.
fn about_other(dice: &mut Dice, ty: Type, scope: &Scope<'_>, depth: usize) -> Option<Tree> {
    if scope.others.is_empty() {
        return None;
    }
    let (name, columns) = dice.pick(scope.others);
    let other = Scope {
        columns,
        others: &[],
    };
    let filter = |dice: &mut Dice| match dice.chance(50) {
        true => Tree::Optional(Box::new(Tree::Group(vec![
            Tree::text(" | where "),
            expression(dice, Type::Bool, &other, 2),
        ]))),
        false => Tree::text(""),
    };
    if ty == Type::Bool {
        let column = dice.pick(columns);
        let op = match column.ty {
            Type::Dynamic => return None,
            Type::String => *dice.pick(&["in", "!in", "in~", "!in~", "has_any", "has_all"]),
            _ => *dice.pick(&["in", "!in"]),
        };
        return Some(Tree::Node(
            ty,
            vec![
                Tree::text("("),
                expression(dice, column.ty, scope, depth - 1),
                Tree::text(format!(" {op} (({name}")),
                filter(dice),
                Tree::text(format!(" | project {})))", quoted(&column.name))),
            ],
        ));
    }
    if !scalars().contains_key(&ty) || matches!(ty, Type::Guid | Type::Dynamic) {
        return None;
    }
    let what = templated(dice, aggregates(), ty, &other, 1);
    Some(Tree::Node(
        ty,
        vec![
            Tree::text(format!("toscalar({name}")),
            filter(dice),
            Tree::text(" | summarize "),
            what,
            Tree::text(")"),
        ],
    ))
}
