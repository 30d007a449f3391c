//! Commands that show and change settings.

use std::path::PathBuf;

use crate::cli::console::Exit;
use crate::cli::target::Target;
use crate::cli::{run, values};
use crate::output::Format;
use crate::repl::commands::Outcome;
use crate::repl::shell::Shell;
use crate::session::Now;
use crate::temporal;
use crate::text;
use crate::types::Value;

fn done(exit: Exit) -> Outcome {
    Outcome::Done(exit)
}

/// Says that an argument is none.
fn wrong(shell: &Shell, message: &str) -> Outcome {
    shell.console.error(message);
    done(Exit::Usage)
}

pub(super) fn format(shell: &mut Shell, arguments: &str) -> Outcome {
    if arguments.is_empty() {
        return done(shell.print(&format!("{}\n", shell.settings.format.name())));
    }
    let found = Format::ALL.iter().find(|f| f.name() == arguments);
    match found {
        Some(format) if Target::screen(*format, shell.grid()).is_misplaced() => {
            let name = format.name();
            wrong(
                shell,
                &format!("{name} is no text for a terminal; `.save FILE` writes it"),
            )
        }
        Some(format) => {
            shell.settings.format = *format;
            done(Exit::Ok)
        }
        None => {
            let names: Vec<&str> = Format::ALL.iter().map(|f| f.name()).collect();
            wrong(shell, &format!("the formats are {}", names.join(", ")))
        }
    }
}

pub(super) fn max_rows(shell: &mut Shell, arguments: &str) -> Outcome {
    match arguments {
        "" => {
            let rows = match shell.grid().max_rows {
                None => "all".to_string(),
                Some(rows) => rows.to_string(),
            };
            return done(shell.print(&format!("{rows}\n")));
        }
        "all" => shell.settings.max_rows = Some(0),
        "auto" => shell.settings.max_rows = None,
        number => match number.parse() {
            Ok(rows) => shell.settings.max_rows = Some(rows),
            Err(_) => return wrong(shell, "expected a number of rows, `all` or `auto`"),
        },
    }
    done(Exit::Ok)
}

pub(super) fn width(shell: &mut Shell, arguments: &str) -> Outcome {
    match arguments {
        "" => {
            let width = shell.grid().width.map(|w| w.to_string());
            let width = width.unwrap_or_else(|| "not limited".to_string());
            return done(shell.print(&format!("{width}\n")));
        }
        "auto" => shell.settings.width = None,
        number => match number.parse() {
            Ok(width) if width >= 20 => shell.settings.width = Some(width),
            _ => {
                return wrong(
                    shell,
                    "expected a number of columns, 20 at least, or `auto`",
                );
            }
        },
    }
    done(Exit::Ok)
}

pub(super) fn timing(shell: &mut Shell, arguments: &str) -> Outcome {
    match arguments {
        "" => {
            let now = if shell.settings.timing { "on" } else { "off" };
            return done(shell.print(&format!("{now}\n")));
        }
        "on" => shell.settings.timing = true,
        "off" => shell.settings.timing = false,
        _ => return wrong(shell, "expected `on` or `off`"),
    }
    done(Exit::Ok)
}

pub(super) fn now(shell: &mut Shell, arguments: &str) -> Outcome {
    let unquoted = arguments
        .strip_prefix("datetime(")
        .and_then(|a| a.strip_suffix(')'))
        .unwrap_or(arguments);
    match unquoted {
        "" => {}
        "clock" => shell.settings.now = None,
        time => match values::now(time) {
            Ok(now) => shell.settings.now = Some(now),
            Err(message) => return wrong(shell, &format!("{message}, or `clock`")),
        },
    }
    let text = match (shell.settings.now, Now::clock()) {
        (Some(Now::Latest), _) => "the latest row of the tables that a query reads".to_string(),
        (Some(Now::At(ticks)), _) => moment(ticks),
        (None, Now::At(ticks)) => format!("the clock's: {}", moment(ticks)),
        (None, Now::Latest) => String::new(),
    };
    done(shell.print(&format!("{text}\n")))
}

fn moment(ticks: i64) -> String {
    let mut text = String::new();
    temporal::write_datetime_wire(ticks, &mut text);
    text
}

pub(super) fn param(shell: &mut Shell, arguments: &str) -> Outcome {
    let parameters = &mut shell.session.parameters;
    if arguments.is_empty() {
        let mut all = String::new();
        for (name, value) in parameters.iter() {
            all.push_str(&format!("{name}={}\n", text::value_text(value)));
        }
        return done(shell.print(&all));
    }
    let Some((name, value)) = arguments.split_once('=') else {
        return wrong(
            shell,
            "expected NAME=VALUE; nothing behind the `=` forgets it",
        );
    };
    let (name, value) = (name.trim(), value.trim());
    parameters.retain(|(n, _)| n != name);
    if !value.is_empty() {
        parameters.push((name.to_string(), Value::string(value)));
    }
    done(Exit::Ok)
}

pub(super) fn lets(shell: &mut Shell, _: &str) -> Outcome {
    done(shell.print(&shell.lets.all()))
}

/// The file of an argument; the word `none` stays as it is.
fn file_or_none(argument: &str) -> PathBuf {
    match argument {
        "none" => PathBuf::from(argument),
        path => Shell::path(path),
    }
}

pub(super) fn geoip(shell: &mut Shell, arguments: &str) -> Outcome {
    use crate::contract::GeoIp;
    if arguments.is_empty() {
        let text = match &shell.session.geoip {
            GeoIp::Unavailable => "none was found\n",
            GeoIp::Nulls => "places are null\n",
            GeoIp::Database(_) => "a database is open\n",
        };
        return done(shell.print(text));
    }
    match run::find_geoip(Some(&file_or_none(arguments)), &shell.session.catalog) {
        Ok(geoip) => {
            shell.session.geoip = geoip;
            done(Exit::Ok)
        }
        Err(fault) => done(shell.console.fault(&fault)),
    }
}

pub(super) fn user_agents(shell: &mut Shell, arguments: &str) -> Outcome {
    use crate::contract::UserAgents;
    if arguments.is_empty() {
        let text = match &shell.session.user_agents {
            UserAgents::Unavailable => "none were found\n",
            UserAgents::Nulls => "user agents are null\n",
            UserAgents::Patterns(_) => "a file is open\n",
        };
        return done(shell.print(text));
    }
    match run::find_user_agents(Some(&file_or_none(arguments)), &shell.session.catalog) {
        Ok(user_agents) => {
            shell.session.user_agents = user_agents;
            done(Exit::Ok)
        }
        Err(fault) => done(shell.console.fault(&fault)),
    }
}
