//! `rand` and `new_guid`: another value in each row, the same in each run of a seed.

use std::sync::atomic::Ordering;

use crate::contract::{Args, Kernel, Problem, Setup};
use crate::plan::args::{Arg, Guid};
use crate::plan::{Doc, Eval, Naming, Role, Scalar, Volatility};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&RAND, &NEW_GUID];

static RAND: Scalar = Scalar {
    signatures: &["rand([range: long]) -> real"],
    doc: Doc {
        summary: "A random number, another one in each row.",
        details: "Without an argument it is from 0 to 1 (excluded). With a range it is a whole number from 0 to the range \
                  (excluded), as a real all the same.",
        examples: &[("rand() < 1", "True"), ("rand(1)", "0.0")],
    },
    eval: Eval::Prepared(rand),
    role: Role::Random,
    naming: Naming::First,
    volatility: Volatility::PerRow,
    ..Scalar::DEFAULT
};

fn rand(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let seed = seed(setup);
    Ok(Box::new(move |args: &Args<'_>| {
        let range = match args.len() {
            0 => None,
            _ => Some(args.column::<i64>(0)?),
        };
        args.build(|row| {
            let unit = (draw(seed, args.position, row, 0) >> 11) as f64 / (1u64 << 53) as f64;
            match &range {
                None => Some(unit),
                Some(range) => {
                    let range = i64::at(range, row)?;
                    Some(if range > 1 { (unit * range as f64).floor() } else { 0.0 })
                }
            }
        })
    }))
}

static NEW_GUID: Scalar = Scalar {
    signatures: &["new_guid() -> guid"],
    doc: Doc {
        summary: "A random guid, another one in each row.",
        details: "It is of version 4.",
        examples: &[("strlen(tostring(new_guid()))", "36")],
    },
    eval: Eval::Prepared(|setup| {
        let seed = seed(setup);
        Ok(Box::new(move |args: &Args<'_>| {
            args.build(|row| {
                let high = draw(seed, args.position, row, 1);
                let low = draw(seed, args.position, row, 2);
                let mut bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
                bytes[6] = bytes[6] & 0x0f | 0x40;
                bytes[8] = bytes[8] & 0x3f | 0x80;
                Some(Guid(bytes))
            })
        }))
    }),
    volatility: Volatility::PerRow,
    ..Scalar::DEFAULT
};

/// The seed of a call: of the query's, and of the call's number among its kin.
fn seed(setup: &Setup<'_>) -> u64 {
    let call = setup.context.draws.fetch_add(1, Ordering::Relaxed);
    draw(setup.context.seed, call, 0, 0)
}

/// A number that the seed, the row's place and the stream decide: SplitMix64 of their mix.
fn draw(seed: u64, position: u64, row: usize, stream: u64) -> u64 {
    let mut state = seed;
    for part in [position.wrapping_add(row as u64), stream] {
        state = state.wrapping_add(part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}
