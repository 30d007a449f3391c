//! The `kql` program: arguments in, exit code out.

fn main() {}
