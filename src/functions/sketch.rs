//! The states of `hll` and `tdigest` as dynamic values, and what is read from them.
//!
//! Both are arrays that begin with a word saying which they are. They are this program's own: not
//! those that a Kusto cluster has stored.

use crate::json;
use crate::types::Type;

const HLL: &str = "\"kql:hll\"";

/// The words that begin a `tdigest`, by the type of its values.
const TDIGESTS: [(Type, &str); 4] = [
    (Type::Real, "\"kql:tdigest\""),
    (Type::Long, "\"kql:tdigest:long\""),
    (Type::Datetime, "\"kql:tdigest:datetime\""),
    (Type::Timespan, "\"kql:tdigest:timespan\""),
];

/// Distinct values by their hashes: all of them up to a capacity, then the least ones, whose density
/// tells the number of all.
pub struct Hashes {
    /// 0 to 4.
    pub accuracy: u8,
    /// Sorted, each once.
    hashes: Vec<u64>,
}

impl Hashes {
    /// Of these hashes.
    pub fn new(accuracy: u8, mut hashes: Vec<u64>) -> Hashes {
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(capacity(accuracy));
        Hashes { accuracy, hashes }
    }

    /// The sketch that a dynamic holds, if it does.
    pub fn read(text: &str) -> Option<Hashes> {
        let mut elements = json::elements(text);
        if elements.next()? != HLL {
            return None;
        }
        let accuracy = elements.next()?.parse().ok()?;
        let hashes = elements.map(|e| e.parse::<i64>().map(i64::cast_unsigned));
        Some(Hashes::new(
            accuracy,
            hashes.collect::<Result<_, _>>().ok()?,
        ))
    }

    /// As a dynamic.
    pub fn write(&self) -> String {
        let mut out = json::ArrayWriter::new();
        out.push_json(HLL);
        out.push_long(self.accuracy.into());
        for hash in &self.hashes {
            out.push_long(hash.cast_signed());
        }
        out.finish()
    }

    /// The hashes.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The number of distinct values that all sketches have.
    ///
    /// A hash below the greatest one kept by a full sketch is in that sketch if its value is.
    pub fn shared(sketches: &[Hashes]) -> Option<i64> {
        let (first, rest) = sketches.split_first()?;
        let full = sketches
            .iter()
            .filter(|s| s.hashes.len() >= capacity(s.accuracy));
        let known = full.filter_map(|s| s.hashes.last()).min();
        let in_all = |hash: &&u64| rest.iter().all(|s| s.hashes.binary_search(hash).is_ok());
        let below = first
            .hashes
            .iter()
            .filter(|h| known.is_none_or(|known| *h < known));
        let found = below.filter(in_all).count();
        Some(match known {
            Some(known) => (found as f64 / (*known as f64 / u64::MAX as f64)).round() as i64,
            None => found as i64,
        })
    }

    /// The number of distinct values.
    pub fn count(&self) -> i64 {
        match self.hashes.last() {
            Some(last) if self.hashes.len() >= capacity(self.accuracy) => {
                let density = *last as f64 / u64::MAX as f64;
                ((self.hashes.len() - 1) as f64 / density).round() as i64
            }
            _ => self.hashes.len() as i64,
        }
    }
}

fn capacity(accuracy: u8) -> usize {
    1 << match accuracy {
        0 => 12,
        1 => 14,
        2 => 16,
        3 => 17,
        _ => 18,
    }
}

/// Values with weights, in order: all of them up to a capacity, then means of neighbours.
pub struct Digest {
    /// What the values are: real, long, datetime or timespan, the times as ticks.
    pub kind: Type,
    values: Vec<(f64, f64)>,
}

const MOST_VALUES: usize = 4096;

impl Digest {
    /// Of these values, which are of a type, and their weights.
    pub fn new(ty: Type, mut values: Vec<(f64, f64)>) -> Digest {
        let kind = match ty {
            Type::Int | Type::Long => Type::Long,
            Type::Datetime | Type::Timespan => ty,
            _ => Type::Real,
        };
        values.retain(|(_, weight)| *weight > 0.0);
        values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        values.dedup_by(|later, first| {
            let equal = later.0.total_cmp(&first.0).is_eq();
            if equal {
                first.1 += later.1;
            }
            equal
        });
        if values.len() > MOST_VALUES {
            values = compress(&values);
        }
        Digest { kind, values }
    }

    /// What values of two kinds are together.
    pub fn common(a: Type, b: Type) -> Type {
        if a == b { a } else { Type::Real }
    }

    /// The sketch that a dynamic holds, if it does.
    pub fn read(text: &str) -> Option<Digest> {
        let mut elements = json::elements(text);
        let word = elements.next()?;
        let (kind, _) = TDIGESTS.iter().find(|(_, own)| *own == word)?;
        let numbers = elements.map(|e| json::unescape(e).parse::<f64>());
        let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().ok()?;
        let pairs = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        Some(Digest::new(*kind, pairs.collect()))
    }

    /// As a dynamic.
    pub fn write(&self) -> String {
        let mut out = json::ArrayWriter::new();
        let word = TDIGESTS.iter().find(|(kind, _)| *kind == self.kind);
        out.push_json(word.map_or(TDIGESTS[0].1, |(_, word)| *word));
        for (value, weight) in &self.values {
            out.push_real(*value);
            out.push_real(*weight);
        }
        out.finish()
    }

    /// The values and their weights.
    pub fn values(&self) -> &[(f64, f64)] {
        &self.values
    }

    /// The percentile by nearest rank.
    pub fn percentile(&self, percentile: f64) -> Option<f64> {
        let total: f64 = self.values.iter().map(|(_, weight)| weight).sum();
        let wanted = percentile * total / 100.0;
        let mut seen = 0.0;
        let found = self.values.iter().find(|(_, weight)| {
            seen += weight;
            seen >= wanted * (1.0 - 1e-12)
        });
        found.or(self.values.last()).map(|(value, _)| *value)
    }
}

/// Half as many values as are allowed, of about equal weight; the extremes stay as they are.
fn compress(values: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let [first, inner @ .., last] = values else {
        return values.to_vec();
    };
    let total: f64 = inner.iter().map(|(_, weight)| weight).sum();
    let share = total / (MOST_VALUES as f64 / 2.0);
    let mut out = vec![*first];
    let (mut sum, mut weight) = (0.0, 0.0);
    for (value, own) in inner {
        sum += value * own;
        weight += own;
        if weight >= share {
            out.push((sum / weight, weight));
            (sum, weight) = (0.0, 0.0);
        }
    }
    if weight > 0.0 {
        out.push((sum / weight, weight));
    }
    out.push(*last);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sketches_are_exact_when_small_and_close_when_large() {
        let hash = |n: u64| xxhash_rust::xxh64::xxh64(&n.to_le_bytes(), 0);
        let small = Hashes::new(1, (0..1000).chain(0..500).map(hash).collect());
        assert_eq!(Hashes::read(&small.write()).unwrap().count(), 1000);
        let large = Hashes::new(1, (0..300_000).map(hash).collect()).count();
        assert!((large - 300_000).abs() < 9000, "{large}");

        let digest = Digest::new(Type::Int, (1..=10).map(|n| (f64::from(n), 1.0)).collect());
        let digest = Digest::read(&digest.write()).unwrap();
        assert_eq!(
            (digest.kind, digest.percentile(90.0)),
            (Type::Long, Some(9.0))
        );
        assert_eq!(digest.percentile(0.0), Some(1.0));
        let large = Digest::new(
            Type::Real,
            (0..100_000).map(|n| (f64::from(n), 1.0)).collect(),
        );
        assert!(large.values().len() <= MOST_VALUES);
        let middle = large.percentile(50.0).unwrap();
        assert!((middle - 50_000.0).abs() < 100.0, "{middle}");
        assert_eq!(large.percentile(100.0), Some(99_999.0));
        assert!(Digest::read("[1,2]").is_none() && Hashes::read("{}").is_none());
    }
}
