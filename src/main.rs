//! The `kql` program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    kql::cli::main()
}
