//! Commands about tables and files.

use crate::cli::console::Exit;
use crate::cli::schema as schemas;
use crate::cli::target::Target;
use crate::cli::{interrupt, progress};
use crate::output::{Grid, visible};
use crate::repl::commands::Outcome;
use crate::repl::shell::Shell;
use crate::session::LAST;
use crate::source::Source;

fn done(exit: Exit) -> Outcome {
    Outcome::Done(exit)
}

pub(super) fn tables(shell: &mut Shell, _: &str) -> Outcome {
    let catalog = &shell.session.catalog;
    let widest = catalog
        .names()
        .map(|n| n.chars().count())
        .max()
        .unwrap_or(0);
    let mut all = String::new();
    for name in catalog.names() {
        let files = schemas::files_text(catalog.files(name));
        all.push_str(&format!("{:widest$}  {files}\n", visible(name)));
    }
    for alias in catalog.watchlists() {
        let alias = visible(alias);
        all.push_str(&format!("_GetWatchlist(\"{alias}\")\n"));
    }
    if all.is_empty() {
        shell.console.aside("no tables yet; `.load PATH` adds some");
    }
    done(shell.print(&all))
}

pub(super) fn schema(shell: &mut Shell, arguments: &str) -> Outcome {
    let name = unquoted(arguments);
    if !name.is_empty() && !shell.session.catalog.contains(name) {
        return done(shape(shell, name));
    }
    let catalog = &shell.session.catalog;
    let names: Vec<&str> = match name {
        "" => catalog.names().collect(),
        name => vec![name],
    };
    let (text, exit) = schemas::described(names.into_iter(), catalog, &shell.console);
    done(exit.or(shell.print(&text)))
}

/// The columns of what is no table with data: a variable, the last result, any query.
fn shape(shell: &Shell, name: &str) -> Exit {
    let text = format!("{}{name}", shell.lets.used_by(name));
    let source = Source::whole("<query>", text);
    let known = name == LAST && shell.session.has_last() || !shell.lets.used_by(name).is_empty();
    let columns = shell.session.columns(source.text()).columns;
    if known && !columns.is_empty() {
        return shell.print(&schemas::columns_text(name, &columns));
    }
    shell.console.error(&format!("there is no table `{name}`"));
    let names = shell.session.catalog.names();
    match crate::diagnostic::nearest(name, names) {
        Some(near) => shell.console.help(&format!("did you mean `{near}`?")),
        None => shell.console.help("`.tables` lists the tables"),
    }
    Exit::Usage
}

/// A name without the brackets and quotation marks that queries may need.
fn unquoted(name: &str) -> &str {
    let inner = ["['", "[\""]
        .iter()
        .find_map(|open| name.strip_prefix(open))
        .and_then(|rest| rest.strip_suffix("']").or_else(|| rest.strip_suffix("\"]")));
    inner.unwrap_or(name).trim_end_matches(';')
}

pub(super) fn load(shell: &mut Shell, arguments: &str) -> Outcome {
    if arguments.is_empty() {
        shell.console.error("expected a file, a folder or a glob");
        return done(Exit::Usage);
    }
    let (path, name) = match arguments.rsplit_once(" as ") {
        Some((path, name)) => (path, Some(unquoted(name.trim()))),
        None => (arguments, None),
    };
    let path = Shell::path(path).display().to_string();
    let catalog = &mut shell.session.catalog;
    let added = match name {
        Some(name) => catalog.add(&[], &[(name.to_string(), path)]),
        None => catalog.add(&[path], &[]),
    };
    let names = match added {
        Ok(names) => names,
        Err(fault) => return done(shell.console.fault(&fault)),
    };
    for note in shell.session.catalog.notes() {
        shell.console.note(note);
    }
    shell.glances.forget();
    let mut exit = Exit::Ok;
    for name in names {
        // Opened now, so that what is wrong with it shows now.
        let cancel = shell.cancel();
        let source = interrupt::listening(&cancel, || {
            progress::watching(|| shell.session.catalog.source(&name))
        });
        match source {
            Ok(Some(source)) => {
                let columns = source.present().unwrap_or_else(|| source.schema().len());
                shell.console.aside(&format!("{name}: {columns} columns"));
            }
            Ok(None) => {}
            Err(fault) => {
                exit = exit.or(shell.console.fault(&fault));
                if exit == Exit::Interrupted {
                    break;
                }
            }
        }
    }
    done(exit)
}

pub(super) fn drop(shell: &mut Shell, arguments: &str) -> Outcome {
    let name = unquoted(arguments);
    let dropped = shell.lets.forget(name) || shell.session.catalog.remove(name);
    if dropped {
        shell.glances.forget();
        return done(Exit::Ok);
    }
    shell
        .console
        .error(&format!("there is no table and no variable `{name}`"));
    done(Exit::Usage)
}

/// Where results go that go to a file.
fn target(shell: &Shell, arguments: &str) -> Result<Target, Outcome> {
    let target = Target::new(Some(&Shell::path(arguments)), None, Grid::default());
    target.map_err(|unknown| done(unknown.say(&shell.console, "")))
}

pub(super) fn output(shell: &mut Shell, arguments: &str) -> Outcome {
    shell.output = match arguments {
        "" => None,
        file => match target(shell, file) {
            Ok(target) => Some(target),
            Err(outcome) => return outcome,
        },
    };
    done(Exit::Ok)
}

pub(super) fn once(shell: &mut Shell, arguments: &str) -> Outcome {
    if arguments.is_empty() {
        shell.console.error("expected a file");
        return done(Exit::Usage);
    }
    match target(shell, arguments) {
        Ok(target) => shell.once = Some(target),
        Err(outcome) => return outcome,
    }
    done(Exit::Ok)
}

pub(super) fn save(shell: &mut Shell, arguments: &str) -> Outcome {
    if arguments.is_empty() {
        shell.console.error("expected a file");
        return done(Exit::Usage);
    }
    done(shell.save(&Shell::path(arguments)))
}

pub(super) fn read(shell: &mut Shell, arguments: &str) -> Outcome {
    if arguments.is_empty() {
        shell.console.error("expected a file");
        return done(Exit::Usage);
    }
    done(shell.read(&Shell::path(arguments)))
}
