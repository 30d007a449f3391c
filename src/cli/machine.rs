//! What the machine has: memory, cores, a GeoIP database.

use std::fs;
use std::path::PathBuf;
use std::thread;

/// Memory of a machine that does not tell.
const ASSUMED: usize = 4 << 30;

/// Bytes that a query's operators may keep by default: half of the machine's memory.
pub(crate) fn default_memory() -> usize {
    let limits = [
        meminfo(),
        limit_in("/sys/fs/cgroup/memory.max"),
        limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    ];
    limits.into_iter().flatten().min().unwrap_or(ASSUMED) / 2
}

/// The whole memory of a Linux machine.
fn meminfo() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// A container's limit.
fn limit_in(file: &str) -> Option<usize> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Worker threads: `RAYON_NUM_THREADS`, else one per core.
pub(crate) fn default_threads() -> usize {
    let asked = std::env::var("RAYON_NUM_THREADS").ok();
    let asked = asked
        .and_then(|text| text.parse().ok())
        .filter(|n| (1..=1024).contains(n));
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Where systems keep GeoIP databases.
const GEOIP_FOLDERS: [&str; 5] = [
    "/usr/share/GeoIP",
    "/var/lib/GeoIP",
    "/usr/local/share/GeoIP",
    "/usr/local/var/GeoIP",
    "/opt/homebrew/var/GeoIP",
];

const GEOIP_FILES: [&str; 2] = ["GeoIP2-City.mmdb", "GeoLite2-City.mmdb"];

/// A City database in one of the usual folders, or in those of `KQL_GEOIP_PATH`, if that is set.
pub(crate) fn geoip_database() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = match std::env::var_os("KQL_GEOIP_PATH") {
        Some(path) => std::env::split_paths(&path).collect(),
        None => GEOIP_FOLDERS.iter().map(PathBuf::from).collect(),
    };
    let files = folders
        .iter()
        .filter(|folder| !folder.as_os_str().is_empty())
        .flat_map(|folder| GEOIP_FILES.iter().map(|file| folder.join(file)));
    files.into_iter().find(|file| file.is_file())
}
