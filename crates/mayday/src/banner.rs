//! The few lines that people read on their terminal: the only place that prints.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its terminal")]

use std::io::{self, IsTerminal, Write};

use crate::bootstrap::BootstrapFile;

/// Prints one line to standard output: a command's result.
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Prints a command's long result. Whoever reads it may stop reading.
pub(crate) fn put(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out
        .write_all(text.trim_end().as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints one line to standard error: why a command ended.
pub(crate) fn complain(line: &str) {
    eprintln!("mayday: {line}");
}

/// Where the server is, and on the first start how to get in.
pub(crate) fn started(url: &str, first: Option<&BootstrapFile>, known: Option<&BootstrapFile>) {
    let (bold, plain) = if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    println!("\n  {bold}mayday {}{plain} is up", env!("CARGO_PKG_VERSION"));
    println!("\n  Page      {bold}{url}/{plain}");
    if let Some(file) = first.or(known) {
        println!("  DSN       {bold}{}{plain}", file.dsn);
    }
    if let Some(file) = first {
        println!(
            "  Log in    {bold}{}{plain}  password {bold}{}{plain}  (shown once)",
            file.admin_email, file.admin_password
        );
        println!("\n  Nothing to show yet? `mayday demo` fills it with a fortnight of crashes.");
    }
    println!("  Stop with Ctrl-C; nothing accepted is lost.\n");
}
