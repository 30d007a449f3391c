//! Taking URLs and paths apart.

use std::collections::BTreeMap;

use crate::json::{ArrayWriter, BagWriter};
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &PARSE_URL,
    &PARSEURL,
    &PARSE_URLQUERY,
    &PARSEURLQUERY,
    &PARSE_PATH,
];

const URL_DETAILS: &str = "A bag of strings: Scheme, Host, Port, Path, Username, Password, Query \
    Parameters (a bag, sorted; a key that repeats has an array) and Fragment. All are empty if there \
    is no scheme. Nothing is decoded, a path that is only `/` is empty, and parameters without a key or \
    value are left out.";

static PARSE_URL: Scalar = Scalar {
    signatures: &["parse_url(url: string) -> bag"],
    doc: Doc {
        summary: "Takes a URL apart.",
        details: URL_DETAILS,
        examples: &[
            ("parse_url('https://h.com:81/a/b?k=v#f').Path", "/a/b"),
            ("parse_url('https://u:p@h.com/').Username", "u"),
            ("parse_url('https://h.com/?b=1&a=2&b=3')['Query Parameters']", "{\"a\":\"2\",\"b\":[\"1\",\"3\"]}"),
            ("parse_url('h.com/a').Host", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(|url: &str| Json(parse_url(url)))),
    ..Scalar::DEFAULT
};

static PARSEURL: Scalar = Scalar {
    signatures: &["parseurl(url: string) -> bag"],
    doc: Doc {
        summary: "Takes a URL apart.",
        details: URL_DETAILS,
        examples: &[("parseurl('https://h.com').Host", "h.com")],
    },
    eval: PARSE_URL.eval,
    deprecated: Some("parse_url"),
    ..Scalar::DEFAULT
};

static PARSE_URLQUERY: Scalar = Scalar {
    signatures: &["parse_urlquery(query: string) -> bag"],
    doc: Doc {
        summary: "Takes the query part of a URL apart.",
        details: "A bag with one key, Query Parameters, as in `parse_url`.",
        examples: &[("parse_urlquery('k1=v1&k2=v2')", "{\"Query Parameters\":{\"k1\":\"v1\",\"k2\":\"v2\"}}")],
    },
    eval: Eval::Columns(|args| {
        args.map(|query: &str| {
            let mut out = BagWriter::new();
            let query = query.strip_prefix('?').unwrap_or(query);
            out.entry_json(PARAMETERS, &parameters(query));
            Json(out.finish())
        })
    }),
    ..Scalar::DEFAULT
};

static PARSEURLQUERY: Scalar = Scalar {
    signatures: &["parseurlquery(query: string) -> bag"],
    doc: Doc {
        summary: "Takes the query part of a URL apart.",
        details: "",
        examples: &[("parseurlquery('k1=v1')", "{\"Query Parameters\":{\"k1\":\"v1\"}}")],
    },
    eval: PARSE_URLQUERY.eval,
    deprecated: Some("parse_urlquery"),
    ..Scalar::DEFAULT
};

static PARSE_PATH: Scalar = Scalar {
    signatures: &["parse_path(path: string) -> bag"],
    doc: Doc {
        summary: "Takes the path of a file apart.",
        details: "A bag of strings: Scheme, RootPath (of a drive), DirectoryPath, DirectoryName, Filename, \
            Extension (without the dot) and AlternateDataStreamName. Both kinds of slashes separate.",
        examples: &[
            (r"parse_path(@'C:\temp\a.tar.gz').Filename", "a.tar.gz"),
            (r"parse_path(@'C:\temp\a.tar.gz').Extension", "gz"),
            (r"parse_path(@'C:\temp\a.txt').RootPath", r"C:\"),
            ("parse_path('/usr/lib/a').DirectoryName", "lib"),
            ("parse_path('file://C:/temp/a.txt:b.exe').AlternateDataStreamName", "b.exe"),
        ],
    },
    eval: Eval::Columns(|args| args.map(|path: &str| Json(parse_path(path)))),
    ..Scalar::DEFAULT
};

const PARAMETERS: &str = "Query Parameters";

/// The parts of a URL.
#[derive(Default)]
struct Url<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
    username: &'a str,
    password: &'a str,
    query: &'a str,
    fragment: &'a str,
}

fn parse_url(text: &str) -> String {
    let url = split_url(text).unwrap_or_default();
    let mut out = BagWriter::new();
    out.entry_str("Scheme", url.scheme);
    out.entry_str("Host", url.host);
    out.entry_str("Port", url.port);
    out.entry_str("Path", url.path);
    out.entry_str("Username", url.username);
    out.entry_str("Password", url.password);
    out.entry_json(PARAMETERS, &parameters(url.query));
    out.entry_str("Fragment", url.fragment);
    out.finish()
}

fn split_url(text: &str) -> Option<Url<'_>> {
    let (scheme, rest) = text.split_once("://")?;
    if !is_scheme(scheme) {
        return None;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let mut url = Url {
        scheme,
        query,
        fragment,
        path: if path == "/" { "" } else { path },
        ..Url::default()
    };
    let mut host = authority;
    if let Some((user, after)) = authority.rsplit_once('@')
        && let Some((username, password)) = user.split_once(':')
    {
        (url.username, url.password) = (username, password);
        host = after;
    }
    (url.host, url.port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    };
    Some(url)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// The bag of a query's parameters.
fn parameters(query: &str) -> String {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                values.entry(key).or_default().push(value);
            }
            _ => {}
        }
    }
    let mut out = BagWriter::new();
    for (key, values) in values {
        match values.as_slice() {
            [one] => out.entry_str(key, one),
            many => {
                let mut array = ArrayWriter::new();
                many.iter().for_each(|value| array.push_str(value));
                out.entry_json(key, &array.finish());
            }
        }
    }
    out.finish()
}

fn parse_path(path: &str) -> String {
    let (scheme, path) = match path.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", path),
    };
    let bytes = path.as_bytes();
    let drive = matches!(bytes, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let root = if drive { path.get(..3).unwrap_or("") } else { "" };
    let (directory, last) = match path.rfind(['\\', '/']) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    };
    let (name, stream) = last.split_once(':').unwrap_or((last, ""));
    let parent = directory.rsplit(['\\', '/']).next().unwrap_or("");
    let mut out = BagWriter::new();
    out.entry_str("Scheme", scheme);
    out.entry_str("RootPath", root);
    out.entry_str("DirectoryPath", directory);
    out.entry_str("DirectoryName", parent);
    out.entry_str("Filename", name);
    out.entry_str("Extension", name.rsplit_once('.').map_or("", |(_, e)| e));
    out.entry_str("AlternateDataStreamName", stream);
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_fall_into_their_parts() {
        assert_eq!(
            parse_url("scheme://user:pw@host:1234/this/is?k2=v2&k1=&k1=v1#frag"),
            r#"{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is","Username":"user","Password":"pw","Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"frag"}"#
        );
        assert!(parse_url("x://user@h/").contains(r#""Host":"user@h","Port":"","Path":"""#));
        assert!(parse_url("host/path").contains(r#""Host":"""#));
    }

    #[test]
    fn paths_fall_into_their_parts() {
        assert_eq!(
            parse_path("file://C:/temp/file.txt:some.exe"),
            r#"{"Scheme":"file","RootPath":"C:/","DirectoryPath":"C:/temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":"some.exe"}"#
        );
        assert_eq!(
            parse_path(r"\\shared\users\temp\file.txt.gz"),
            r#"{"Scheme":"","RootPath":"","DirectoryPath":"\\\\shared\\users\\temp","DirectoryName":"temp","Filename":"file.txt.gz","Extension":"gz","AlternateDataStreamName":""}"#
        );
    }
}
