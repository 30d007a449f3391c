//! Pieces to lines.

use super::marks::Marks;
use super::pieces::{Kind, Piece};
use super::spaces::Spaces;
use super::{INDENT, WIDTH};

/// A piece, or what stands in brackets.
enum Item {
    Piece(usize),
    Group(Group),
}

/// A bracket, what is in it, and its partner.
struct Group {
    open: usize,
    inner: Vec<Item>,
    close: usize,
}

/// Writes the pieces of a query that parses.
pub(super) fn write(pieces: &[Piece<'_>], marks: &Marks) -> String {
    let mut at = 0;
    let items = items(pieces, &mut at);
    let mut writer = Writer {
        pieces,
        marks,
        spaces: Spaces::new(marks, pieces),
        out: String::new(),
        column: 0,
        indent: 0,
        more: 0,
        last: None,
        fresh: true,
        commented: false,
    };
    writer.statements(&items, 0);
    writer.end();
    writer.out
}

/// The items up to a closing bracket.
fn items(pieces: &[Piece<'_>], at: &mut usize) -> Vec<Item> {
    let mut items = Vec::new();
    while let Some(piece) = pieces.get(*at) {
        match piece.kind {
            Kind::Close | Kind::End => break,
            Kind::Open => {
                let open = *at;
                *at += 1;
                let inner = self::items(pieces, at);
                items.push(Item::Group(Group {
                    open,
                    inner,
                    close: *at,
                }));
            }
            _ => items.push(Item::Piece(*at)),
        }
        *at += 1;
    }
    items
}

struct Writer<'p> {
    pieces: &'p [Piece<'p>],
    marks: &'p Marks,
    spaces: Spaces<'p>,
    out: String,
    column: usize,
    /// How far right the line at hand stands.
    indent: usize,
    /// How far right a line stands that goes on with it.
    more: usize,
    /// The piece written last.
    last: Option<usize>,
    /// Whether nothing is on the line yet.
    fresh: bool,
    /// Whether the line ends with a comment.
    commented: bool,
}

impl Writer<'_> {
    fn kind(&self, item: &Item) -> Kind {
        match item {
            Item::Piece(index) => self.pieces[*index].kind,
            Item::Group(_) => Kind::Open,
        }
    }

    fn word(&self, item: &Item) -> Option<&str> {
        match item {
            Item::Piece(index) if self.pieces[*index].kind == Kind::Word => {
                Some(self.pieces[*index].text)
            }
            _ => None,
        }
    }

    fn first(item: &Item) -> usize {
        match item {
            Item::Piece(index) => *index,
            Item::Group(group) => group.open,
        }
    }

    fn last_of(item: &Item) -> usize {
        match item {
            Item::Piece(index) => *index,
            Item::Group(group) => group.close,
        }
    }

    /// Starts a line.
    fn line(&mut self, indent: usize) {
        if self.fresh {
            // Nothing has been written on this one: it only moves.
            self.out.truncate(self.out.trim_end_matches(' ').len());
        } else {
            self.out.push('\n');
        }
        for _ in 0..indent {
            self.out.push(' ');
        }
        self.column = indent;
        self.indent = indent;
        self.more = indent + INDENT;
        self.fresh = true;
        self.commented = false;
    }

    /// An empty line above the line that starts here.
    fn apart(&mut self) {
        let lines = self.out.trim_end_matches(' ').len();
        let (before, indent) = self.out.split_at(lines);
        if before.is_empty() || before.ends_with("\n\n") {
            return;
        }
        let indent = indent.to_string();
        self.out.truncate(lines);
        self.out.push('\n');
        self.out.push_str(&indent);
    }

    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = match text.rfind('\n') {
            Some(at) => text[at + 1..].chars().count(),
            None => self.column + text.chars().count(),
        };
        self.fresh = false;
    }

    /// Writes a piece with its comments.
    fn piece(&mut self, index: usize) {
        let pieces = self.pieces;
        let Some(piece) = pieces.get(index) else {
            return;
        };
        self.comments(piece);
        if self.commented {
            let more = self.more;
            self.line(more);
            // The lines after it stand beside this one.
            self.more = more;
        }
        if let Some(last) = self.last
            && !self.fresh
            && self.spaces.between(&pieces[last], piece)
        {
            self.raw(" ");
        }
        self.raw(piece.text);
        self.last = Some(index);
        if let Some(comment) = piece.behind {
            self.raw(" ");
            self.raw(comment);
            self.commented = true;
        }
    }

    /// The comments on lines of their own before a piece.
    fn comments(&mut self, piece: &Piece<'_>) {
        if piece.before.is_empty() {
            return;
        }
        let (indent, more) = match self.fresh {
            true => (self.indent, self.more),
            false => (self.more, self.more),
        };
        // What is said at the end of a bracket stands in it.
        let inner = if piece.kind == Kind::Close {
            indent + INDENT
        } else {
            indent
        };
        for comment in &piece.before {
            self.line(inner);
            if comment.apart {
                self.apart();
            }
            self.raw(comment.text);
        }
        self.line(indent);
        self.more = more;
        if piece.apart && piece.kind != Kind::End {
            self.apart();
        }
    }

    /// What stands after the last piece.
    fn end(&mut self) {
        if let Some(piece) = self.pieces.last()
            && piece.kind == Kind::End
        {
            for comment in &piece.before {
                self.line(0);
                if comment.apart {
                    self.apart();
                }
                self.raw(comment.text);
            }
        }
        let length = self.out.trim_end().len();
        self.out.truncate(length);
        if length > 0 {
            self.out.push('\n');
        }
    }

    /// Statements with `;` between, or a pipeline alone.
    fn statements(&mut self, items: &[Item], indent: usize) {
        let mut start = 0;
        for (index, item) in items.iter().enumerate() {
            let ends = self.kind(item) == Kind::Semicolon;
            if ends || index + 1 == items.len() {
                self.statement(&items[start..=index], indent);
                start = index + 1;
            }
        }
    }

    fn statement(&mut self, items: &[Item], indent: usize) {
        let Some(first) = items.first() else {
            return;
        };
        self.line(indent);
        let piece = &self.pieces[Self::first(first)];
        if piece.apart && piece.before.is_empty() {
            self.apart();
        }
        let pipe = items.iter().position(|item| self.kind(item) == Kind::Pipe);
        let source = pipe.unwrap_or(items.len());
        let value = items
            .iter()
            .position(|item| matches!(item, Item::Piece(i) if self.pieces[*i].text == "="));
        let mut indent = indent;
        let mut head = &items[..source];
        if pipe.is_some()
            && self.word(first) == Some("let")
            && let Some(value) = value.filter(|value| *value < source)
        {
            self.flat(&items[..=value]);
            indent += INDENT;
            self.line(indent);
            head = &items[value + 1..source];
        }
        self.segment(head);
        let mut rest = &items[source..];
        while let Some((pipe, after)) = rest.split_first() {
            let next = after
                .iter()
                .position(|item| self.kind(item) == Kind::Pipe)
                .unwrap_or(after.len());
            self.line(indent);
            self.item(pipe);
            self.segment(&after[..next]);
            rest = &after[next..];
        }
    }

    /// An operator, or the source of a pipeline, or a statement without pipes.
    fn segment(&mut self, items: &[Item]) {
        if self.fits(items) {
            return self.flat(items);
        }
        let base = self.more;
        let head = self.head(items);
        self.flat(&items[..head]);
        let body = &items[head..];
        let is_list = items.first().is_some_and(|first| {
            self.marks
                .lists
                .contains(&self.pieces[Self::first(first)].start)
        });
        if !is_list {
            return self.expr(body);
        }
        let by = body.iter().position(|item| self.word(item) == Some("by"));
        let (list, by) = body.split_at(by.unwrap_or(body.len()));
        let parts = self.parts(list);
        match parts.len() {
            0 => {}
            1 => self.expr(list),
            _ => self.list(&parts, base),
        }
        if by.is_empty() {
            return;
        }
        if !list.is_empty() && (parts.len() > 1 || !self.fits(by)) {
            self.line(base);
        }
        match self.fits(by) {
            true => self.flat(by),
            false => {
                self.item(&by[0]);
                let parts = self.parts(&by[1..]);
                self.fill(&parts, base + INDENT);
            }
        }
    }

    /// How many items of an operator are its keyword and parameters.
    fn head(&self, items: &[Item]) -> usize {
        let Some(first) = items.first() else {
            return 0;
        };
        let start = self.pieces[Self::first(first)].start;
        let Some(end) = self.marks.heads.get(&start) else {
            return 0;
        };
        let mut count = items
            .iter()
            .take_while(|item| self.pieces[Self::first(item)].start < *end)
            .count();
        if items.get(count).and_then(|item| self.word(item)) == Some("by") {
            // `sort by`, but not what `summarize` groups by.
            count += usize::from(count > 0 && self.sorts(&items[count..]));
        }
        count
    }

    /// Whether `by` and keys are all there is to an operator that orders.
    fn sorts(&self, items: &[Item]) -> bool {
        let key = |item: &Item| matches!(self.word(item), Some("asc" | "desc"));
        items.iter().any(key)
    }

    /// What stands between top-level commas; each part ends with its comma.
    fn parts<'i>(&self, items: &'i [Item]) -> Vec<&'i [Item]> {
        items
            .split_inclusive(|item| self.kind(item) == Kind::Comma)
            .collect()
    }

    /// Parts of a list: as many on a line as there is room for, if they are short words, else one.
    fn list(&mut self, parts: &[&[Item]], indent: usize) {
        let short = |part: &&[Item]| {
            part.len() <= 2 && part.iter().all(|item| matches!(item, Item::Piece(_)))
        };
        if parts.iter().all(short) {
            self.line(indent);
            return self.fill(parts, indent);
        }
        for part in parts {
            self.line(indent);
            self.expr(part);
        }
    }

    /// Parts of a list, as many on a line as there is room for.
    fn fill(&mut self, parts: &[&[Item]], indent: usize) {
        for part in parts {
            if !self.fits(part) && !self.fresh || self.commented {
                self.line(indent);
            }
            self.expr(part);
        }
        self.more = indent;
    }

    /// An expression; one that is too long breaks at its loosest operators.
    fn expr(&mut self, items: &[Item]) {
        if self.fits(items) {
            return self.flat(items);
        }
        for logic in ["or", "and"] {
            let is_logic = |item: &Item| self.word(item) == Some(logic);
            // A name after a dot is none.
            let starts: Vec<usize> = (1..items.len())
                .filter(|i| is_logic(&items[*i]) && !self.member(&items[i - 1]))
                .collect();
            if starts.is_empty() {
                continue;
            }
            let more = self.more;
            self.expr(&items[..starts[0]]);
            for (n, start) in starts.iter().enumerate() {
                let end = starts.get(n + 1).copied().unwrap_or(items.len());
                self.line(more);
                self.item(&items[*start]);
                self.expr(&items[start + 1..end]);
                self.more = more;
            }
            return;
        }
        self.flow(items);
    }

    fn member(&self, before: &Item) -> bool {
        matches!(before, Item::Piece(index) if self.pieces[*index].text == ".")
    }

    /// Items one after the other; brackets that do not fit are laid out.
    fn flow(&mut self, items: &[Item]) {
        for (index, item) in items.iter().enumerate() {
            // What must stay on the line behind it: a comma, a dot.
            let tail = items[index + 1..]
                .iter()
                .take_while(|next| !self.breaks(next))
                .count();
            match item {
                Item::Group(group) if !self.fits(&items[index..=index + tail]) => self.group(group),
                Item::Group(_) => self.flat(&items[index..=index]),
                Item::Piece(piece) => {
                    let width = self.pieces[*piece].text.chars().count() + 1;
                    let room = self.column + width <= WIDTH || self.fresh || !self.spaced(*piece);
                    if !room {
                        let more = self.more;
                        self.line(more);
                        self.more = more;
                    }
                    self.piece(*piece);
                }
            }
        }
    }

    fn spaced(&self, index: usize) -> bool {
        self.last
            .is_some_and(|last| self.spaces.between(&self.pieces[last], &self.pieces[index]))
    }

    /// Whether a line may be broken before an item.
    fn breaks(&self, item: &Item) -> bool {
        !matches!(self.kind(item), Kind::Comma | Kind::Semicolon)
    }

    /// A bracket over several lines.
    fn group(&mut self, group: &Group) {
        let (base, more) = (self.indent, self.more);
        let before = self.last;
        self.piece(group.open);
        if let [Item::Group(only)] = group.inner.as_slice()
            && !self.is_block(group)
            && self.pieces[only.open].before.is_empty()
        {
            // `dynamic([` and the like share their lines.
            self.group(only);
            return self.piece(group.close);
        }
        let inner = base + INDENT;
        if self.is_block(group) {
            self.statements(&group.inner, inner);
        } else {
            let parts = self.parts(&group.inner);
            let literal = |part: &&[Item]| {
                part.len() <= 2 && part.iter().all(|item| matches!(item, Item::Piece(_)))
            };
            let paired =
                before.is_some_and(|word| self.marks.pairs.contains(&self.pieces[word].end));
            let row = group
                .inner
                .first()
                .and_then(|first| self.marks.rows.get(&self.pieces[Self::first(first)].start));
            if let Some(row) = row.filter(|row| **row > 0) {
                for parts in parts.chunks(*row) {
                    self.line(inner);
                    self.fill(parts, inner);
                }
            } else if parts.len() > 1 && parts.iter().all(literal) {
                self.line(inner);
                self.more = inner;
                self.fill(&parts, inner);
            } else if paired {
                self.pairs(&group.inner, inner);
            } else {
                for part in parts {
                    self.line(inner);
                    self.expr(part);
                }
            }
        }
        self.line(base);
        self.more = more;
        self.piece(group.close);
    }

    /// A condition and its value on a line.
    fn pairs(&mut self, items: &[Item], indent: usize) {
        let mut rest = items;
        while !rest.is_empty() {
            let mut commas = rest
                .iter()
                .enumerate()
                .filter(|(_, item)| self.kind(item) == Kind::Comma);
            let end = commas.nth(1).map_or(rest.len(), |(index, _)| index + 1);
            let (pair, after) = rest.split_at(end);
            self.line(indent);
            if self.fits(pair) {
                self.flat(pair);
            } else {
                let parts = self.parts(pair);
                for (n, part) in parts.iter().enumerate() {
                    if n > 0 {
                        self.line(indent + INDENT);
                    }
                    self.expr(part);
                }
            }
            rest = after;
        }
    }

    /// Whether a bracket holds pipes or statements, which have lines of their own.
    fn is_block(&self, group: &Group) -> bool {
        let piece = &self.pieces[group.open];
        let lines = |item: &Item| matches!(self.kind(item), Kind::Pipe | Kind::Semicolon);
        !piece.dynamic
            && !group.inner.is_empty()
            && (piece.text == "{" || group.inner.iter().any(lines))
    }

    /// Whether items fit into what is left of the line, as they are.
    fn fits(&self, items: &[Item]) -> bool {
        let Some(first) = items.first() else {
            return true;
        };
        let Some(width) = self.width(items) else {
            return false;
        };
        let first = &self.pieces[Self::first(first)];
        // Comments before it move it to a line of its own.
        let clear = first.before.is_empty() && !self.commented || self.fresh;
        let space = usize::from(!self.fresh && self.spaced(Self::first(&items[0])));
        clear && self.column + space + width <= WIDTH
    }

    /// The width of items on one line; none if they cannot stand on one.
    fn width(&self, items: &[Item]) -> Option<usize> {
        let (first, last) = (Self::first(items.first()?), Self::last_of(items.last()?));
        if items.iter().any(|item| self.holds_block(item)) {
            return None;
        }
        let mut width = 0;
        for index in first..=last {
            let piece = &self.pieces[index];
            let commented =
                index > first && !piece.before.is_empty() || index < last && piece.behind.is_some();
            if commented || piece.text.contains('\n') {
                return None;
            }
            let space = index > first && self.spaces.between(&self.pieces[index - 1], piece);
            width += piece.text.chars().count() + usize::from(space);
            if width > WIDTH {
                return None;
            }
        }
        Some(width)
    }

    fn holds_block(&self, item: &Item) -> bool {
        match item {
            Item::Piece(_) => false,
            Item::Group(group) => {
                self.is_block(group) || group.inner.iter().any(|inner| self.holds_block(inner))
            }
        }
    }

    /// Items on one line.
    fn flat(&mut self, items: &[Item]) {
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Piece(index) => self.piece(*index),
            Item::Group(group) => {
                self.piece(group.open);
                self.flat(&group.inner);
                self.piece(group.close);
            }
        }
    }
}
