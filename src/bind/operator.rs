//! What several operators' bindings have in common: their input, parameters, counts and sort keys.

use crate::bind::{Binder, Binding, Relation};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::SortKey;
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Type, Value};

impl Binder<'_> {
    /// The rows before the pipe; the parser lets none of these operators stand first.
    pub(crate) fn piped(&mut self, input: Option<Relation>) -> Relation {
        input.unwrap_or_else(|| self.broken_table())
    }

    /// The table of a query in which a name stands for something, after statements of its own.
    pub(crate) fn with_name(
        &mut self,
        name: &ast::Name,
        binding: Binding,
        before: &[ast::Statement],
        query: &ast::Expr,
    ) -> Relation {
        let outer = (self.env.clone(), self.scope);
        self.scope = self.fresh();
        self.bind_name(name, binding);
        let table = self.outside(|b| {
            b.statements(before);
            b.table(query)
        });
        (self.env, self.scope) = outer;
        table
    }

    /// Declares a name for what follows in the query.
    pub(crate) fn bind_name(&mut self, name: &ast::Name, binding: Binding) {
        let scope = self.scope;
        self.env = self.env.with(name.text.clone(), binding, scope, name.span);
    }

    /// Checks an operator's parameters: hints change no row; others must be `known`.
    pub(crate) fn hints(&mut self, parameters: &[ast::OperatorParameter], known: &[&str]) {
        self.parameters_known_as(parameters, known, "KS179");
    }

    /// The same; Microsoft's service knows an unknown one as `kusto`.
    pub(crate) fn parameters_known_as(
        &mut self,
        parameters: &[ast::OperatorParameter],
        known: &[&str],
        kusto: &'static str,
    ) {
        for parameter in parameters {
            let name = &parameter.name;
            if name.text.starts_with("hint.") || known.contains(&&*name.text) {
                continue;
            }
            let mut diagnostic = Diagnostic::new(
                Code::UnknownParameter,
                name.span,
                format!("no parameter here is called `{}`", name.text),
            )
            .kusto_as(kusto);
            if let Some(near) = nearest(&name.text, known.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.say(diagnostic);
        }
    }

    /// Says when a parameter is given that is neither true nor false.
    pub(crate) fn truth_parameter(&mut self, parameters: &[ast::OperatorParameter], name: &str) {
        if let Some(given) = ast::OperatorParameter::find(parameters, name)
            && !["true", "false"].contains(&&*parameter_text(&given.value).to_lowercase())
        {
            let message = format!("`{name}` is true or false");
            let said = Diagnostic::new(Code::ArgumentValue, given.value.span, message);
            self.say(said.kusto_as("KS223"));
        }
    }

    /// Says when a hint is given and is none of these words.
    pub(crate) fn hint_word(
        &mut self,
        parameters: &[ast::OperatorParameter],
        name: &str,
        words: &[&str],
    ) {
        let given = parameters.iter().filter(|p| &*p.name.text == name);
        for parameter in given {
            let word = parameter_text(&parameter.value);
            if words.iter().any(|known| known.eq_ignore_ascii_case(&word)) {
                continue;
            }
            let message = format!("`{word}` is none of {}", words.join(", "));
            let mut said = Diagnostic::new(Code::ArgumentValue, parameter.value.span, message);
            if let Some(near) = nearest(&word, words.iter().copied()) {
                said = said.help(format!("did you mean `{near}`?"));
            }
            self.say(said.kusto_as("KS005"));
        }
    }

    /// The value of `kind=`, one of `kinds`.
    pub(crate) fn kind<T: Copy>(
        &mut self,
        parameters: &[ast::OperatorParameter],
        kinds: &[(&str, T)],
        default: T,
    ) -> T {
        self.word(parameters, ("kind", &[]), kinds, default)
    }

    /// The value of the parameter `name`, one of `words`; there may be `others` beside it.
    pub(crate) fn word<T: Copy>(
        &mut self,
        parameters: &[ast::OperatorParameter],
        (name, others): (&str, &[&str]),
        words: &[(&str, T)],
        default: T,
    ) -> T {
        let known: Vec<&str> = others.iter().copied().chain([name]).collect();
        self.hints(parameters, &known);
        let Some(parameter) = parameters.iter().find(|p| &*p.name.text == name) else {
            return default;
        };
        let word = parameter_text(&parameter.value);
        if let Some((_, value)) = words.iter().find(|(name, _)| *name == word) {
            return *value;
        }
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let mut diagnostic = Diagnostic::new(
            Code::ArgumentValue,
            parameter.value.span,
            match name {
                "kind" => format!("no kind is called `{word}`"),
                _ => format!("`{name}` cannot be `{word}`"),
            },
        )
        .kusto_as("KS005");
        diagnostic = match nearest(&word, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!("{name} is one of: {}", names.join(", "))),
        };
        self.say(diagnostic);
        default
    }

    /// A number of rows: a constant whole number; below 0 is none.
    pub(crate) fn row_count(&mut self, e: &ast::Expr, input: &Relation) -> u64 {
        if let ast::ExprKind::Name(name) = &e.kind
            && self.env.get(&name.text).is_none()
            && input.plan.schema.index(&name.text).is_some()
        {
            let message = format!(
                "the number of rows must be a constant; `{}` is a column",
                name.text
            );
            self.error(Code::ConstantExpected, e.span, message);
            return 0;
        }
        let bound = self.outside_row(|b| b.scalar(e));
        // A single value of a table may not be known yet, and its type is.
        let whole = matches!(
            bound.ty,
            Type::Int | Type::Long | Type::Dynamic | Type::Unknown
        );
        if bound.is_constant() && !whole {
            self.row_count_type(e.span, bound.ty);
            return 0;
        }
        match self.constant_of(&bound, "the number of rows") {
            Some(value) => match value.as_i64() {
                Some(count) => u64::try_from(count).unwrap_or(0),
                None => {
                    self.row_count_type(e.span, value.ty());
                    0
                }
            },
            None => 0,
        }
    }

    fn row_count_type(&mut self, span: Span, ty: Type) {
        let message = format!("the number of rows must be a whole number, not {ty}");
        self.say(Diagnostic::new(Code::WrongType, span, message).kusto_as("KS134"));
    }

    /// A sort key over the row at hand; nothing when it is in error.
    pub(crate) fn sort_key(&mut self, key: &ast::SortKey) -> Option<SortKey> {
        let value = self.scalar(&key.value);
        match value.ty {
            Type::Unknown => return None,
            Type::Dynamic | Type::Guid => {
                self.say(
                    Diagnostic::new(
                        Code::DynamicKey,
                        key.value.span,
                        format!("rows cannot be sorted by a {} value", value.ty),
                    )
                    .help("convert them, for example with tostring(…) or tolong(…)"),
                );
                return None;
            }
            _ => {}
        }
        let descending = key.descending.unwrap_or(true);
        Some(SortKey {
            value,
            descending,
            // Null is the smallest value.
            nulls_first: key.nulls_first.unwrap_or(!descending),
        })
    }
}

/// A parameter's value as a word.
pub(crate) fn parameter_text(e: &ast::Expr) -> String {
    match &e.kind {
        ast::ExprKind::Name(name) => name.text.to_string(),
        ast::ExprKind::Literal(literal) => match &literal.value {
            Value::String(text) => text.to_string(),
            _ => literal.text.to_string(),
        },
        ast::ExprKind::Paren(inner) => parameter_text(inner),
        _ => String::new(),
    }
}
