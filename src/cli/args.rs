//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::catalog::Product;
use crate::cli::values;
use crate::load::{DateOrder, Zone};
use crate::output::Format;
use crate::session::Now;

/// What the help ends with: commands that run in a clone of the repository.
const EXAMPLES: &str = "\
Examples:
  kql run queries/internet-facing-port-scan.kql -d testdata --now latest
  kql run -e 'DeviceInfo | summarize count() by DeviceType' -d testdata --format csv
  kql convert testdata/DeviceNetworkEvents.json -o converted";

/// Runs Kusto Query Language (KQL) hunting queries, verbatim, on local tables.
///
/// Exit codes: 0 ok, 1 findings, 2 usage, 3 query wrong or not supported yet, 4 data or file, 5 limit hit,
/// 70 a bug of kql, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "kql", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Whether to use colours [default: auto]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    pub color: When,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "a doc comment would be printed by --help")]
pub enum When {
    Auto,
    Always,
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run queries on tables in files.
    Run(Box<Run>),
    /// Explore tables: queries as you type them (also what `kql` alone does on a terminal).
    Repl(Box<Repl>),
    /// Check queries without data.
    Check(Box<Check>),
    /// Lay queries out: one pipe per line, comments where they were.
    Fmt(Fmt),
    /// Show tables, their columns and the columns' types.
    Schema(Schema),
    /// Explain functions, aggregates and operators.
    Doc(Doc),
    /// Convert tables to typed, compressed Parquet (or Arrow), a folder per table.
    Convert(Convert),
    /// Show the plan of queries: as written, as it runs, and what is read.
    Explain(Explain),
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write manual pages.
    #[command(hide = true)]
    Man {
        /// The folder for them.
        folder: PathBuf,
    },
}

/// `kql convert`
#[derive(Debug, Args)]
pub struct Convert {
    /// Files, folders or globs of data, as for `run`
    #[arg(value_name = "DATA", required_unless_present = "tables")]
    pub data: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub named: Named,
    /// The folder for the tables; those that are there are replaced, each when its new file is whole
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// parquet or arrow [default: parquet]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// `kql explain`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("explained").required(true).multiple(true))]
pub struct Explain {
    /// Files with queries, as for `run`
    #[arg(value_name = "FILE", group = "explained")]
    pub files: Vec<PathBuf>,
    /// A query
    #[arg(
        short = 'e',
        long = "execute",
        value_name = "QUERY",
        group = "explained"
    )]
    pub queries: Vec<String>,
    /// Where tables are; without any, they are those that are published
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub stored: Stored,
    /// The instant of now(), as for `run`
    #[arg(long, value_name = "TIME", value_parser = values::now)]
    pub now: Option<Now>,
}

/// `kql run`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub struct Run {
    /// Files with queries: KQL (.kql .csl .kusto .txt), Markdown (each fenced query, also of
    /// rules in YAML), YAML rules (`query:` or `ParserQuery:`), JSON templates and exports; `-` is standard input
    #[arg(value_name = "FILE", group = "what")]
    pub files: Vec<PathBuf>,
    /// A query
    #[arg(short = 'e', long = "execute", value_name = "QUERY", group = "what")]
    pub queries: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub given: Given,
    /// How to write results [default: by the ending of --output, else table]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write results to a file; several go to FILE, FILE-2, … or, if it is a folder, into files there
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Rows of a table shown at most; 0 is all [default: 50 on a terminal, else all]
    #[arg(long, value_name = "N")]
    pub max_rows: Option<usize>,
    /// Say how long each step took
    #[arg(long)]
    pub timings: bool,
}

/// What a session is given: tables, an instant, values and limits.
#[derive(Debug, Args)]
pub struct Given {
    /// Where tables are: a file, a folder or a glob; `T.json` is table `T`
    #[command(flatten)]
    pub data: Data,
    /// The instant of now(): a datetime, or `latest` for the latest row of the tables read
    #[arg(long, value_name = "TIME", value_parser = values::now)]
    pub now: Option<Now>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub stored: Stored,
    /// A value for `declare query_parameters`
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = values::pair)]
    pub parameters: Vec<(String, String)>,
    /// The file that stands for an address which `externaldata` names
    #[arg(long = "map-url", value_name = "URL=FILE", value_parser = values::url_file)]
    pub urls: Vec<(String, PathBuf)>,
    /// A MaxMind City database, or `none` to have nulls instead [default: a *.mmdb in a data folder, else
    /// GeoLite2-City.mmdb where the system keeps it]
    #[arg(long, value_name = "FILE")]
    pub geoip: Option<PathBuf>,
    /// Patterns of user agents (uap-core's regexes.yaml), or `none` to have nulls instead [default: regexes.yaml
    /// in a data folder]
    #[arg(long, value_name = "FILE")]
    pub user_agents: Option<PathBuf>,
    /// Memory for rows that operators keep, such as 512MB or 4GB [default: half of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_memory: Option<usize>,
    /// Time a query may take, such as 30s or 5m [default: no limit]
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub timeout: Option<std::time::Duration>,
    /// Worker threads [default: RAYON_NUM_THREADS, else one per core]
    #[arg(long, value_name = "N", value_parser = values::threads)]
    pub threads: Option<usize>,
}

/// What a workspace keeps beside its tables.
#[derive(Debug, Args)]
pub struct Stored {
    /// Functions that queries call: files or folders of `.kql` (`let` statements, `.create function` commands, or a query,
    /// which is the body of a function called like its file) and of parsers in YAML
    #[arg(long, value_name = "DIR")]
    pub functions: Vec<PathBuf>,
    /// The file of a watchlist; COLUMN is its SearchKey, else the first [default: those in the folder `watchlists` of a
    /// data folder]
    #[arg(long = "watchlist", value_name = "ALIAS[:COLUMN]=FILE", value_parser = values::watchlist)]
    pub watchlists: Vec<values::Watchlist>,
}

/// `kql repl`
#[derive(Debug, Args)]
pub struct Repl {
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub given: Given,
    /// Rows of a table shown at most; 0 is all [default: 50, or with a pager 10000]
    #[arg(long, value_name = "N")]
    pub max_rows: Option<usize>,
    /// Neither read nor write the history of earlier sessions
    #[arg(long)]
    pub no_history: bool,
}

/// Where tables are.
#[derive(Debug, Args)]
pub struct Data {
    /// A file, a folder or a glob of data: JSON, NDJSON, CSV, TSV, Parquet, Arrow, xlsx, also compressed. The file
    /// `T.json` is table `T`, as is a folder `T` of such files
    #[arg(short, long = "data", value_name = "DATA")]
    pub data: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub named: Named,
}

/// Tables named on the command line, and how strictly data is read.
#[derive(Debug, Args)]
pub struct Named {
    /// A table by name: `Name=FILE`, a folder or a glob whose files are one table
    #[arg(short, long = "table", value_name = "NAME=GLOB", value_parser = values::pair)]
    pub tables: Vec<(String, String)>,
    /// Tables and their columns, whose types hold for the data: a JSON file such as `kql schema DATA --write FILE` makes,
    /// or as Azure-Sentinel's CustomTables
    #[arg(long = "schema", value_name = "FILE")]
    pub schemas: Vec<PathBuf>,
    /// Fail on a broken row or on a cell that does not fit its column, instead of a warning
    #[arg(long)]
    pub strict_data: bool,
    /// Which of day and month comes first in dates of CSV exports that could be read either way [default: what the
    /// column's other dates show, else month]
    #[arg(long, value_name = "mdy|dmy", value_parser = values::date_order)]
    pub date_order: Option<DateOrder>,
    /// The time zone of CSV columns in `[Local Time]`, such as Europe/Berlin or +02:00
    #[arg(long, value_name = "ZONE", value_parser = values::zone)]
    pub tz: Option<Zone>,
}

/// `kql check`
#[derive(Debug, Args)]
pub struct Check {
    /// Files with queries, as for `run`, and folders of them
    #[arg(value_name = "FILE", required_unless_present_any = ["explain", "queries"])]
    pub files: Vec<PathBuf>,
    /// A query
    #[arg(short = 'e', long = "execute", value_name = "QUERY", conflicts_with_all = ["explain", "fix"])]
    pub queries: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub data: Data,
    /// Functions that queries call, as for `run`
    #[arg(long, value_name = "DIR")]
    pub functions: Vec<PathBuf>,
    /// Whose published tables there are [default: both]
    #[arg(long, value_name = "PRODUCT")]
    pub product: Option<Product>,
    /// How to write what is found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CheckFormat,
    /// Look at the syntax alone: no names, no types, no rules
    #[arg(long)]
    pub syntax_only: bool,
    /// Switch a rule off, or all `warnings`
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub allow: Vec<String>,
    /// Take what a rule finds for an error, or all `warnings`
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub deny: Vec<String>,
    /// Mend what can be mended without changing what a query answers
    #[arg(long, conflicts_with = "watch")]
    pub fix: bool,
    /// Leave out the findings of this file
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings to a file for --baseline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "watch"])]
    pub write_baseline: Option<PathBuf>,
    /// Also ask git which rules have changed since a commit without a higher version
    #[arg(long, value_name = "COMMIT")]
    pub since: Option<String>,
    /// Check again whenever a file changes: one with queries, or what the other options name
    #[arg(long)]
    pub watch: bool,
    /// Explain a code or a rule; `rules` lists the rules
    #[arg(long, value_name = "CODE", conflicts_with = "files")]
    pub explain: Option<String>,
}

impl ValueEnum for Product {
    fn value_variants<'a>() -> &'a [Product] {
        &[Product::Both, Product::Sentinel, Product::Defender]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Product::Both => "both",
            Product::Sentinel => "sentinel",
            Product::Defender => "defender",
        }))
    }
}

/// `kql fmt`
#[derive(Debug, Args)]
pub struct Fmt {
    /// Files with queries, as for `run`, and folders of them; queries in YAML, JSON and Markdown are laid out where they
    /// stand; without --check or --write the result is printed
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Show what would change, and fail if anything would
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
    /// Change the files
    #[arg(long)]
    pub write: bool,
}

/// How `check` writes what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "a doc comment would be printed by --help")]
pub enum CheckFormat {
    Text,
    Short,
    Json,
    Sarif,
    Github,
    Junit,
}

/// `kql schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Files, folders or globs of data
    #[arg(value_name = "DATA", required_unless_present_any = ["builtin", "tables"])]
    pub data: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "what is flattened is documented at its type")]
    pub named: Named,
    /// Show what is published of a table of Sentinel or Defender; without a name, list them
    #[arg(long, value_name = "TABLE", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["data", "tables"])]
    pub builtin: Option<String>,
    /// Whose published tables are listed [default: both]
    #[arg(long, value_name = "PRODUCT", requires = "builtin")]
    pub product: Option<Product>,
    /// Write the columns to a schema file for `kql check --schema`
    #[arg(long, value_name = "FILE", conflicts_with = "builtin")]
    pub write: Option<PathBuf>,
}

/// `kql doc`
#[derive(Debug, Args)]
pub struct Doc {
    /// A function, aggregate or operator, or how its name begins; without one, all are listed
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
