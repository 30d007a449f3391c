//! The notation of `grammar/kql.ebnf`, a recogniser of sentences and a maker of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kql::syntax::lexer::{Token, TokenKind};
use kql::types::Type;

/// A piece of a rule.
#[derive(Debug)]
pub enum Node {
    /// `a b`
    Sequence(Vec<Node>),
    /// `a | b`; the number tells it from all other choices
    Choice(usize, Vec<Node>),
    /// `a?`, `a*`, `a+`: at least, and whether more than one
    Repeat(usize, Box<Node>, bool, bool),
    /// `"where"`
    Text(String),
    /// `NAME`
    Token(String),
    /// `expression`
    Rule(String),
}

/// A grammar.
pub struct Grammar {
    /// The rules by name.
    pub rules: BTreeMap<String, Node>,
    /// The first rule.
    pub start: String,
    choices: usize,
}

impl Grammar {
    /// Reads the notation.
    pub fn read(text: &str) -> Grammar {
        let words = words(text);
        let mut grammar = Grammar {
            rules: BTreeMap::new(),
            start: words[0].clone(),
            choices: 0,
        };
        let starts: Vec<usize> = (1..words.len()).filter(|n| words[*n] == "::=").collect();
        for (n, start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).map_or(words.len(), |next| next - 1);
            let mut rest = &words[start + 1..end];
            let node = grammar.choice(&mut rest);
            assert!(rest.is_empty(), "{}: {rest:?}", words[start - 1]);
            let old = grammar.rules.insert(words[start - 1].clone(), node);
            assert!(old.is_none(), "{} is defined twice", words[start - 1]);
        }
        grammar
    }

    fn number(&mut self) -> usize {
        self.choices += 1;
        self.choices - 1
    }

    fn choice(&mut self, words: &mut &[String]) -> Node {
        let mut all = vec![self.sequence(words)];
        while words.first().is_some_and(|w| w == "|") {
            *words = &words[1..];
            all.push(self.sequence(words));
        }
        if all.len() == 1 {
            return all.remove(0);
        }
        Node::Choice(self.number(), all)
    }

    fn sequence(&mut self, words: &mut &[String]) -> Node {
        let mut all = Vec::new();
        while let Some(word) = words.first().filter(|w| *w != "|" && *w != ")") {
            *words = &words[1..];
            let mut node = if word == "(" {
                let inner = self.choice(words);
                assert_eq!(words[0], ")");
                *words = &words[1..];
                inner
            } else if let Some(text) = word.strip_prefix('"') {
                Node::Text(text.to_string())
            } else if word.chars().all(|c| c.is_uppercase() || c == '_') {
                Node::Token(word.clone())
            } else {
                Node::Rule(word.clone())
            };
            while let Some(sign) = words
                .first()
                .filter(|w| matches!(w.as_str(), "?" | "*" | "+"))
            {
                *words = &words[1..];
                node = Node::Repeat(self.number(), Box::new(node), sign == "+", sign != "?");
            }
            all.push(node);
        }
        if all.len() == 1 {
            return all.remove(0);
        }
        Node::Sequence(all)
    }

    /// The rules that a rule names.
    pub fn names(&self, rule: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.rules[rule].each(&mut |node| {
            if let Node::Rule(name) = node {
                found.insert(name.clone());
            }
        });
        found
    }
}

impl Node {
    fn each(&self, visit: &mut dyn FnMut(&Node)) {
        visit(self);
        match self {
            Node::Sequence(all) | Node::Choice(_, all) => all.iter().for_each(|n| n.each(visit)),
            Node::Repeat(_, inner, ..) => inner.each(visit),
            _ => {}
        }
    }
}

/// The words of the notation, comments left out; a text in quotes keeps its first quote.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = if rest.starts_with("/*") {
            rest.find("*/").unwrap() + 2
        } else if rest.starts_with("::=") {
            words.push("::=".to_string());
            3
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap();
            words.push(rest[..=end].to_string());
            end + 2
        } else {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            let end = end.max(1);
            words.push(rest[..end].to_string());
            end
        };
        rest = rest[end..].trim_start();
    }
    words
}

/// Tells whether tokens are a sentence: all ends of each rule at each place, remembered.
pub struct Recogniser<'a> {
    grammar: &'a Grammar,
    text: &'a str,
    tokens: &'a [Token],
    ends: HashMap<(&'a str, usize), BTreeSet<usize>>,
}

impl<'a> Recogniser<'a> {
    /// Whether the tokens, without the last one (the end), are a sentence.
    pub fn accepts(grammar: &'a Grammar, text: &'a str, tokens: &'a [Token]) -> bool {
        let mut recogniser = Recogniser {
            grammar,
            text,
            tokens,
            ends: HashMap::new(),
        };
        recogniser
            .rule(&grammar.start, 0)
            .contains(&(tokens.len() - 1))
    }

    fn rule(&mut self, name: &'a str, at: usize) -> BTreeSet<usize> {
        if let Some(ends) = self.ends.get(&(name, at)) {
            return ends.clone();
        }
        let grammar = self.grammar;
        let ends = self.node(&grammar.rules[name], at);
        self.ends.insert((name, at), ends.clone());
        ends
    }

    fn node(&mut self, node: &'a Node, at: usize) -> BTreeSet<usize> {
        match node {
            Node::Sequence(all) => {
                let mut places = BTreeSet::from([at]);
                for part in all {
                    places = places.iter().flat_map(|at| self.node(part, *at)).collect();
                    if places.is_empty() {
                        break;
                    }
                }
                places
            }
            Node::Choice(_, all) => all.iter().flat_map(|part| self.node(part, at)).collect(),
            Node::Repeat(_, inner, once, more) => {
                let mut new = self.node(inner, at);
                let mut all = new.clone();
                while *more && !new.is_empty() {
                    let next: BTreeSet<usize> =
                        new.iter().flat_map(|at| self.node(inner, *at)).collect();
                    new = next.difference(&all).copied().collect();
                    all.extend(&new);
                }
                if !once {
                    all.insert(at);
                }
                all
            }
            Node::Text(text) => self.keyword(text, at).into_iter().collect(),
            Node::Token(class) => self.class(class, at).into_iter().collect(),
            Node::Rule(name) => self.rule(name, at),
        }
    }

    fn word(&self, at: usize) -> &'a str {
        &self.text[self.tokens[at.min(self.tokens.len() - 1)].span.range()]
    }

    fn kind(&self, at: usize) -> &'a TokenKind {
        &self.tokens[at.min(self.tokens.len() - 1)].kind
    }

    fn is_word(&self, at: usize) -> bool {
        *self.kind(at) == TokenKind::Word
    }

    /// Whether no space stands before a token.
    fn touches(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.trivia.is_empty())
    }

    fn keyword(&self, text: &str, at: usize) -> Option<usize> {
        if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            // `-->` is three symbols without spaces between them.
            let (mut end, mut rest) = (at, text);
            while !rest.is_empty() {
                let joined = end == at || self.touches(end);
                if !(joined && matches!(self.kind(end), TokenKind::Symbol(_))) {
                    return None;
                }
                rest = rest.strip_prefix(self.word(end))?;
                end += 1;
            }
            return Some(end);
        }
        let mut end = at;
        for (n, part) in text.split('-').enumerate() {
            if n > 0 {
                let joined = self.word(end) == "-" && self.touches(end) && self.touches(end + 1);
                if !joined {
                    return None;
                }
                end += 1;
            }
            // `in~` is a symbol, all other words are words.
            if self.word(end) != part {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    fn class(&self, class: &str, at: usize) -> Option<usize> {
        match class {
            "NAME" => self.is_word(at).then_some(at + 1),
            "WORD" => self.is_operand(at).then_some(at + 1),
            "PARAMETER" => self.parameter(at),
            "HINT" => self
                .parameter(at)
                .filter(|end| *end > at + 1 && self.word(at) == "hint"),
            "WILDCARD" => self.wildcard(at),
            "STRING" => matches!(self.kind(at), TokenKind::String(_)).then_some(at + 1),
            "LITERAL" => matches!(self.kind(at), TokenKind::Literal(_)).then_some(at + 1),
            "NUMBER" => match self.kind(at) {
                TokenKind::Literal(Some(value)) => {
                    matches!(value.ty(), Type::Long | Type::Real | Type::Timespan).then_some(at + 1)
                }
                TokenKind::Literal(None) => Some(at + 1),
                _ => None,
            },
            "NOW" => {
                matches!(self.kind(at), TokenKind::Now | TokenKind::Today(_)).then_some(at + 1)
            }
            "TRUTH" => ["true", "false", "True", "False", "TRUE", "FALSE"]
                .contains(&self.word(at))
                .then_some(at + 1),
            other => panic!("no token is called {other}"),
        }
    }

    fn is_operand(&self, at: usize) -> bool {
        let word = self.word(at);
        let before_bracket = self.word(at + 1) == "(";
        let operator = || {
            ["list_operator", "string_operator"].iter().any(|rule| {
                let mut found = false;
                self.grammar.rules[*rule].each(&mut |node| {
                    found |= matches!(node, Node::Text(text) if text == word && text != "regex");
                });
                found
            })
        };
        self.is_word(at)
            && match word {
                "and" | "or" | "by" | "between" | "as" | "asc" | "desc" | "invoke" | "of"
                | "others" | "project" | "set" | "to" | "toscalar" | "where" => before_bracket,
                "typeof" | "evaluate" => !before_bracket,
                "print" | "union" | "find" | "search" | "datatable" | "externaldata"
                | "external_data" => false,
                _ => before_bracket || !operator(),
            }
    }

    fn parameter(&self, at: usize) -> Option<usize> {
        if !self.is_word(at) {
            return None;
        }
        let mut end = at + 1;
        while self.word(end) == "."
            && self.touches(end)
            && self.touches(end + 1)
            && self.is_word(end + 1)
        {
            end += 2;
        }
        Some(end)
    }

    fn wildcard(&self, at: usize) -> Option<usize> {
        let mut end = at;
        let mut stars = 0;
        while end < self.tokens.len() - 1 && (end == at || self.touches(end)) {
            let word = self.word(end);
            if word == "*" {
                stars += 1;
            } else if !(self.is_word(end)
                || end > at && word.chars().all(|c| c.is_ascii_alphanumeric()))
            {
                break;
            }
            end += 1;
        }
        (stars > 0).then_some(end)
    }
}

/// Makes sentences that use every choice of a grammar.
pub struct Maker<'a> {
    grammar: &'a Grammar,
    heights: HashMap<&'a str, usize>,
    distances: HashMap<&'a str, usize>,
    used: HashMap<(usize, usize), usize>,
    /// Whether the way to a choice that was not used is being taken.
    hunting: bool,
    /// How many more rules that way may take: an earlier part may have used what is hunted.
    trail: usize,
    seed: u64,
}

impl<'a> Maker<'a> {
    /// With a seed of its own.
    pub fn new(grammar: &'a Grammar, seed: u64) -> Maker<'a> {
        let mut maker = Maker {
            grammar,
            heights: HashMap::new(),
            distances: HashMap::new(),
            used: HashMap::new(),
            hunting: false,
            trail: 0,
            seed,
        };
        // The least depth of each rule, from below.
        for _ in 0..grammar.rules.len() {
            for (name, node) in &grammar.rules {
                if let Some(height) = maker.height(node) {
                    maker.heights.insert(name, height + 1);
                }
            }
        }
        maker
    }

    fn height(&self, node: &Node) -> Option<usize> {
        match node {
            Node::Sequence(all) => all
                .iter()
                .map(|n| self.height(n))
                .try_fold(0, |a, b| Some(a.max(b?))),
            Node::Choice(_, all) => all.iter().filter_map(|n| self.height(n)).min(),
            Node::Repeat(_, inner, once, _) if *once => self.height(inner),
            Node::Repeat(..) => Some(0),
            Node::Rule(name) => self.heights.get(name.as_str()).copied(),
            _ => Some(0),
        }
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.seed >> 33) as usize) % n
    }

    /// A sentence that uses, if there is one, a choice that none has used before.
    pub fn sentence(&mut self) -> String {
        self.measure();
        let mut out = String::new();
        // Most of the grammar is operators: now and then start there.
        let start = if self.below(4) == 0 {
            out.push_str("T | ");
            "operator"
        } else {
            self.grammar.start.as_str()
        };
        self.hunting = true;
        self.trail = 60;
        let depth = self.below(36);
        self.make(&self.grammar.rules[start], depth, &mut out);
        out
    }

    /// How far each rule is from a choice that was not used.
    fn measure(&mut self) {
        self.distances.clear();
        loop {
            let found: Vec<(&'a str, usize)> = self
                .grammar
                .rules
                .iter()
                .filter_map(|(name, node)| Some((name.as_str(), self.distance(node)? + 1)))
                .filter(|(name, new)| self.distances.get(name).is_none_or(|old| new < old))
                .collect();
            if found.is_empty() {
                return;
            }
            self.distances.extend(found);
        }
    }

    fn is_unused(&self, id: usize, choice: usize) -> bool {
        !self.used.contains_key(&(id, choice))
    }

    /// How far a node is from a choice that was not used.
    fn distance(&self, node: &Node) -> Option<usize> {
        match node {
            Node::Sequence(all) => all.iter().filter_map(|n| self.distance(n)).min(),
            Node::Choice(id, all) => {
                let each = all.iter().enumerate();
                each.filter_map(|(n, node)| self.distance_of_choice(*id, n, node))
                    .min()
            }
            Node::Repeat(id, inner, ..) => {
                if self.is_unused(*id, 0) || self.is_unused(*id, 1) {
                    return Some(0);
                }
                self.distance(inner)
            }
            Node::Rule(name) => self.distances.get(name.as_str()).copied(),
            _ => None,
        }
    }

    fn distance_of_choice(&self, id: usize, n: usize, node: &Node) -> Option<usize> {
        if self.is_unused(id, n) {
            return Some(0);
        }
        self.distance(node)
    }

    /// The choices that no sentence has used.
    pub fn unused(&self) -> Vec<String> {
        let mut unused = Vec::new();
        for (name, node) in &self.grammar.rules {
            node.each(&mut |node| {
                let (id, count) = match node {
                    Node::Choice(id, all) => (*id, all.len()),
                    Node::Repeat(id, ..) => (*id, 2),
                    _ => return,
                };
                for n in 0..count {
                    if !self.used.contains_key(&(id, n)) {
                        unused.push(format!("{name}: alternative {n} of {node:?}"));
                    }
                }
            });
        }
        unused
    }

    fn make(&mut self, node: &'a Node, depth: usize, out: &mut String) {
        // A long sentence comes to its end.
        let depth = if out.len() > 400 { 0 } else { depth };
        match node {
            Node::Sequence(all) => {
                let hunting = std::mem::take(&mut self.hunting);
                let each = all.iter().enumerate();
                let nearest = each
                    .filter_map(|(n, node)| Some((self.distance(node)?, n)))
                    .min()
                    .map(|(_, n)| n);
                for (n, node) in all.iter().enumerate() {
                    self.hunting = hunting && Some(n) == nearest;
                    self.make(node, depth, out);
                }
                self.hunting = false;
            }
            Node::Choice(id, all) => {
                let chosen = self.choose(*id, all, depth);
                self.hunting &= !self.is_unused(*id, chosen);
                *self.used.entry((*id, chosen)).or_default() += 1;
                self.make(&all[chosen], depth, out);
            }
            Node::Repeat(id, inner, once, more) => {
                if *once {
                    let hunting = self.hunting;
                    self.hunting = false;
                    self.make(inner, depth, out);
                    self.hunting = hunting;
                }
                self.repeat(*id, inner, *more, depth, out);
            }
            Node::Text(text) => {
                out.push_str(text);
                out.push(' ');
            }
            Node::Token(class) => {
                let samples: &[&str] = match class.as_str() {
                    "NAME" | "WORD" => &["a", "b_1", "T", "$left", "5h_x"],
                    "PARAMETER" => &["p", "hint.q", "isfuzzy"],
                    "HINT" => &["hint.q", "hint.strategy"],
                    "WILDCARD" => &["*", "w*", "*_x", "a*b*"],
                    "STRING" => &["'s'", "\"t\\n\"", "@'\\u'", "h'v'", "```w```"],
                    "TRUTH" => &["true", "False"],
                    "NOW" => &["datetime()"],
                    "NUMBER" => &["1", "2.5", "1e3", "3d"],
                    "LITERAL" => &[
                        "1",
                        "0x1F",
                        "2.5",
                        "1e3",
                        "3d",
                        "true",
                        "datetime(2020-01-01)",
                        "time(1.02:03:04)",
                        "int(null)",
                        "real(nan)",
                        "dynamic([1, {'a': 'b'}])",
                        "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
                        "decimal(1.5)",
                    ],
                    other => panic!("no token is called {other}"),
                };
                out.push_str(samples[self.below(samples.len())]);
                out.push(' ');
            }
            Node::Rule(name) => {
                let node = &self.grammar.rules[name];
                self.trail = self.trail.saturating_sub(1);
                self.hunting &= self.trail > 0;
                self.make(node, depth.saturating_sub(1), out);
            }
        }
    }

    /// The choice nearest to one that was not used, or one that fits into the depth.
    fn choose(&mut self, id: usize, all: &'a [Node], depth: usize) -> usize {
        let each = all.iter().enumerate();
        let nearest = each
            .filter_map(|(n, node)| Some((self.distance_of_choice(id, n, node)?, n)))
            .min();
        if let Some((_, n)) = nearest.filter(|_| self.hunting) {
            return n;
        }
        let heights: Vec<usize> = all
            .iter()
            .map(|n| self.height(n).unwrap_or(usize::MAX))
            .collect();
        let most = heights.iter().copied().min().unwrap_or(0).max(depth);
        let fits: Vec<usize> = (0..all.len()).filter(|n| heights[*n] <= most).collect();
        fits[self.below(fits.len())]
    }

    /// The repetitions after the first one that must be.
    fn repeat(&mut self, id: usize, inner: &'a Node, more: bool, depth: usize, out: &mut String) {
        for _ in 0..3 {
            let go_on = if self.hunting {
                self.is_unused(id, 1) || !self.is_unused(id, 0) && self.distance(inner).is_some()
            } else {
                self.height(inner).is_some_and(|height| height < depth) && self.below(4) == 0
            };
            self.hunting &= !self.is_unused(id, usize::from(go_on));
            *self.used.entry((id, usize::from(go_on))).or_default() += 1;
            if !go_on {
                return;
            }
            self.make(inner, depth, out);
            if !more {
                return;
            }
        }
    }
}
