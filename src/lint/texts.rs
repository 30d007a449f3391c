//! Comparisons of texts that cost more than they need, or never hold.

use super::{Lint, Look, Rule};
use crate::diagnostic::{Diagnostic, Edit};
use crate::functions;
use crate::plan::Role;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Infix, ListOp};

pub(super) static CONTAINS_TERM: Rule = Rule {
    name: "contains-term",
    summary: "`contains` looks for whole words, for which there is `has`.",
    why: "Kusto has an index of words, which `has` uses; `contains` reads every text. They differ where the words are \
          parts of longer ones: 'powershell' contains 'shell' and does not have it.",
    example: "DeviceProcessEvents | where Timestamp > ago(1d) | where ProcessCommandLine contains 'mimikatz'",
    better: "DeviceProcessEvents | where Timestamp > ago(1d) | where ProcessCommandLine has 'mimikatz'",
    look: Look::Expr(contains_term),
};

pub(super) static CASE_FOLDED: Rule = Rule {
    name: "case-folded",
    summary: "A text is made small or capital only to be compared.",
    why: "The operators `=~`, `in~`, `has`, `contains`, `startswith` and their kin compare whatever the case, without \
          making a new text of each row and, in Kusto, by the index.",
    example: "SigninLogs | where TimeGenerated > ago(1d) | where tolower(UserPrincipalName) == 'a@b.example'",
    better: "SigninLogs | where TimeGenerated > ago(1d) | where UserPrincipalName =~ 'a@b.example'",
    look: Look::Expr(case_folded),
};

/// Letters of a word that Kusto's index knows, at least.
const INDEXED: usize = 3;

fn text_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(literal) => literal.value.as_str(),
        ExprKind::Paren(inner) => text_of(inner),
        _ => None,
    }
}

fn contains_term(lint: &mut Lint<'_>, expr: &Expr) {
    let ExprKind::Binary {
        op, op_span, right, ..
    } = &expr.kind
    else {
        return;
    };
    let by_term = match op {
        Infix::Contains => Infix::Has,
        Infix::NotContains => Infix::NotHas,
        Infix::ContainsCs => Infix::HasCs,
        Infix::NotContainsCs => Infix::NotHasCs,
        _ => return,
    };
    let Some(text) = text_of(right) else {
        return;
    };
    let longest = text
        .split(|c: char| !c.is_alphanumeric())
        .map(|w| w.chars().count())
        .max();
    if longest.is_none_or(|longest| longest < INDEXED) {
        return;
    }
    let edge = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric());
    let same = edge(text.chars().next()) && edge(text.chars().next_back());
    let (by_term, op) = (by_term.text(), lint.slice(*op_span).to_string());
    if same {
        let message = format!("`{by_term}` finds the same as `{op}` here, and by the index");
        let edits = vec![Edit {
            span: *op_span,
            text: by_term.to_string(),
        }];
        let diagnostic = lint.finding(*op_span, message);
        lint.say(diagnostic.fix(format!("write `{by_term}`"), edits));
    } else {
        let message =
            format!("`{op}` reads every text; `{by_term}` finds whole words by the index");
        let help = format!("if parts of words need not be found, write `{by_term}`");
        let diagnostic = lint.finding(*op_span, message);
        lint.say(diagnostic.help(help));
    }
}

/// A call that changes the case of its argument.
struct Folded<'e> {
    inner: &'e Expr,
    whole: Span,
    small: bool,
}

impl Folded<'_> {
    /// Edits that leave the argument alone.
    fn unwrap(&self) -> Option<[Edit; 2]> {
        // What binds looser than the comparison would need brackets.
        let simple = matches!(
            self.inner.kind,
            ExprKind::Name(_)
                | ExprKind::Path { .. }
                | ExprKind::Index { .. }
                | ExprKind::Call { .. }
                | ExprKind::Paren(_)
        );
        let nothing = |start: u32, end: u32| Edit {
            span: Span { start, end },
            text: String::new(),
        };
        simple.then(|| {
            [
                nothing(self.whole.start, self.inner.span.start),
                nothing(self.inner.span.end, self.whole.end),
            ]
        })
    }

    /// Whether a text is as the call makes it.
    fn fits(&self, text: &str) -> bool {
        match self.small {
            true => text.to_lowercase() == text,
            false => text.to_uppercase() == text,
        }
    }
}

fn folded<'e>(lint: &Lint<'_>, expr: &'e Expr) -> Option<Folded<'e>> {
    let ExprKind::Call { name, arguments } = &expr.kind else {
        return None;
    };
    let [argument] = arguments.as_slice() else {
        return None;
    };
    if lint.variables.contains(&*name.text) {
        return None;
    }
    let small = match functions::scalar(&name.text)?.function.role {
        Role::ToLower => true,
        Role::ToUpper => false,
        _ => return None,
    };
    Some(Folded {
        inner: &argument.value,
        whole: expr.span,
        small,
    })
}

fn case_folded(lint: &mut Lint<'_>, expr: &Expr) {
    match &expr.kind {
        ExprKind::Binary {
            op,
            op_span,
            left,
            right,
        } => binary(lint, (*op, *op_span), left, right),
        ExprKind::List {
            op,
            op_span,
            left,
            items,
        } => {
            let fold = match op {
                ListOp::In => ListOp::InFold,
                ListOp::NotIn => ListOp::NotInFold,
                _ => return,
            };
            let Some(left) = folded(lint, left) else {
                return;
            };
            let texts: Option<Vec<&str>> = items.iter().map(text_of).collect();
            let Some(texts) = texts else {
                return;
            };
            if let Some(never) = texts.iter().find(|text| !left.fits(text)) {
                return never_equal(lint, &left, never);
            }
            let plain = texts.iter().all(|text| text.is_ascii());
            say_folded(lint, &[left], Some((fold.text(), *op_span)), plain);
        }
        _ => {}
    }
}

fn binary(lint: &mut Lint<'_>, (op, op_span): (Infix, Span), left: &Expr, right: &Expr) {
    let fold = match op {
        Infix::Equal => Some(Infix::EqualFold),
        Infix::NotEqual => Some(Infix::NotEqualFold),
        Infix::EqualFold
        | Infix::NotEqualFold
        | Infix::Has
        | Infix::NotHas
        | Infix::HasPrefix
        | Infix::NotHasPrefix
        | Infix::HasSuffix
        | Infix::NotHasSuffix
        | Infix::Contains
        | Infix::NotContains
        | Infix::StartsWith
        | Infix::NotStartsWith
        | Infix::EndsWith
        | Infix::NotEndsWith => None,
        _ => return,
    };
    let change = fold.map(|fold| (fold.text(), op_span));
    match (folded(lint, left), folded(lint, right)) {
        (Some(left), Some(right)) if left.small == right.small => {
            say_folded(lint, &[left, right], change, true);
        }
        (Some(side), None) | (None, Some(side)) => {
            let other = if side.whole == left.span { right } else { left };
            let Some(text) = text_of(other) else {
                return;
            };
            if fold.is_some() && !side.fits(text) {
                return never_equal(lint, &side, text);
            }
            say_folded(lint, &[side], change, text.is_ascii());
        }
        _ => {}
    }
}

fn never_equal(lint: &mut Lint<'_>, side: &Folded<'_>, text: &str) {
    let (made, other) = if side.small {
        ("small", "capital")
    } else {
        ("capital", "small")
    };
    let message = format!("a text made {made} is never '{text}', which has {other} letters");
    let diagnostic = lint.finding(side.whole, message);
    lint.say(diagnostic.help("compare with `=~` or `in~`, which do not look at the case"));
}

/// Says that a comparison needs no change of case; `change` is the operator it then needs.
fn say_folded(
    lint: &mut Lint<'_>,
    sides: &[Folded<'_>],
    change: Option<(&str, Span)>,
    plain: bool,
) {
    let Some(first) = sides.first() else {
        return;
    };
    let message = match change {
        Some((op, _)) => format!("`{op}` compares whatever the case"),
        None => "this operator looks whatever the case, as it is".to_string(),
    };
    let mut diagnostic = lint.finding(first.whole, message);
    for side in &sides[1..] {
        diagnostic = diagnostic.also(side.whole, "");
    }
    let unwrapped: Option<Vec<[Edit; 2]>> = sides.iter().map(Folded::unwrap).collect();
    // Of other values the call makes a text first, and other letters have more than one small form.
    let alike = plain && sides.iter().all(|side| lint.is_string(side.inner.span));
    let written: Vec<&str> = sides
        .iter()
        .map(|side| lint.slice(side.inner.span))
        .collect();
    let written = written.join(change.map_or(" ", |_| " … "));
    diagnostic = match (unwrapped, change) {
        (Some(unwrapped), _) if alike => fix(diagnostic, unwrapped.concat(), change),
        (_, Some((op, _))) => diagnostic.help(format!("write `{written} {op} …`")),
        (_, None) => diagnostic.help(format!("write `{written}`")),
    };
    lint.say(diagnostic);
}

fn fix(diagnostic: Diagnostic, mut edits: Vec<Edit>, change: Option<(&str, Span)>) -> Diagnostic {
    let mut title = "leave the case as it is".to_string();
    if let Some((op, span)) = change {
        title = format!("compare with `{op}`");
        edits.push(Edit {
            span,
            text: op.to_string(),
        });
    }
    diagnostic.fix(title, edits)
}
