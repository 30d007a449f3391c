//! `parse_user_agent`: what a user agent says of browser, operating system and device.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::ArrayRef;
use ua_parser::{Extractor, Regexes};

use crate::contract::{AgentLookup, AgentPart, Args, Fault, Kernel, Problem, Setup, UserAgents};
use crate::diagnostic::Code;
use crate::json::{self, BagWriter};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar, Volatility};
use crate::types::{Type, Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&PARSE_USER_AGENT];

static PARSE_USER_AGENT: Scalar = Scalar {
    signatures: &["parse_user_agent(user_agent: string, const look_for: string|dynamic) -> bag"],
    doc: Doc {
        summary: "Tells browser, operating system and device of a user agent.",
        details: "What to look for is 'browser', 'os' or 'device', or an array of them. The bag has `Browser` \
                  (Family, MajorVersion, MinorVersion, Patch), `OperatingSystem` (with PatchMinor too) and `Device` (Family, \
                  Brand, Model); what is not known is \"\", a family `Other`. It needs the patterns of the uap-core project, \
                  as Kusto does: `--user-agents FILE`, or `regexes.yaml` in a `--data` folder; `--user-agents none` makes \
                  every result null. Other versions of the file know other agents.",
        examples: &[
            (
                "parse_user_agent('Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0', 'browser').Browser.Family",
                "Firefox",
            ),
            ("parse_user_agent('something', 'os').OperatingSystem.Family", "Other"),
        ],
    },
    eval: Eval::Prepared(parse_user_agent),
    volatility: Volatility::PerQuery,
    ..Scalar::DEFAULT
};

const PARTS: [(&str, &str, AgentPart); 3] = [
    ("browser", "Browser", AgentPart::Browser),
    ("os", "OperatingSystem", AgentPart::OperatingSystem),
    ("device", "Device", AgentPart::Device),
];

fn parse_user_agent(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let asked = asked(setup)?;
    match &setup.context.user_agents {
        UserAgents::Unavailable => Err(Problem::new(
            Code::NoUserAgents,
            "needs patterns of user agents, and none were given",
        )
        .help(
            "get regexes.yaml of the uap-core project and give it with `--user-agents FILE`, or put it into a `--data` \
             folder; `--user-agents none` makes every result null",
        )),
        UserAgents::Nulls => {
            let notes = setup.context.notes.clone();
            Ok(Box::new(move |args: &Args<'_>| {
                notes.add("parse_user_agent() is null in every row, as `--user-agents none` asks");
                Ok(arrays::nulls(Type::Dynamic, args.rows))
            }))
        }
        UserAgents::Patterns(patterns) => {
            let patterns = Arc::clone(patterns);
            Ok(Box::new(move |args: &Args<'_>| {
                patterns.open()?;
                describe(args, &asked, patterns.as_ref())
            }))
        }
    }
}

/// The parts that are looked for, each with its key.
fn asked(setup: &Setup<'_>) -> Result<Vec<(&'static str, AgentPart)>, Problem> {
    let bad = || {
        let message = "what to look for is 'browser', 'os', 'device' or an array of them";
        Problem::new(Code::ArgumentValue, message).at(1)
    };
    let words: Vec<String> = match setup.constant(1).ok_or_else(bad)? {
        Value::String(word) => vec![word.to_string()],
        Value::Dynamic(list) if json::kind(list) == json::Kind::Array => {
            json::elements(list).map(|word| json::display(word).into_owned()).collect()
        }
        Value::Dynamic(word) => vec![json::display(word).into_owned()],
        _ => return Err(bad()),
    };
    let known = |word: &String| PARTS.iter().any(|(name, ..)| name == word);
    if words.is_empty() || !words.iter().all(known) {
        return Err(bad());
    }
    let wanted = PARTS.iter().filter(|(name, ..)| words.iter().any(|w| w == name));
    Ok(wanted.map(|(_, key, part)| (*key, *part)).collect())
}

fn describe(
    args: &Args<'_>,
    asked: &[(&str, AgentPart)],
    patterns: &dyn AgentLookup,
) -> Result<ArrayRef, Fault> {
    let agents = args.column::<&str>(0)?;
    // Agents repeat, and thousands of patterns are tried.
    let mut known: HashMap<&str, String> = HashMap::new();
    args.build(|row| {
        let agent = <&str as Arg<'_>>::at(&agents, row)?;
        let bag = known.entry(agent).or_insert_with(|| {
            let mut bag = BagWriter::new();
            for (key, part) in asked {
                bag.entry_json(key, &patterns.describe(agent, *part));
            }
            bag.finish()
        });
        Some(Json(bag.clone()))
    })
}

/// Patterns in a file, read when they are first needed.
struct Patterns {
    path: PathBuf,
    extractor: OnceLock<Result<Extractor<'static>, String>>,
}

/// The patterns in a file, such as `regexes.yaml` of the uap-core project.
///
/// # Errors
/// When there is no such file.
pub fn open(path: &Path) -> Result<impl AgentLookup + use<>, Fault> {
    if !path.is_file() {
        let message = format!("there is no file {} with patterns of user agents", path.display());
        return Err(Fault::data(message));
    }
    Ok(Patterns {
        path: path.to_path_buf(),
        extractor: OnceLock::new(),
    })
}

impl Patterns {
    fn extractor(&self) -> &Result<Extractor<'static>, String> {
        self.extractor.get_or_init(|| {
            let name = self.path.display();
            let text = fs::read_to_string(&self.path)
                .map_err(|error| format!("cannot read the patterns of user agents {name}: {error}"))?;
            let patterns: Regexes<'static> = serde_saphyr::from_str(&text).map_err(|error| {
                let error = error.to_string();
                let error = error.lines().next().unwrap_or_default();
                let error = error.trim_start_matches("error: ");
                format!("{name} holds no patterns of user agents: {error}")
            })?;
            Extractor::try_from(patterns)
                .map_err(|error| format!("a pattern of user agents in {name} cannot be read: {error}"))
        })
    }
}

impl AgentLookup for Patterns {
    fn open(&self) -> Result<(), Fault> {
        match self.extractor() {
            Ok(_) => Ok(()),
            Err(message) => Err(Fault::data(message.as_str())),
        }
    }

    fn describe(&self, agent: &str, part: AgentPart) -> String {
        let mut bag = BagWriter::new();
        let Ok(extractor) = self.extractor() else {
            return bag.finish();
        };
        let mut parts = |parts: &[(&str, Option<&str>)]| {
            for (key, text) in parts {
                bag.entry_str(key, text.unwrap_or_default());
            }
        };
        match part {
            AgentPart::Browser => {
                let found = extractor.ua.extract(agent);
                let found = found.as_ref();
                parts(&[
                    ("Family", Some(found.map_or(OTHER, |f| &*f.family))),
                    ("MajorVersion", found.and_then(|f| f.major)),
                    ("MinorVersion", found.and_then(|f| f.minor)),
                    ("Patch", found.and_then(|f| f.patch)),
                ]);
            }
            AgentPart::OperatingSystem => {
                let found = extractor.os.extract(agent);
                let found = found.as_ref();
                parts(&[
                    ("Family", Some(found.map_or(OTHER, |f| &*f.os))),
                    ("MajorVersion", found.and_then(|f| f.major.as_deref())),
                    ("MinorVersion", found.and_then(|f| f.minor.as_deref())),
                    ("Patch", found.and_then(|f| f.patch.as_deref())),
                    ("PatchMinor", found.and_then(|f| f.patch_minor.as_deref())),
                ]);
            }
            AgentPart::Device => {
                let found = extractor.dev.extract(agent);
                let found = found.as_ref();
                parts(&[
                    ("Family", Some(found.map_or(OTHER, |f| &*f.device))),
                    ("Brand", found.and_then(|f| f.brand.as_deref())),
                    ("Model", found.and_then(|f| f.model.as_deref())),
                ]);
            }
        }
        bag.finish()
    }
}

/// The family of what no pattern knows.
const OTHER: &str = "Other";
