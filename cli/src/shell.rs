//! `strata completions` and `strata man`: what packages install beside the program.

use std::error;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output;

/// Whose completions to print.
#[derive(Debug, Args)]
pub struct Options {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of a command line.
///
/// # Errors
/// What could not be written.
pub fn completions(options: &Options, mut command: Command) -> Result<ExitCode, Box<dyn error::Error>> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "strata", &mut script);
    output::write(None, &script)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual pages of the program and of each of its commands, one after the other.
///
/// # Errors
/// What could not be written.
pub fn man(mut command: Command) -> Result<ExitCode, Box<dyn error::Error>> {
    command.build();
    let mut pages = Vec::new();
    let parts = command.get_subcommands().filter(|part| part.get_name() != "help");
    for page in std::iter::once(&command).chain(parts) {
        clap_mangen::Man::new(page.clone()).render(&mut pages)?;
    }
    output::write(None, &pages)?;
    Ok(ExitCode::SUCCESS)
}
