//! The `redcat` command: parse, ask the library, render.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
