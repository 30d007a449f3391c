//! `externaldata`: a table read from a file outside.

use super::prelude::*;
use crate::bind::{At, Binder, Mapping, Relation, converted, parameter_text, scan};
use crate::diagnostic::{Code, Diagnostic};
use crate::load::{External, Layout};
use crate::plan::{Expr as PlanExpr, Node, Plan};
use crate::source::Span;
use crate::syntax::ast::{ColumnDeclaration, Expr, OperatorParameter};
use crate::types::{Schema, Type, Value};

/// What users read about `externaldata`.
pub const INFO: Info = Info {
    keywords: &["externaldata", "external_data"],
    place: Place::Source,
    summary: "Reads a table from a file or address that the query names.",
    syntax: "externaldata (column: type, ...) [address, ...] [with (property = value, ...)]",
    examples: &[],
};

/// `externaldata (a: string) [@'https://…'] with (format='csv')`
#[derive(Clone, Debug, PartialEq)]
pub struct Externaldata {
    /// Parameters, none of which we know.
    pub parameters: Vec<OperatorParameter>,
    /// The columns.
    pub columns: Vec<ColumnDeclaration>,
    /// Where the data is: string literals, as a rule.
    pub addresses: Vec<Expr>,
    /// `format=…`, `ignoreFirstRecord=…`
    pub properties: Vec<OperatorParameter>,
}

/// `externaldata (a: string) ['https://…'] with (format='csv')`
pub fn externaldata(i: Tokens<'_>) -> Parsed<'_, Externaldata> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, columns) = columns(i)?;
    let (i, addresses) = bracketed_list(i, "[", unnamed_expression, "]", true)?;
    // `top-nested 2 of externaldata (…) […] with others=…` and `scan partition by externaldata (…) […] with (step …)`
    // are other ones.
    let steps = i.skip(2).is_keyword("step") && !i.is_symbol(3, "=");
    let with = i.is_keyword("with") && i.is_symbol(1, "(") && !steps;
    i.expect("`with`");
    let (i, properties) = if with {
        properties(i.skip(1))?
    } else {
        (i, Vec::new())
    };
    let node = Externaldata {
        parameters,
        columns,
        addresses,
        properties,
    };
    Ok((i, node))
}

impl Print for Externaldata {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.columns(&self.columns);
        p.push(" [");
        p.exprs(&self.addresses);
        p.push("]");
        p.with_properties(&self.properties);
    }
}

impl super::Bind for Externaldata {
    fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, _: Span) -> Relation {
        let schema = binder.declared(&self.columns);
        let addresses: Vec<(Option<String>, Span)> = self
            .addresses
            .iter()
            .map(|e| (address(binder, e), e.span))
            .collect();
        if self.misspelled(binder) {
            return Relation::new(Plan::rows(schema.clone(), vec![Vec::new(); schema.len()]));
        }
        let format = self.format(binder);
        let skip_first = self.switch(SKIP_FIRST, binder);
        let skip_last = self.switch(SKIP_LAST, binder);
        let members = self.members(binder);
        let mut inputs = Vec::with_capacity(addresses.len());
        for (address, at) in addresses {
            let Some(address) = address else { continue };
            let layout = match &format {
                Some(layout) => *layout,
                None => Layout::of(ending(&address)).unwrap_or(Layout::Values(Some(b','))),
            };
            let mapping = self.mapping(binder, &schema, layout);
            let data = External {
                schema: mapping.as_ref().map_or_else(|| schema.clone(), |m| m.columns(&schema)),
                layout,
                skip_first,
                skip_last,
                members: members.clone(),
            };
            match binder.names.external(&address, &data) {
                At::Table(name, found) => {
                    let table = scan(&name, found).plan;
                    inputs.push(match mapping {
                        Some(mapping) => mapping.apply(binder, table, &schema, at),
                        None => picked(table, &schema, at),
                    });
                }
                At::Nothing => unmapped(binder, &address, at),
                At::Unknown => {}
            }
        }
        if inputs.len() == 1 {
            return Relation::new(inputs.remove(0));
        }
        if inputs.is_empty() {
            let columns = vec![Vec::new(); schema.len()];
            return Relation::new(Plan::rows(schema, columns));
        }
        Relation::new(Plan {
            node: Node::Union { inputs },
            schema,
        })
    }
}

impl Externaldata {
    /// A property, whatever the case its name is written in.
    fn property(&self, name: &str) -> Option<&OperatorParameter> {
        let mut properties = self.properties.iter();
        properties.find(|p| p.name.text.eq_ignore_ascii_case(name))
    }

    /// Says which properties have a value that is written as none can be: with a sign, or of one of some types.
    fn misspelled(&self, binder: &mut Binder<'_>) -> bool {
        let values = self.properties.iter().map(|property| &property.value);
        let mut misspelled = false;
        for value in values {
            let wrong = match &value.kind {
                ExprKind::Literal(literal) => {
                    matches!(literal.value.ty(), Type::Int | Type::Decimal | Type::Timespan | Type::Dynamic)
                }
                ExprKind::Unary { .. } => true,
                _ => false,
            };
            if wrong {
                let message = "a property is given a text, a name, a plain number, a truth value or a datetime";
                let said = Diagnostic::new(Code::ArgumentValue, value.span, message);
                binder.say(said.kusto_as("KS006"));
                misspelled = true;
            }
        }
        misspelled
    }

    /// How the files hold their rows, if the query says.
    fn format(&self, binder: &mut Binder<'_>) -> Option<Layout> {
        for property in &self.properties {
            let name = &property.name.text;
            let known = ["format", SKIP_FIRST, SKIP_LAST, MAPPING, MEMBERS];
            if !known.iter().any(|k| k.eq_ignore_ascii_case(name)) {
                let message = format!("what externaldata does with the property `{name}` is not published");
                let said = Diagnostic::unsupported(property.name.span, message);
                binder.say(said.help("leave it out"));
            }
        }
        let format = self.property("format")?;
        let word = parameter_text(&format.value);
        let layout = Layout::of(&word);
        if layout.is_none() {
            let message = format!("externaldata cannot read the format `{word}` yet");
            binder.say(
                Diagnostic::unsupported(format.value.span, message)
                    .help("formats: csv, tsv, psv, scsv, sohsv, txt, raw, json, multijson, parquet"),
            );
        }
        layout
    }

    /// Where in a record the columns are, if the query says.
    fn mapping(&self, binder: &mut Binder<'_>, schema: &Schema, layout: Layout) -> Option<Mapping> {
        let property = self.property(MAPPING)?;
        let mapping = Mapping::read(&parameter_text(&property.value), schema, layout);
        let mapping = mapping.map_err(|reason| {
            let message = format!("externaldata cannot use this mapping: {reason}");
            binder.unsupported(property.value.span, message);
        });
        mapping.ok()
    }

    /// Which files of a zip file are meant, if the query says.
    fn members(&self, binder: &mut Binder<'_>) -> Option<String> {
        let property = self.property(MEMBERS)?;
        let pattern = parameter_text(&property.value);
        let plain = |c: char| c.is_alphanumeric() || "*._-/ ".contains(c);
        if pattern.chars().all(plain) {
            return Some(pattern);
        }
        let message = "only names with stars can pick files of a zip file";
        let said = Diagnostic::unsupported(property.value.span, message);
        binder.say(said.help("write it like '*.csv'"));
        None
    }

    /// A property that is true or false.
    fn switch(&self, name: &str, binder: &mut Binder<'_>) -> bool {
        let Some(property) = self.property(name) else {
            return false;
        };
        match parameter_text(&property.value).to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                let message = format!("{name} is true or false");
                binder.error(Code::ArgumentValue, property.value.span, message);
                false
            }
        }
    }
}

/// The property that says that the first record of text is no row.
const SKIP_FIRST: &str = "ignoreFirstRecord";

/// The property that says that the last record is no row. Microsoft's pages do not have it; published queries use it
/// where a file ends with a record about the file.
const SKIP_LAST: &str = "ignoreLastRecord";

/// The property that says where in a record the columns are.
const MAPPING: &str = "ingestionMapping";

/// The property that says which files of a zip file are meant.
const MEMBERS: &str = "zipPattern";

/// An address: a constant text.
fn address(binder: &mut Binder<'_>, e: &Expr) -> Option<String> {
    match binder.outside(|b| b.constant(e, "an address"))? {
        Value::String(text) => Some(text.to_string()),
        value => {
            let message = format!("an address is a string, not {}", value.ty());
            binder.error(Code::WrongType, e.span, message);
            None
        }
    }
}

/// Says that no file stands for an address.
fn unmapped(binder: &mut Binder<'_>, address: &str, span: Span) {
    // The part behind a `;` may be a secret.
    let shown = address.split(';').next().unwrap_or_default();
    binder.say(
        Diagnostic::unsupported(
            span,
            format!("no file is given for {shown}, and nothing here uses the network"),
        )
        .help(format!("download it and give it with --map-url {shown}=FILE")),
    );
}

/// What an address's file name ends with, packing aside.
fn ending(address: &str) -> &str {
    let path = address.split(['?', ';', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let name = name.strip_suffix(".zip").unwrap_or(name);
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// The declared columns of a table that may have others.
fn picked(table: Plan, schema: &Schema, span: Span) -> Plan {
    let columns = schema.columns.iter().map(|c| {
        let value = match table.schema.index(&c.name) {
            Some(index) => {
                let ty = table.schema.columns[index].ty;
                converted(PlanExpr::column(index, ty, span), c.ty)
            }
            None => PlanExpr::literal(Value::null(c.ty), span),
        };
        (c.name.clone(), value)
    });
    let columns = columns.collect();
    Plan::project(table, columns)
}
