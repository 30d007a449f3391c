//! Binds `ipv4_lookup` and `ipv6_lookup`: a table of addresses and one of networks.

use std::collections::HashSet;

use crate::bind::join::both;
use crate::bind::{Binder, Called, Relation};
use crate::diagnostic::Code;
use crate::plan::whole::IpLookup;
use crate::plan::{Operation, Plan};
use crate::syntax::ast;
use crate::types::{Schema, Type, Value};

impl Binder<'_> {
    /// The rows with those of a table of networks that their address is in.
    pub(crate) fn ip_lookup(&mut self, input: Relation, call: &Called<'_>, v6: bool) -> Relation {
        let mut arguments: Vec<&ast::Argument> = call.arguments.iter().collect();
        let mut unmatched = false;
        if let Some(last) = arguments.last()
            && let Some(asked) = self.return_unmatched(last)
        {
            unmatched = asked;
            arguments.pop();
        }
        let [table, address, network, extra @ ..] = arguments.as_slice() else {
            let message = "a table, a column with addresses and one with networks are needed";
            self.error(Code::ArgumentCount, call.span, message);
            return self.broken_table();
        };
        let networks = self.outside(|b| b.table(&table.value));
        let (left, right) = (&input.plan.schema, &networks.plan.schema);
        if right.open {
            return self.broken_table();
        }
        let address = self.address_column(left, &address.value);
        let network = self.address_column(right, &network.value);
        let mut keys = Vec::with_capacity(extra.len());
        for key in extra {
            let pair = (
                self.matching_one(left, &key.value).first().copied(),
                self.matching_one(right, &key.value).first().copied(),
            );
            let (Some(a), Some(b)) = pair else {
                return self.broken_table();
            };
            if left.columns[a].ty != right.columns[b].ty {
                let message = "the columns of this name have different types";
                self.error(Code::JoinTypes, key.value.span, message);
                return self.broken_table();
            }
            keys.push((a, b));
        }
        if v6 && !keys.is_empty() {
            self.unsupported(call.span, "ipv6_lookup with further keys cannot run yet");
            return self.broken_table();
        }
        if call.schema.is_some() {
            let message = "a schema clause of a lookup of addresses cannot run yet";
            self.unsupported(call.span, message);
            return self.broken_table();
        }
        let (Some(address), Some(network)) = (address, network) else {
            return self.broken_table();
        };
        let dropped: HashSet<usize> = keys.iter().map(|(_, right)| *right).collect();
        let schema = match v6 {
            true => both(right, left, &HashSet::new()),
            false => both(left, right, &dropped),
        };
        let lookup = IpLookup {
            address,
            network,
            keys,
            v6,
            unmatched,
        };
        let inputs = vec![input.plan, networks.plan];
        Relation::new(Plan::whole(inputs, Operation::IpLookup(lookup), schema))
    }

    /// `true`, `return_unmatched = true`
    fn return_unmatched(&mut self, argument: &ast::Argument) -> Option<bool> {
        let named = argument.name.as_ref();
        let literal = matches!(&argument.value.kind, ast::ExprKind::Literal(_));
        if !literal && named.is_none_or(|n| &*n.text != "return_unmatched") {
            return None;
        }
        match self.constant(&argument.value, "return_unmatched")? {
            Value::Bool(asked) => Some(asked),
            _ => {
                let message = "return_unmatched is true or false";
                self.error(Code::ArgumentValue, argument.value.span, message);
                Some(false)
            }
        }
    }

    fn address_column(&mut self, schema: &Schema, e: &ast::Expr) -> Option<usize> {
        let index = *self.matching_one(schema, e).first()?;
        let ty = schema.columns[index].ty;
        if ty != Type::String {
            let message = format!("a column of strings is needed here; this is {ty}");
            self.error(Code::WrongType, e.span, message);
            return None;
        }
        Some(index)
    }
}
