//! XML as JSON: what `parse_xml` gives.

use crate::json::{ArrayWriter, BagWriter, write_quoted};
use crate::text;

/// Longer texts are not read, as in Kusto.
const LONGEST: usize = 1 << 20;

/// Elements nested deeper are not read.
const DEEPEST: usize = 100;

/// The JSON text of a document; `None` if it is not well formed.
pub(super) fn to_json(xml: &str) -> Option<String> {
    if xml.len() > LONGEST {
        return None;
    }
    let mut reader = Reader { rest: xml };
    reader.skip_misc()?;
    let (name, value) = reader.element(DEEPEST)?;
    reader.skip_misc()?;
    if !reader.rest.is_empty() {
        return None;
    }
    let mut out = BagWriter::new();
    out.entry_json(name, &value);
    Some(out.finish())
}

/// A document, read from its start.
struct Reader<'a> {
    rest: &'a str,
}

/// The content of an element: keys in the order they appeared, each with its JSON values.
#[derive(Default)]
struct Content<'a> {
    attributes: Vec<(&'a str, String)>,
    children: Vec<(&'a str, Vec<String>)>,
    has_elements: bool,
}

const TEXT: &str = "#text";

impl<'a> Reader<'a> {
    fn skip(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// The text up to `token`, which is skipped.
    fn until(&mut self, token: &str) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(token)?;
        self.rest = after;
        Some(before)
    }

    /// Skips what may stand around the root: declarations, comments, space.
    fn skip_misc(&mut self) -> Option<()> {
        self.rest = self.rest.trim_start_matches('\u{feff}');
        loop {
            self.skip_space();
            if self.skip("<!--") {
                self.until("-->")?;
            } else if self.skip("<?") {
                self.until("?>")?;
            } else if self.skip("<!DOCTYPE") {
                let bracket = self.rest.find(['[', '>'])?;
                if self.rest[bracket..].starts_with('[') {
                    self.until("]")?;
                }
                self.until(">")?;
            } else {
                return Some(());
            }
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let stop = |c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=' | '<' | '"' | '\'');
        let end = self.rest.find(stop)?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    /// An element: its name and its JSON.
    fn element(&mut self, depth: usize) -> Option<(&'a str, String)> {
        let depth = depth.checked_sub(1)?;
        if !self.skip("<") {
            return None;
        }
        let name = self.name()?;
        let mut content = Content::default();
        loop {
            self.skip_space();
            if self.skip("/>") {
                return Some((name, content.to_json()));
            }
            if self.skip(">") {
                break;
            }
            let (key, value) = self.attribute()?;
            if content.attributes.iter().any(|(k, _)| *k == key) {
                return None;
            }
            content.attributes.push((key, value));
        }
        self.children(depth, &mut content)?;
        let closing = self.name()?;
        self.skip_space();
        (closing == name && self.skip(">")).then(|| (name, content.to_json()))
    }

    fn attribute(&mut self) -> Option<(&'a str, String)> {
        let key = self.name()?;
        self.skip_space();
        if !self.skip("=") {
            return None;
        }
        self.skip_space();
        let quote = if self.skip("\"") {
            "\""
        } else if self.skip("'") {
            "'"
        } else {
            return None;
        };
        let raw = self.until(quote)?;
        Some((key, unescape(raw).filter(|_| !raw.contains('<'))?))
    }

    /// What stands between an element's tags, the start of the closing one included.
    fn children(&mut self, depth: usize, content: &mut Content<'a>) -> Option<()> {
        let mut text = String::new();
        loop {
            let at = self.rest.find('<')?;
            let (raw, rest) = self.rest.split_at(at);
            text.push_str(&unescape(raw)?);
            self.rest = rest;
            if self.skip("<![CDATA[") {
                text.push_str(self.until("]]>")?);
            } else if self.skip("<!--") {
                self.until("-->")?;
            } else if self.skip("<?") {
                self.until("?>")?;
            } else {
                content.add_text(&std::mem::take(&mut text));
                if self.skip("</") {
                    return Some(());
                }
                let (name, value) = self.element(depth)?;
                content.has_elements = true;
                content.add(name, value);
            }
        }
    }
}

impl<'a> Content<'a> {
    fn add(&mut self, key: &'a str, json: String) {
        match self.children.iter_mut().find(|(k, _)| *k == key) {
            Some((_, values)) => values.push(json),
            None => self.children.push((key, vec![json])),
        }
    }

    fn add_text(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.add(TEXT, scalar(text));
        }
    }

    fn to_json(&self) -> String {
        if self.attributes.is_empty() && !self.has_elements {
            return match self.children.first() {
                Some((_, texts)) => array(texts),
                None => "null".to_owned(),
            };
        }
        let mut out = BagWriter::new();
        for (key, value) in &self.attributes {
            out.entry_str(&format!("@{key}"), value);
        }
        for (key, values) in &self.children {
            out.entry_json(key, &array(values));
        }
        out.finish()
    }
}

/// One value as itself, several as an array.
fn array(values: &[String]) -> String {
    match values {
        [one] => one.clone(),
        many => {
            let mut out = ArrayWriter::new();
            many.iter().for_each(|value| out.push_json(value));
            out.finish()
        }
    }
}

/// A text as a number if it reads the same afterwards, else as a string.
fn scalar(text: &str) -> String {
    let whole = text.parse::<i64>().is_ok_and(|v| v.to_string() == text);
    let real = || {
        let number = text.parse::<f64>().ok().filter(|v| v.is_finite());
        number.is_some_and(|v| text::real_text(v) == text)
    };
    if whole || real() {
        return text.to_owned();
    }
    let mut out = String::new();
    write_quoted(text, &mut out);
    out
}

/// Text with its references resolved; `None` if one is unknown.
fn unescape(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (reference, after) = after.split_once(';')?;
        out.push(match reference {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_become_bags() {
        for (xml, expected) in [
            ("<e/>", r#"{"e":null}"#),
            ("<e>text</e>", r#"{"e":"text"}"#),
            ("<e name=\"value\" />", r#"{"e":{"@name":"value"}}"#),
            (
                "<e> text <a>text</a> </e>",
                r##"{"e":{"#text":"text","a":"text"}}"##,
            ),
            (
                "<?xml version='1.0'?><!-- c --><n:e>1.5</n:e>\n",
                r#"{"n:e":1.5}"#,
            ),
            ("<e>007</e>", r#"{"e":"007"}"#),
            (
                "<e>12345678901234567890</e>",
                r#"{"e":"12345678901234567890"}"#,
            ),
            ("<e>a &lt;&#x41;<![CDATA[<b>]]></e>", r#"{"e":"a <A<b>"}"#),
            ("<!DOCTYPE e [<!ENTITY x 'y'>]><e>é</e>", r#"{"e":"é"}"#),
        ] {
            assert_eq!(to_json(xml).unwrap(), expected);
        }
        let deep = "<a>".repeat(5000);
        for bad in [
            "",
            "text",
            "<e>",
            "<e></f>",
            "<e a=1/>",
            "<e/><f/>",
            "<e>&x;</e>",
            "<e a='1' a='2'/>",
            &deep,
        ] {
            assert_eq!(to_json(bad), None, "{bad}");
        }
    }
}
