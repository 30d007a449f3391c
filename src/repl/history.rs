//! Where the history of what was entered is kept.

use std::env;
use std::path::PathBuf;

/// The history's file: `KQL_HISTORY`, else in the user's folder for state; none if the variable is empty or
/// `off`, or if there is no such folder.
pub(super) fn file() -> Option<PathBuf> {
    if let Some(file) = env::var_os("KQL_HISTORY") {
        return (!file.is_empty() && file != "off").then(|| PathBuf::from(file));
    }
    let state = env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.filter(|folder| folder.is_absolute()).or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"));
        let home = home.filter(|home| !home.is_empty())?;
        Some(PathBuf::from(home).join(".local").join("state"))
    })?;
    Some(state.join("kql").join("history"))
}
