//! Functions and watchlists that are kept beside queries: a call binds their text, and what is wrong in it is said
//! at the call.

use std::rc::Rc;

use crate::bind::scope::Function;
use crate::bind::{Binder, Binding, Relation, relation};
use crate::catalog::{StoredFunction, watchlist_schema};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::plan::{Expr, Plan};
use crate::source::Span;
use crate::syntax::{self, ast};
use crate::types::Value;

/// A watchlist, as far as it is known.
pub enum Watchlist {
    /// Nobody can tell, as in `check`.
    Unknown,
    /// The declaration of a function whose rows are its own.
    Function(String),
    /// There is none of this alias; these there are.
    Missing(Vec<String>),
}

/// A call of a function whose text is not the query's, while its body is bound.
#[derive(Clone, Debug)]
pub(crate) struct Abroad {
    /// The call in the query.
    call: Span,
    /// The function.
    function: Rc<StoredFunction>,
}

impl Abroad {
    /// What is wrong in the function's text, as something about the call.
    pub fn placed(&self, diagnostic: Diagnostic) -> Diagnostic {
        let at = diagnostic.span().start as usize;
        let message = format!(
            "in `{}` ({}): {}",
            self.function.name,
            self.function.place(at),
            diagnostic.message
        );
        Diagnostic {
            severity: diagnostic.severity,
            help: diagnostic.help,
            ..Diagnostic::new(diagnostic.code, self.call, message)
        }
    }

    /// What was said, without its place in the function.
    pub fn unplaced<'m>(&self, message: &'m str) -> &'m str {
        let place = format!("in `{}` (", self.function.name);
        let said = message.strip_prefix(&place);
        let said = said.and_then(|rest| rest.split_once("): "));
        said.map_or(message, |(_, said)| said)
    }
}

impl Binder<'_> {
    /// The stored function of a name, if there is one; nothing inside where its text does not parse, which has then been
    /// said. In the function's own body its name means something else.
    pub(crate) fn stored(&mut self, name: &ast::Name, call: Span) -> Option<Option<Rc<Function>>> {
        if self.is_under_way(name) {
            return None;
        }
        if let Some(known) = self.resolved.get(&name.text) {
            return Some(known.clone());
        }
        let function = Rc::new(self.names.function(&name.text)?);
        if let Some(second) = &function.rival {
            let first = function.source.name();
            let message = format!(
                "function `{}` is in {first} and in {second}, and not the same",
                name.text
            );
            let said = Diagnostic::new(Code::DuplicateVariable, name.span, message);
            self.say(said.help("give only one of them with --functions"));
            self.resolved.insert(name.text.clone(), None);
            return Some(None);
        }
        let tabular = self.stored_yields_table(name) == Some(true);
        let parsed = syntax::parse_text(&function.text);
        let outer = self.go_abroad(Some(&function), call);
        let fine = parsed
            .diagnostics
            .iter()
            .all(|d| d.severity < Severity::Unsupported);
        for diagnostic in parsed.diagnostics {
            self.say(diagnostic);
        }
        let scope = self.fresh();
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let outer_env = std::mem::take(&mut self.env);
        if fine {
            self.calls.push(name.text.clone());
            self.outside(|b| b.statements(&parsed.query.statements));
            self.calls.pop();
        }
        let declared = self.env.get(&name.text).cloned();
        self.env = outer_env;
        self.scope = outer_scope;
        self.abroad = outer;
        let resolved = match declared {
            Some(Binding::Function(declared)) => Some(Rc::new(Function {
                name: declared.name.clone(),
                ast: declared.ast.clone(),
                env: declared.env.clone(),
                tabular,
                stored: Some(function),
            })),
            _ => None,
        };
        self.resolved.insert(name.text.clone(), resolved.clone());
        Some(resolved)
    }

    /// Whether a stored function has this name, and if so, whether it yields a table.
    pub(crate) fn stored_yields_table(&self, name: &ast::Name) -> Option<bool> {
        if self.is_under_way(name) {
            return None;
        }
        if let Some(known) = self.yields.borrow().get(&name.text) {
            return Some(*known);
        }
        let function = self.names.function(&name.text)?;
        // One that asks for itself gets this answer, and is said to when it is called.
        self.yields.borrow_mut().insert(name.text.clone(), true);
        let parsed = syntax::parse_text(&function.text);
        let yields = match parsed.query.statements.last().map(|last| &last.kind) {
            Some(ast::StatementKind::Let {
                value: ast::LetValue::Function(function),
                ..
            }) => self.yields_table(function),
            _ => false,
        };
        self.yields.borrow_mut().insert(name.text.clone(), yields);
        Some(yields)
    }

    /// Takes note that a text of a stored function is read from here on; gives what was so before.
    pub(crate) fn go_abroad(
        &mut self,
        function: Option<&Rc<StoredFunction>>,
        call: Span,
    ) -> Option<Abroad> {
        let Some(function) = function else {
            return self.abroad.clone();
        };
        // Of calls within calls, the outermost is the query's.
        let call = self.abroad.as_ref().map_or(call, |abroad| abroad.call);
        let function = Rc::clone(function);
        self.abroad.replace(Abroad { call, function })
    }

    /// Comes back from there: what fails at run time points at the call, as the text is not the query's.
    pub(crate) fn come_back(
        &mut self,
        outer: Option<Abroad>,
        plan: Option<&mut Plan>,
        shared: usize,
    ) {
        let abroad = std::mem::replace(&mut self.abroad, outer);
        let (Some(abroad), None) = (abroad, &self.abroad) else {
            return;
        };
        for plan in self.shared.iter_mut().skip(shared).chain(plan) {
            plan.visit_mut(&mut |part| {
                for expr in part.exprs_mut() {
                    expr.visit_mut(&mut |e: &mut Expr| e.span = abroad.call);
                }
            });
        }
    }
}

/// `_GetWatchlist('alias')`
pub(super) fn watchlist(
    binder: &mut Binder<'_>,
    arguments: &[ast::Argument],
    span: Span,
) -> Relation {
    let [argument] = arguments else {
        let given = arguments.len();
        let message = format!("`_GetWatchlist` takes 1 argument, not {given}");
        binder.error(Code::ArgumentCount, span, message);
        return binder.broken_table();
    };
    let at = argument.value.span;
    let alias = match binder.constant(&argument.value, "the watchlist's alias") {
        Some(Value::String(alias)) => alias,
        Some(_) => {
            binder.error(
                Code::WrongType,
                at,
                "the watchlist's alias must be a string",
            );
            return binder.broken_table();
        }
        None => return binder.broken_table(),
    };
    match binder.names.watchlist(&alias) {
        Watchlist::Unknown => {
            relation::scan(&format!("_GetWatchlist('{alias}')"), watchlist_schema())
        }
        Watchlist::Function(text) => match relation::declared_function(&alias, &text) {
            Some(function) => binder.call_table_function(&function, &[], None, span),
            None => binder.broken_table(),
        },
        Watchlist::Missing(aliases) => {
            let message = format!("no watchlist `{alias}` is given");
            let near = nearest(&alias, aliases.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("give its file with --watchlist {alias}=FILE"),
            };
            binder.say(Diagnostic::new(Code::UnknownTable, at, message).help(help));
            binder.broken_table()
        }
    }
}
