//! A line on standard error that shows how far reading has come, when it takes a while and a person may watch.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::contract::METER;

/// Work that ends sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two pictures.
const PAUSE: Duration = Duration::from_millis(100);
/// Columns of the bar itself.
const WIDTH: usize = 20;

/// Does work; while it is long under way, a bar shows how far reading has come.
pub(crate) fn watching<T>(work: impl FnOnce() -> T) -> T {
    if !stderr().is_terminal() {
        return work();
    }
    METER.clear();
    let started = Instant::now();
    let (done, wait) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut pause = PATIENCE;
            let mut drawn = false;
            while let Err(RecvTimeoutError::Timeout) = wait.recv_timeout(pause) {
                pause = PAUSE;
                drawn = true;
                draw(&picture(METER.now(), started.elapsed()));
            }
            if drawn {
                draw("");
            }
        });
        let result = work();
        // The bar is gone before anything else is said.
        drop(done);
        result
    })
}

/// Puts a text in the place of the one before. A terminal that takes none is no failure.
fn draw(text: &str) {
    let width = terminal_size::terminal_size_of(stderr()).map_or(80, |(w, _)| usize::from(w.0));
    let text: String = text.chars().take(width.saturating_sub(1)).collect();
    let mut out = stderr().lock();
    let _ = write!(out, "\r\x1b[2K{text}");
    let _ = out.flush();
}

/// `█████░░░░░  50%  1.2 M rows (2.4 M/s), 300 MB (600 MB/s), 0.5 s`
fn picture((rows, bytes, expected): (u64, u64, u64), time: Duration) -> String {
    let seconds = time.as_secs_f64().max(0.001);
    let mut text = String::new();
    if expected > 0 {
        let share = (bytes as f64 / expected as f64).min(1.0);
        let full = (share * WIDTH as f64) as usize;
        text.push_str(&"█".repeat(full));
        text.push_str(&"░".repeat(WIDTH - full));
        text.push_str(&format!(" {:3.0}%  ", share * 100.0));
    }
    let rate = |count: u64| short(count as f64 / seconds);
    if rows > 0 {
        text.push_str(&format!(
            "{} rows ({}/s), ",
            short(rows as f64).trim_end(),
            rate(rows).trim_end()
        ));
    }
    if bytes > 0 {
        text.push_str(&format!("{}B ({}B/s), ", short(bytes as f64), rate(bytes)));
    }
    if text.is_empty() {
        text.push_str("running, ");
    }
    text.push_str(&format!("{seconds:.1} s"));
    text
}

/// A number with three digits and a unit; a space behind it.
fn short(number: f64) -> String {
    let units = ["", "k", "M", "G", "T", "P"];
    let (mut number, mut unit) = (number, 0);
    while number >= 999.5 && unit + 1 < units.len() {
        number /= 1000.0;
        unit += 1;
    }
    let digits = match number {
        n if unit == 0 || n >= 99.5 => 0,
        n if n >= 9.95 => 1,
        _ => 2,
    };
    format!("{number:.digits$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_shows_share_rows_and_bytes() {
        let half = picture(
            (1_234_567, 300_000_000, 600_000_000),
            Duration::from_millis(500),
        );
        assert_eq!(
            half,
            "██████████░░░░░░░░░░  50%  1.23 M rows (2.47 M/s), 300 MB (600 MB/s), 0.5 s"
        );
        assert_eq!(picture((0, 0, 0), Duration::from_secs(2)), "running, 2.0 s");
        // More is read than was expected: the end of a file that grew.
        assert!(picture((5, 20, 10), Duration::from_secs(1)).contains("100%"));
    }
}
