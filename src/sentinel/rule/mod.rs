//! Rule files: what Sentinel, and its repository's validations, ask of them beside the query.

mod connectors;
mod deployed;
mod details;
mod detection;
mod entities;
mod fields;
mod incidents;
mod switches;

use super::tree::Node;
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::source::{Source, Span};
use crate::types::{Schema, Type};

/// A rule about rule files.
pub struct Rule {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// What it finds, as one sentence.
    pub summary: &'static str,
    /// Why, and what is allowed.
    pub why: &'static str,
}

static MISSING_FIELD: Rule = Rule {
    name: "rule-missing-field",
    summary: "A field that a rule, hunt or parser needs is missing or empty.",
    why: "An analytic rule needs id, name, description, severity, kind and query, and with kind Scheduled also \
          queryFrequency, queryPeriod, triggerOperator and triggerThreshold. A hunting query needs id, name, \
          description and query. Both say which connectors they need, an analytic rule also its version. A parser needs \
          its name, its query, and what it normalises. A rule as it is deployed has a displayName instead of a name, and \
          needs no id. A custom detection of Defender needs a displayName, a schedule, and the title and severity of its \
          alerts.",
};

pub(super) static NO_YAML: Rule = Rule {
    name: "rule-yaml",
    summary: "The file cannot be read as YAML.",
    why: "Nothing of it is checked, and nothing of it can be deployed.",
};

pub(super) static NO_JSON: Rule = Rule {
    name: "rule-json",
    summary: "The file cannot be read as JSON.",
    why: "Nothing of it is checked, and nothing of it can be deployed.",
};

pub(super) static NO_QUERY: Rule = Rule {
    name: "no-query-found",
    summary: "There is no query in a file that was named.",
    why: "Of YAML the `query:` of a rule and the `ParserQuery:` of a parser are checked, of JSON the queries of rules \
          and saved searches in templates and exports, of Markdown what is fenced as kusto or kql. Files found in folders \
          are passed over without a word.",
};

pub(super) static BAD_VALUE: Rule = Rule {
    name: "rule-bad-value",
    summary: "A field of a rule has a value that it cannot have.",
    why: "The id is a GUID; the severity Informational, Low, Medium or High; the kind Scheduled or NRT; the \
          triggerOperator gt, lt, eq or ne; the triggerThreshold a whole number from 0 to 10000; the version three \
          numbers, as in 1.0.0; the query has at most 10000 characters. A rule as it is deployed writes GreaterThan and \
          the like; a custom detection of Defender has a severity in lower case.",
};

static SCHEDULE: Rule = Rule {
    name: "rule-schedule",
    summary: "The times of a rule do not fit.",
    why: "queryFrequency and queryPeriod are written as 5m, 1h, 14d or PT5M, PT1H, P14D, and lie between 5 minutes \
          and 14 days. A period shorter than the frequency leaves gaps that no run looks at. A period of 2 days or more \
          needs a frequency of at least an hour. A rule of kind NRT has neither. In a deployment template both are \
          ISO 8601: PT5M, P1D. A custom detection of Defender has a frequency such as PT1H, or a period of 0, 1H, 3H, 12H \
          or 24H.",
};

static TACTICS: Rule = Rule {
    name: "rule-tactics",
    summary: "Tactics and techniques are unknown, or do not belong together.",
    why: "Tactics are written as ATT&CK's names without spaces. Each technique belongs to one of the tactics listed. \
          The list of techniques is of late 2022: one that it does not know is let pass.",
};

static ENTITIES: Rule = Rule {
    name: "rule-entities",
    summary: "Entity mappings have a type or an identifier that there is not, or lack one that is needed.",
    why: "A rule has at most 10 mappings, each with 1 to 3 identifiers of its entity type, each once, and enough of \
          them to tell an entity: an Account by its FullName, Name, Sid …, a FileHash by Algorithm and Value.",
};

static COLUMNS: Rule = Rule {
    name: "rule-columns",
    summary: "A column that a rule speaks of is not in the query's output.",
    why: "Entity mappings, customDetails and the placeholders of alertDetailsOverride take columns of the query's \
          result. Of a column that is not there Sentinel makes nothing: alerts come without their entity.",
};

static COLUMNS_UNKNOWN: Rule = Rule {
    name: "rule-columns-unknown",
    summary: "Whether the columns that a rule speaks of are in the query's output cannot be told.",
    why: "The query reads a table whose columns are not known, or makes columns of what its rows hold. --schema FILE \
          or -d DATA tells of a table's columns; a schema after bag_unpack or pivot tells of theirs.",
};

/// Whose rule has it is found by who sees all files.
pub static DUPLICATE_ID: Rule = Rule {
    name: "rule-duplicate-id",
    summary: "Two rules have the same id.",
    why: "A rule is deployed under its id, so that the second replaces the first. A copy needs an id of its own.",
};

/// What was before is known by who can ask for it.
pub static VERSION: Rule = Rule {
    name: "rule-version",
    summary: "A rule has changed since a commit, and its version has not risen.",
    why: "Whoever has deployed the rule is told of a new version by its number alone. It is looked at with --since COMMIT, \
          for files that git knows there.",
};

static CONNECTOR: Rule = Rule {
    name: "rule-connector",
    summary: "A data connector's id is nearly, but not, one that there is.",
    why: "Sentinel tells by requiredDataConnectors whether a workspace has what the rule needs. There are more \
          connectors every month: an id that is not known, and near to none that is, is let pass.",
};

static INCIDENTS: Rule = Rule {
    name: "rule-incidents",
    summary: "How alerts become incidents is not said as Sentinel takes it.",
    why: "matchingMethod is AllEntities, AnyAlert or Selected; with Selected something must be selected: entity types \
          that are mapped, customDetails that there are, or DisplayName and Severity. lookbackDuration and \
          suppressionDuration are durations such as 5h or PT5H.",
};

static DETAILS: Rule = Rule {
    name: "rule-details",
    summary: "Custom details or the details of alerts are more or longer than Sentinel takes.",
    why: "customDetails has at most 20 entries, each name a letter and up to 19 letters, digits or underscores. \
          alertDisplayNameFormat has at most 256 characters, alertDescriptionFormat 5000, and each at most three \
          {{Column}} placeholders.",
};

static UNKNOWN_FIELD: Rule = Rule {
    name: "rule-unknown-field",
    summary: "A field's name is nearly, but not, one that rules have.",
    why: "A field whose name is misspelt is not read.",
};

static OLD_ENTITY: Rule = Rule {
    name: "rule-old-entity",
    summary: "The query makes a column such as AccountCustomEntity that no mapping uses.",
    why: "Such columns once became entities by their names alone. Today only entityMappings makes entities.",
};

/// All rules about rule files.
pub static RULES: &[&Rule] = &[
    &NO_QUERY,
    &BAD_VALUE,
    &COLUMNS,
    &COLUMNS_UNKNOWN,
    &CONNECTOR,
    &DETAILS,
    &DUPLICATE_ID,
    &ENTITIES,
    &INCIDENTS,
    &MISSING_FIELD,
    &OLD_ENTITY,
    &SCHEDULE,
    &TACTICS,
    &UNKNOWN_FIELD,
    &VERSION,
    &NO_JSON,
    &NO_YAML,
];

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}

/// What kind of thing a document is, and for whom it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A rule or a hunting query as Azure-Sentinel's repository has them.
    Template,
    /// A parser of that repository.
    Parser,
    /// A rule as it is deployed or exported.
    Deployed(deployed::By),
    /// A custom detection of Defender.
    Detection,
}

pub(super) use deployed::{By, is_rule as is_deployed};

impl Form {
    /// The form of a document of YAML, if it is a rule.
    pub(super) fn of(document: &Node) -> Option<Form> {
        let has = |key: &str| document.filled(key).is_some();
        if has("ParserQuery") {
            Some(Form::Parser)
        } else if has("query") && !has("displayName") {
            Some(Form::Template)
        } else if document.get("queryCondition").is_some() {
            Some(Form::Detection)
        } else if deployed::is_rule(document) {
            Some(Form::Deployed(By::Tool))
        } else {
            None
        }
    }
}

/// A document of a rule file.
pub struct RuleFile {
    document: Node,
    form: Form,
    /// For a value of several lines: where its first ends.
    text: std::sync::Arc<str>,
}

impl RuleFile {
    pub(super) fn new(document: Node, form: Form, whole: &Source) -> RuleFile {
        let document = match form {
            Form::Deployed(_) => deployed::unified(document),
            Form::Detection => document.without_computed(),
            Form::Template | Form::Parser => document,
        };
        RuleFile {
            document,
            form,
            text: whole.shared(),
        }
    }

    /// What tells it from others, if it says so.
    pub fn identity(&self) -> Option<Identity> {
        let id = self.document.filled("id")?;
        // What was exported has the path of its resource there.
        if self.form != Form::Template && !id.text().is_some_and(fields::is_guid) {
            return None;
        }
        let version = self.document.filled("version");
        Some(Identity {
            id: id.text()?.to_string(),
            at: id.span,
            version: version.and_then(|node| Some((node.text()?.to_string(), node.span))),
        })
    }
}

/// Which rule it is, and in which version; with places in the file.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its id.
    pub id: String,
    /// Where that stands.
    pub at: Span,
    /// Its version, and where that stands.
    pub version: Option<(String, Span)>,
}

/// What a rule's query yields.
#[derive(Clone, Copy)]
pub enum Output<'a> {
    /// It has mistakes, or is not there.
    Unknown,
    /// Columns that depend on its data.
    Open,
    /// These columns.
    Columns(&'a Schema),
}

impl Output<'_> {
    /// What yields this schema.
    pub fn of(schema: &Schema) -> Output<'_> {
        match schema.open {
            true => Output::Open,
            false => Output::Columns(schema),
        }
    }
}

/// Whether a document without a query is a rule that should have one: some kinds of rule have none.
pub(super) fn wants_query(document: &Node) -> bool {
    let has = |key: &str| document.get(key).is_some();
    let kind = document.get("kind").and_then(Node::text);
    has("id")
        && has("name")
        && kind.is_none_or(|kind| matches!(kind, "Scheduled" | "NRT"))
        && [
            "queryFrequency",
            "entityMappings",
            "relevantTechniques",
            "requiredDataConnectors",
        ]
        .into_iter()
        .any(has)
}

/// The type that a parser's parameter is declared with.
pub(super) fn parameter_type(name: &str) -> Option<Type> {
    Type::from_name(name.trim().to_ascii_lowercase().as_str())
}

/// What is to be said of a rule file; spans are those of the file. `output` is what its query yields.
pub fn check(file: &RuleFile, output: Output<'_>) -> Vec<Diagnostic> {
    let mut checks = Checks {
        file,
        output,
        unchecked: None,
        missing: Vec::new(),
        found: Vec::new(),
    };
    match file.form {
        Form::Parser => checks.parser(),
        Form::Detection => checks.detection(),
        Form::Template | Form::Deployed(_) => {
            match file.form {
                Form::Deployed(by) => checks.deployed(by),
                _ => checks.fields(),
            }
            checks.entities();
            checks.details();
            checks.incidents();
        }
    }
    checks.unchecked();
    checks.missing();
    switches::disable(&file.text, &mut checks.found);
    checks.found
}

/// A rule file under check.
struct Checks<'a> {
    file: &'a RuleFile,
    output: Output<'a>,
    /// The first column that was not looked for, since columns are not known.
    unchecked: Option<(Span, String)>,
    /// Fields that are missing.
    missing: Vec<(Severity, &'static str)>,
    found: Vec<Diagnostic>,
}

impl<'a> Checks<'a> {
    fn document(&self) -> &'a Node {
        &self.file.document
    }

    /// The place of a value, or of its first line.
    fn span(&self, node: &Node) -> Span {
        let range = node.span.range();
        let text = self.file.text.get(range.clone()).unwrap_or_default();
        let line = text
            .split(['\n', '\r'])
            .next()
            .unwrap_or_default()
            .trim_end();
        Span::new(range.start, range.start + line.len())
    }

    fn error(
        &mut self,
        rule: &'static Rule,
        node: &Node,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let span = self.span(node);
        self.at(rule, Severity::Error, span, message)
    }

    fn warning(
        &mut self,
        rule: &'static Rule,
        node: &Node,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let span = self.span(node);
        self.at(rule, Severity::Warning, span, message)
    }

    fn at(
        &mut self,
        rule: &'static Rule,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let mut diagnostic = Diagnostic::of_rule(rule.name, span, message);
        diagnostic.severity = severity;
        self.found.push(diagnostic);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Says that columns were not looked for.
    fn unchecked(&mut self) {
        if let Some((span, name)) = self.unchecked.take() {
            let message = format!(
                "the query's columns depend on its data; whether `{name}` is one cannot be told"
            );
            self.at(&COLUMNS_UNKNOWN, Severity::Info, span, message);
        }
    }

    /// The text of a field; said if it is something else.
    fn text_of(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        let text = node.text();
        if text.is_none() {
            let message = format!("`{what}` must be a text, not {}", node.kind());
            self.error(&BAD_VALUE, node, message);
        }
        text
    }

    /// The items of a list; said if it is something else.
    fn items_of(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        match node.items() {
            Some(items) => items,
            None => {
                let message = format!("`{what}` must be a list, not {}", node.kind());
                self.error(&BAD_VALUE, node, message);
                &[]
            }
        }
    }

    /// Says if a column is not among the query's.
    fn column(&mut self, span: Span, name: &str) {
        let output = match self.output {
            Output::Columns(schema) => schema,
            Output::Open => {
                self.unchecked
                    .get_or_insert_with(|| (span, name.to_string()));
                return;
            }
            Output::Unknown => return,
        };
        if output.index(name).is_some() {
            return;
        }
        let names = || output.columns.iter().map(|c| &*c.name);
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let names: Vec<&str> = names().take(12).collect();
                let more = if output.columns.len() > names.len() {
                    ", …"
                } else {
                    ""
                };
                format!("it has: {}{more}", names.join(", "))
            }
        };
        let message = format!("the query's output has no column `{name}`");
        self.at(&COLUMNS, Severity::Error, span, message).help = Some(help);
    }
}

/// Whether a text is a letter (or, if allowed, an underscore) followed by letters, digits and underscores.
fn is_identifier(text: &str, underscore: bool) -> bool {
    let mut chars = text.chars();
    let first = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || underscore && c == '_');
    first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
