//! How far reading has come, and whether it goes on: one of each for the process.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Whether the user wants no more to be read: files are looked through before a query runs, which has no [`Cancel`].
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

/// The one of this process. Who listens to the user clears it before work begins.
pub static STOP: Stop = Stop(AtomicBool::new(false));

impl Stop {
    /// Nothing is to be read any more.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Reading may go on.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether nothing is to be read any more.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far the process has come with reading: only shown to people, nothing depends on it.
#[derive(Debug, Default)]
pub struct Meter {
    rows: AtomicU64,
    bytes: AtomicU64,
    expected: AtomicU64,
}

/// The meter of this process.
pub static METER: Meter = Meter {
    rows: AtomicU64::new(0),
    bytes: AtomicU64::new(0),
    expected: AtomicU64::new(0),
};

impl Meter {
    /// So many bytes of files will be read.
    pub fn expect(&self, bytes: u64) {
        self.expected.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many were.
    pub fn read(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many rows came of it.
    pub fn rows(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// From now on it counts anew.
    pub fn clear(&self) {
        for count in [&self.rows, &self.bytes, &self.expected] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Rows, bytes, and the bytes there will be in the end.
    pub fn now(&self) -> (u64, u64, u64) {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (of(&self.rows), of(&self.bytes), of(&self.expected))
    }
}
