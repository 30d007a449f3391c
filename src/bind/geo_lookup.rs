//! Binds `geo_line_lookup` and `geo_polygon_lookup`: a table of points and one of shapes.

use std::collections::HashSet;

use crate::bind::join::both;
use crate::bind::{Binder, Called, Relation};
use crate::diagnostic::Code;
use crate::plan::whole::GeoLookup;
use crate::plan::{Operation, Plan};
use crate::syntax::ast;
use crate::types::{Schema, Type, Value};

/// What may follow the columns, as named or in this order.
#[derive(Default)]
struct Options {
    radius: Option<f64>,
    unmatched: bool,
    with_shape: bool,
}

const OPTIONS: [&str; 4] = [
    "radius",
    "return_unmatched",
    "return_lookup_key",
    "join_hint",
];

impl Binder<'_> {
    /// The rows with those of a table of lines or polygons that their point is near.
    pub(crate) fn geo_lookup(
        &mut self,
        input: Relation,
        call: &Called<'_>,
        line: bool,
    ) -> Relation {
        match self.geo_lookup_of(input, call, line) {
            Some(relation) => relation,
            None => self.broken_table(),
        }
    }

    fn geo_lookup_of(
        &mut self,
        input: Relation,
        call: &Called<'_>,
        line: bool,
    ) -> Option<Relation> {
        let [table, shape, longitude, latitude, extra @ ..] = call.arguments else {
            let message = "a table, its column with shapes, and columns with longitudes and latitudes are needed";
            self.error(Code::ArgumentCount, call.span, message);
            return None;
        };
        if call.schema.is_some() {
            let message = "a schema clause of a lookup of shapes cannot run yet";
            self.unsupported(call.span, message);
            return None;
        }
        let options = self.geo_options(extra)?;
        if line && options.radius.is_none() {
            let message = "the radius is missing: how near to a line a point has to be";
            self.error(Code::ArgumentCount, call.span, message);
            return None;
        }
        let shapes = self.outside(|b| b.table(&table.value));
        let (left, right) = (&input.plan.schema, &shapes.plan.schema);
        if right.open {
            return None;
        }
        let degrees = [Type::Real, Type::Long, Type::Int];
        let shape = self.typed_column(right, &shape.value, &[Type::Dynamic]);
        let longitude = self.typed_column(left, &longitude.value, &degrees);
        let latitude = self.typed_column(left, &latitude.value, &degrees);
        let (shape, point) = (shape?, (longitude?, latitude?));
        let dropped: HashSet<usize> = (!options.with_shape).then_some(shape).into_iter().collect();
        let schema = both(left, right, &dropped);
        let lookup = GeoLookup {
            point,
            shape,
            line,
            radius: options.radius,
            unmatched: options.unmatched,
            with_shape: options.with_shape,
        };
        let inputs = vec![input.plan, shapes.plan];
        Some(Relation::new(Plan::whole(
            inputs,
            Operation::GeoLookup(lookup),
            schema,
        )))
    }

    fn geo_options(&mut self, arguments: &[ast::Argument]) -> Option<Options> {
        let mut options = Options::default();
        for (i, argument) in arguments.iter().enumerate() {
            let span = argument.value.span;
            let place = match &argument.name {
                Some(name) => OPTIONS.iter().position(|option| **option == *name.text),
                // Which comes third is not documented.
                None => (i < 2).then_some(i),
            };
            let value = self.constant(&argument.value, "an option of a lookup")?;
            let truth = || match &value {
                Value::Bool(truth) => Some(*truth),
                _ => None,
            };
            let fits = match place {
                Some(0) => {
                    options.radius = value.as_f64();
                    options.radius.is_some_and(|radius| radius >= 0.0)
                }
                Some(1) => truth().map(|truth| options.unmatched = truth).is_some(),
                Some(2) => truth().map(|truth| options.with_shape = truth).is_some(),
                Some(_) => value.as_f64().is_some(),
                None => false,
            };
            if !fits {
                let message = "no option of a lookup of shapes";
                self.say(
                    crate::diagnostic::Diagnostic::new(Code::ArgumentValue, span, message)
                        .help("radius = metres, return_unmatched = true, return_lookup_key = true, join_hint = metres"),
                );
                return None;
            }
        }
        Some(options)
    }

    fn typed_column(&mut self, schema: &Schema, e: &ast::Expr, types: &[Type]) -> Option<usize> {
        let index = *self.matching_one(schema, e).first()?;
        let ty = schema.columns[index].ty;
        if !types.contains(&ty) {
            let message = format!("a column of type {} is needed here; this is {ty}", types[0]);
            self.error(Code::WrongType, e.span, message);
            return None;
        }
        Some(index)
    }
}
