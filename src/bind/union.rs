//! Binds `union`: which tables, and how their columns come together by name and type.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::bind::operator::parameter_text;
use crate::bind::{Binder, Binding, Relation};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::plan::{Expr, Node, Plan};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind};
use crate::text::wildcard;
use crate::types::{Column, Schema, Type, Value};

/// The names of tables that an expression stands for.
fn table_pattern(e: &ast::Expr) -> Option<Arc<str>> {
    match &e.kind {
        ExprKind::Wildcard(pattern) => Some(pattern.text.clone()),
        ExprKind::Star => Some("*".into()),
        _ => None,
    }
}

/// Where an output column's values come from, branch by branch.
struct United {
    name: Arc<str>,
    ty: Type,
    /// Index in each branch, if it has the column.
    from: Vec<Option<usize>>,
}

/// So many inputs of a union have a plan even where there are no rows.
const MOST_PLANNED: usize = 32;

impl Binder<'_> {
    /// The rows of the piped table (if any) and of all `sources`.
    pub(crate) fn united(
        &mut self,
        input: Option<Relation>,
        parameters: &[ast::OperatorParameter],
        sources: &[ast::Expr],
        span: Span,
    ) -> Relation {
        self.parameters_known_as(
            parameters,
            &["kind", "withsource", "with_source", "isfuzzy"],
            "KS204",
        );
        self.truth_parameter(parameters, "isfuzzy");
        let text = |name: &str| {
            parameters
                .iter()
                .find(|p| &*p.name.text == name)
                .map(|p| (parameter_text(&p.value), p.value.span))
        };
        let kind = text("kind");
        let inner = kind.as_ref().is_some_and(|(kind, _)| kind == "inner");
        if let Some((kind, at)) = kind.filter(|(kind, _)| kind != "inner" && kind != "outer") {
            let message = format!("no kind of union is called `{kind}`");
            let said = Diagnostic::new(Code::ArgumentValue, at, message);
            self.say(said.kusto_as("KS005").help("kinds: outer, inner"));
        }
        let fuzzy = text("isfuzzy").is_some_and(|(v, _)| v.eq_ignore_ascii_case("true"));
        let source_column = text("withsource").or_else(|| text("with_source"));
        let mut branches: Vec<Relation> = input.into_iter().collect();
        let mut left_out = Vec::new();
        for source in sources {
            left_out.extend(self.branch(source, fuzzy, &mut branches));
        }
        if branches.is_empty() {
            if !sources.is_empty() && fuzzy {
                let message = "none of the union's tables is there";
                let mut said = Diagnostic::new(Code::UnknownTable, span, message);
                if !left_out.is_empty() {
                    said = said.help(self.reasons(&left_out));
                }
                self.say(said);
            }
            return self.broken_table();
        }
        self.goes_without(&left_out);
        if branches
            .iter()
            .any(|b| b.plan.schema.open && b.plan.schema.is_empty())
        {
            return self.broken_table();
        }
        self.unite(branches, inner, source_column.map(|(name, _)| name), span)
    }

    /// Says what a union leaves out, where that changes rows.
    fn goes_without(&mut self, left_out: &[Diagnostic]) {
        let (Some(first), true) = (left_out.first(), self.names.has_rows()) else {
            return;
        };
        let reasons = self.reasons(left_out);
        let message = format!("the union goes on without a part: {reasons}");
        let mut said = Diagnostic::new(Code::UnknownTable, first.span(), message);
        said.severity = Severity::Warning;
        self.say(said);
    }

    /// Why parts of a union are left out.
    fn reasons(&self, left_out: &[Diagnostic]) -> String {
        let mut told: Vec<&str> = Vec::new();
        for diagnostic in left_out {
            let said = match &self.abroad {
                Some(abroad) => abroad.unplaced(&diagnostic.message),
                None => &diagnostic.message,
            };
            if !told.contains(&said) {
                told.push(said);
            }
        }
        let more = told.len().saturating_sub(TOLD);
        told.truncate(TOLD);
        let told = told.join("; ");
        match more {
            0 => told,
            more => format!("{told}; and {more} more"),
        }
    }

    /// Adds the table, or the tables a pattern names, to the branches; gives what is wrong with one that is left out.
    pub(super) fn branch(
        &mut self,
        source: &ast::Expr,
        fuzzy: bool,
        branches: &mut Vec<Relation>,
    ) -> Option<Diagnostic> {
        if let Some(pattern) = table_pattern(source) {
            self.branches_like(&pattern, source.span, fuzzy, branches);
            return None;
        }
        if let ExprKind::Path { base, member } = &source.kind
            && let Some(pattern) = table_pattern(member)
            && self.starts_entity(base)
        {
            self.branches_of(base, &pattern, source.span, fuzzy, branches);
            return None;
        }
        if !fuzzy {
            let relation = self.outside(|b| b.table(source));
            branches.push(relation);
            return None;
        }
        // A branch whose table is not there is left out; any other mistake in it is one.
        let before = self.diagnostics.len();
        let relation = self.outside(|b| b.table(source));
        let missing = self.diagnostics[before..]
            .iter()
            .find(|d| d.severity > Severity::Warning && is_absence(d.code))
            .cloned();
        if missing.is_some() {
            self.take_back(before);
        } else {
            branches.push(relation);
        }
        missing
    }

    /// What `search` and `find` look through: `branches` and the tables of `sources`, or all tables where there is
    /// neither; those without a label are called `prefix` and their number. Nothing when columns are not known:
    /// then the condition is only looked at.
    pub(super) fn looked_through(
        &mut self,
        mut branches: Vec<Relation>,
        sources: &[ast::Expr],
        prefix: &str,
        (predicate, sensitive): (&ast::Expr, bool),
        span: Span,
    ) -> Option<Vec<Relation>> {
        for source in sources {
            self.branch(source, false, &mut branches);
        }
        let all = branches.is_empty();
        if all {
            self.branches_like("*", span, false, &mut branches);
        }
        if branches.iter().any(|b| b.plan.schema.open) {
            let log = |b: &Relation| matches!((&b.plan.node, &b.label), (Node::Scan { table, .. }, Some(name)) if table == name);
            if all && branches.iter().all(|b| !b.plan.schema.open || log(b)) {
                self.checked_over(&branches, predicate, sensitive);
            }
            return None;
        }
        for (i, branch) in branches.iter_mut().enumerate() {
            let label = branch.label.take();
            branch.label = Some(label.unwrap_or_else(|| format!("{prefix}{i}").into()));
        }
        Some(branches)
    }

    pub(super) fn branches_like(
        &mut self,
        pattern: &str,
        span: Span,
        fuzzy: bool,
        branches: &mut Vec<Relation>,
    ) {
        let mut names: Vec<String> = self
            .names
            .names()
            .into_iter()
            .filter(|n| wildcard(pattern, n) && self.env.allows_table(n))
            .collect();
        names.sort();
        let mut found = 0;
        for name in names {
            if let Some(schema) = self.known_table(&name) {
                branches.push(crate::bind::relation::scan(&name, schema));
                found += 1;
            }
        }
        let views: Vec<_> = self
            .env
            .iter()
            .filter_map(|(name, binding)| match binding {
                Binding::Function(f)
                    if f.ast.view && wildcard(pattern, name) && self.env.get(name).is_some() =>
                {
                    Some(f.clone())
                }
                _ => None,
            })
            .collect();
        for view in views.into_iter().rev() {
            branches.push(self.call_table_function(&view, &[], None, span));
            found += 1;
        }
        if found == 0 && !fuzzy {
            let message = format!("no table's name matches `{pattern}`");
            self.say(Diagnostic::new(Code::UnknownTable, span, message).kusto_as("KS142"));
            let broken = self.broken_table();
            branches.push(broken);
        }
    }

    /// The rows of all branches, or of what they have in common (`inner`), perhaps behind a column that names their
    /// sources.
    pub(crate) fn unite(
        &mut self,
        branches: Vec<Relation>,
        inner: bool,
        source_column: Option<String>,
        span: Span,
    ) -> Relation {
        let open = branches.iter().any(|b| b.plan.schema.open);
        let columns = columns_of(&branches, inner);
        let mut schema = Schema {
            columns: columns
                .iter()
                .map(|c| Column::new(c.name.clone(), c.ty))
                .collect(),
            open,
        };
        if let Some(name) = &source_column {
            schema
                .columns
                .insert(0, Column::new(name.as_str(), Type::String));
        }
        if !self.names.has_rows() && branches.len() > MOST_PLANNED {
            // Nothing will run: how each of a thousand tables takes part need not be said.
            let inputs = Vec::new();
            let node = Node::Union { inputs };
            return Relation::new(Plan { node, schema });
        }
        let mut inputs = Vec::with_capacity(branches.len());
        for (index, branch) in branches.into_iter().enumerate() {
            let mut exprs: Vec<Expr> = columns
                .iter()
                .map(|c| match c.from[index] {
                    Some(i) => Expr::column(i, c.ty, span),
                    None => Expr::literal(Value::null(c.ty), span),
                })
                .collect();
            if source_column.is_some() {
                let label = branch.label.clone();
                let label = label.unwrap_or_else(|| format!("union_arg{index}").into());
                exprs.insert(0, Expr::literal(Value::String(label), span));
            }
            // A union of a union of these very columns is one union: long chains stay flat.
            if source_column.is_none() && branch.plan.schema.columns == schema.columns {
                match branch.plan.node {
                    Node::Union { inputs: inner } => inputs.extend(inner),
                    node => inputs.push(Plan {
                        node,
                        schema: branch.plan.schema,
                    }),
                }
                continue;
            }
            inputs.push(Plan {
                node: Node::Project {
                    input: Box::new(branch.plan),
                    columns: exprs,
                },
                schema: schema.clone(),
            });
        }
        Relation::new(Plan {
            node: Node::Union { inputs },
            schema,
        })
    }
}

/// Whether a mistake is that something is not there.
fn is_absence(code: Code) -> bool {
    matches!(code, Code::UnknownTable | Code::UnknownFunction)
}

/// So many reasons are told.
const TOLD: usize = 3;

/// The names of columns whose type is not known in one of the branches.
fn of_unknown_type(branches: &[Relation]) -> HashSet<Arc<str>> {
    let columns = branches.iter().flat_map(|b| &b.plan.schema.columns);
    let unknown = columns.filter(|c| c.ty == Type::Unknown);
    unknown.map(|c| c.name.clone()).collect()
}

/// The output columns: matched by name and type, in order of first appearance; one name with
/// several types becomes one column per type, called `name_type`, side by side. Where a type is not
/// known, a name is taken to be one column.
fn columns_of(branches: &[Relation], inner: bool) -> Vec<United> {
    let unknown = of_unknown_type(branches);
    let mut columns: Vec<United> = Vec::new();
    let mut places: HashMap<(Arc<str>, Type), usize> = HashMap::new();
    for (index, branch) in branches.iter().enumerate() {
        for (i, column) in branch.plan.schema.columns.iter().enumerate() {
            let ty = match unknown.contains(&column.name) {
                true => Type::Unknown,
                false => column.ty,
            };
            let key = (column.name.clone(), ty);
            match places.get(&key) {
                Some(known) => columns[*known].from[index] = Some(i),
                None => {
                    places.insert(key, columns.len());
                    let mut from = vec![None; branches.len()];
                    from[index] = Some(i);
                    columns.push(United {
                        name: column.name.clone(),
                        ty,
                        from,
                    });
                }
            }
        }
    }
    if inner {
        columns.retain(|c| c.from.iter().all(Option::is_some));
        return columns;
    }
    // The columns of one name stand together, where the name first appears.
    let mut first: HashMap<Arc<str>, usize> = HashMap::new();
    for (index, column) in columns.iter().enumerate() {
        first.entry(column.name.clone()).or_insert(index);
    }
    columns.sort_by_key(|c| first.get(&c.name).copied());
    let own: HashSet<Arc<str>> = columns.iter().map(|c| c.name.clone()).collect();
    let mut clashing: HashSet<Arc<str>> = HashSet::new();
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    for column in &columns {
        if !seen.insert(column.name.clone()) {
            clashing.insert(column.name.clone());
        }
    }
    let mut taken = own;
    for column in &mut columns {
        if !clashing.contains(&column.name) {
            continue;
        }
        let typed = format!("{}_{}", column.name, column.ty);
        let mut name: Arc<str> = typed.as_str().into();
        let mut n = 0;
        while taken.contains(&name) {
            n += 1;
            name = format!("{typed}{n}").into();
        }
        taken.insert(name.clone());
        column.name = name;
    }
    columns
}
