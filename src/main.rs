//! The `redcat` command: parse, ask the library, render.

mod cli;

use std::process::ExitCode;

/// Logs come and go in blocks of a megabyte. An allocator that gives such blocks back to the system each
/// time has every page of them fetched and cleared again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
