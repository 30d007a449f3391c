//! Comments of rule files that switch rules about them off: `# kql: disable=RULE, RULE`.
//!
//! They count as those of queries do: at the end of a line for that line, on a line of its own for the next, before
//! all else for the file.

use crate::diagnostic::Diagnostic;

/// Leaves out what comments of the file switch off.
pub(super) fn disable(text: &str, found: &mut Vec<Diagnostic>) {
    const MARK: &str = "# kql: disable=";
    if found.is_empty() || !text.contains(MARK) {
        return;
    }
    let mut switches: Vec<(&str, Option<usize>)> = Vec::new();
    let mut alone: Vec<&str> = Vec::new();
    let mut begun = false;
    for (number, line) in text.lines().enumerate() {
        let (before, names) = match line.split_once(MARK) {
            Some((before, names)) => (before, names),
            None => (line, ""),
        };
        let names = names
            .split(',')
            .filter_map(|name| name.split_whitespace().next());
        if before.trim().is_empty() {
            alone.extend(names);
        } else if !before.trim_start().starts_with('#') {
            // Before the first line of all, a comment is about the file.
            let place = begun.then_some(number);
            switches.extend(alone.drain(..).map(|name| (name, place)));
            switches.extend(names.map(|name| (name, Some(number))));
            begun = true;
        }
    }
    found.retain(|diagnostic| {
        let start = diagnostic.span().range().start.min(text.len());
        let line = text.as_bytes()[..start]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        !switches.iter().any(|(name, place)| {
            *name == diagnostic.name() && place.is_none_or(|place| place == line)
        })
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn left(text: &str, at: &str) -> usize {
        let at = text.find(at).unwrap();
        let mut found = vec![Diagnostic::of_rule(
            "rule-tactics",
            Span::new(at, at + 1),
            "x",
        )];
        disable(text, &mut found);
        found.len()
    }

    #[test]
    fn places_of_comments() {
        assert_eq!(left("# kql: disable=rule-tactics\nid: 1\nx: 2\n", "x:"), 0);
        assert_eq!(
            left("id: 1\nx: 2 # kql: disable=a, rule-tactics\n", "x:"),
            0
        );
        assert_eq!(
            left("id: 1\n# kql: disable=rule-tactics\n\nx: 2\n", "x:"),
            0
        );
        assert_eq!(
            left("id: 1\n# kql: disable=rule-tactics\ny: 2\nx: 2\n", "x:"),
            1
        );
        assert_eq!(left("id: 1\nx: 2 # kql: disable=rule-tacticss\n", "x:"), 1);
        assert_eq!(left("id: 1\nx: 2\n", "x:"), 1);
    }
}
