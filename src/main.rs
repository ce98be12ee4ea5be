//! Arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ptero_deploy::tasks::program::run(std::env::args_os())
}
