//! `estimate_data_size`: what values take in Kusto's columns.

use arrow::array::ArrayRef;

use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&ESTIMATE_DATA_SIZE];

static ESTIMATE_DATA_SIZE: Scalar = Scalar {
    signatures: &["estimate_data_size(value: any, ...) -> long"],
    doc: Doc {
        summary: "Estimates how many bytes values take: of all columns with `*`.",
        details: "A string takes the bytes of its UTF-8 text, a number, a datetime or a timespan what its type takes. \
                  Kusto's size of dynamic values is not known, so they are refused.",
        examples: &[
            ("estimate_data_size(1, 'abc')", "11"),
            ("estimate_data_size('é')", "2"),
        ],
    },
    eval: Eval::Prepared(estimate),
    ..Scalar::DEFAULT
};

/// Bytes of the values of fixed size.
struct Sizes(i64);

fn estimate(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let mut fixed = 0;
    for (index, ty) in setup.types.iter().enumerate() {
        fixed += match ty {
            Type::String | Type::Unknown => 0,
            Type::Bool => 1,
            Type::Int => 4,
            Type::Long | Type::Real | Type::Datetime | Type::Timespan => 8,
            Type::Guid | Type::Decimal => 16,
            Type::Dynamic => {
                let message = "the size of dynamic values is not known";
                return Err(Problem::new(Code::Unsupported, message).at(index));
            }
        };
    }
    Ok(Box::new(Sizes(fixed)))
}

impl Kernel for Sizes {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let columns = Cells::all(args.values)?;
        args.build(|row| {
            let strings = columns.iter().map(|cells| match cells.at(row) {
                Some(Cell::String(text)) => text.len().cast_signed() as i64,
                _ => 0,
            });
            Some(self.0 + strings.sum::<i64>())
        })
    }
}
