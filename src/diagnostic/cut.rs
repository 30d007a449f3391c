//! Shortens the long lines of a text that is shown around a mistake: queries are often one line of thousands of characters.

use std::ops::Range;

/// A line of more bytes is cut.
const LONGEST: usize = 400;

/// How much of it is kept on each side of what is marked.
const AROUND: usize = 100;

/// A piece that is kept: its place in the text, and where it stands in what is shown.
struct Piece {
    from: Range<usize>,
    to: usize,
}

/// The text with an ellipsis for what is left out of long lines, the `marked` ranges moved along; nothing when no line is long.
pub fn cut(text: &str, marked: &mut [Range<usize>]) -> Option<String> {
    if text.lines().all(|line| line.len() <= LONGEST) {
        return None;
    }
    let mut shown = String::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let whole = start..start + line.len();
        start = whole.end;
        if line.len() <= LONGEST {
            pieces.push(Piece {
                to: shown.len(),
                from: whole,
            });
            shown.push_str(line);
            continue;
        }
        let mut at = whole.start;
        for kept in kept(text, &whole, marked) {
            if kept.start > at {
                shown.push('…');
            }
            at = kept.end;
            let to = shown.len();
            shown.push_str(&text[kept.clone()]);
            pieces.push(Piece { from: kept, to });
        }
        if at < whole.end {
            shown.push('…');
            if line.ends_with('\n') {
                shown.push('\n');
            }
        }
    }
    for range in marked {
        *range = moved(range.start, &pieces)..moved(range.end, &pieces);
    }
    Some(shown)
}

/// What of a long line is kept: what is near the marked ranges, or its beginning; in order, and apart.
fn kept(text: &str, line: &Range<usize>, marked: &[Range<usize>]) -> Vec<Range<usize>> {
    let touching = marked
        .iter()
        .filter(|m| m.start < line.end && m.end >= line.start);
    let mut kept: Vec<Range<usize>> = touching
        .map(|m| {
            let from = m.start.max(line.start);
            let to = m.end.min(from + 2 * AROUND) + AROUND;
            boundary(text, from.saturating_sub(AROUND).max(line.start))
                ..boundary(text, to.min(line.end))
        })
        .collect();
    if kept.is_empty() {
        kept.push(line.start..boundary(text, line.start + AROUND));
    }
    kept.sort_by_key(|k| k.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for next in kept {
        match apart.last_mut() {
            Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
            _ => apart.push(next),
        }
    }
    apart
}

/// The start of the character at `offset`.
fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Where a place of the text stands in what is shown; of what is left out, the end of the piece before.
fn moved(offset: usize, pieces: &[Piece]) -> usize {
    let at = pieces.partition_point(|p| p.from.start <= offset);
    let Some(piece) = at.checked_sub(1).and_then(|at| pieces.get(at)) else {
        return 0;
    };
    piece.to + offset.min(piece.from.end) - piece.from.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_stay() {
        assert_eq!(cut("a\nb", &mut []), None);
        assert_eq!(cut("", &mut []), None);
        let just = "x".repeat(LONGEST);
        assert_eq!(cut(&just, &mut []), None);
    }

    #[test]
    fn long_lines_are_cut_around_what_is_marked() {
        let text = format!("first\n{}MARK{}\nlast", "é".repeat(500), "b".repeat(500));
        let at = text.find("MARK").unwrap();
        let last = text.find("last").unwrap();
        let mut marked = [at..at + 4, last..last + 4];
        let shown = cut(&text, &mut marked).unwrap();
        assert_eq!(&shown[marked[0].clone()], "MARK");
        assert_eq!(&shown[marked[1].clone()], "last");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("…é") && lines[1].ends_with("b…"));
        assert!(lines[1].len() < LONGEST);
    }

    #[test]
    fn what_is_marked_may_be_long_or_at_the_end() {
        let text = "y".repeat(3000);
        let mut marked = [0..3000, 3000..3000];
        let shown = cut(&text, &mut marked).unwrap();
        assert!(shown.len() < 600 && shown.contains('…'));
        assert!(marked.iter().all(|m| m.end <= shown.len()));
        // A long line without a mark shows its beginning.
        let text = format!("{}\nz", "y".repeat(900));
        let shown = cut(&text, &mut []).unwrap();
        assert_eq!(shown, format!("{}…\nz", "y".repeat(AROUND)));
    }
}
