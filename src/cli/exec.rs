//! Commands that are models, as `redcat attribute` is given them. Only here can one be named: the
//! library's parser of model names, which reads scenarios, refuses `exec:`.

use std::path::Path;

use anyhow::{Context as _, bail};
use redcat::engine::attribute::Attribution;
use redcat::engine::exec::{Command, ExecOptions, Running, credit};
use redcat::io::Log;

use super::output::tell;

/// What begins the name of a model that is a command.
const EXEC: &str = "exec:";

/// Takes the commands out of a list of models: what is left of it, and they.
pub fn split(models: &str) -> anyhow::Result<(Option<String>, Vec<Command>)> {
    let (commands, rest): (Vec<&str>, Vec<&str>) = models
        .split(',')
        .partition(|m| m.trim_start().starts_with(EXEC));
    let words = |m: &&str| command(None, &m.trim_start()[EXEC.len()..]);
    let commands: Vec<Command> = commands.iter().map(words).collect::<Result<_, _>>()?;
    // A list of nothing but commands is no list without a model.
    let rest = (!rest.is_empty()).then(|| rest.join(","));
    Ok((rest, commands))
}

/// A command as `--exec` takes it: `[NAME=]CMD`.
pub fn named(text: &str) -> anyhow::Result<Command> {
    let named = text.split_once('=').filter(|(name, _)| {
        let letter = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
        !name.is_empty() && name.chars().all(letter)
    });
    match named {
        Some((name, text)) => command(Some(name), text),
        None => command(None, text),
    }
}

/// The words of a command, as a shell would part them, without anything else that it would do.
fn command(name: Option<&str>, text: &str) -> anyhow::Result<Command> {
    let Some(words) = shlex::split(text) else {
        bail!("`{text}`: a quote is not closed");
    };
    let Some(program) = words.first() else {
        bail!("there is no command: write one, as in --exec 'mine=python3 model.py'");
    };
    // `python3 model.py` is called by its script.
    let script = words.iter().skip(1).find(|word| Path::new(word).is_file());
    let stem = Path::new(script.unwrap_or(program)).file_stem();
    let stem = stem.unwrap_or_default().to_string_lossy();
    let name = name.map_or_else(|| format!("{EXEC}{stem}"), str::to_owned);
    Ok(Command { name, words })
}

/// Refuses names that would be one column of a result.
pub fn distinct(commands: &[Command], models: &[String]) -> anyhow::Result<()> {
    for (place, command) in commands.iter().enumerate() {
        let name = &command.name;
        if models.contains(name) || commands[..place].iter().any(|c| c.name == *name) {
            bail!("two models are called `{name}`: name the command, as in --exec 'mine=CMD'");
        }
    }
    Ok(())
}

/// Runs commands over a log, one after the other: each may have all the memory there is.
pub fn run(
    log: &Log,
    commands: &[Command],
    options: &ExecOptions,
    quiet: bool,
) -> anyhow::Result<Vec<(String, redcat::attribute::Credit)>> {
    if !commands.is_empty() {
        stop_on_signals(options.running.clone()).context("signals cannot be caught")?;
    }
    let mut found = Vec::new();
    for command in commands {
        let say = |line: &str| {
            if !quiet {
                tell(&format!("{}: {line}", command.name));
            }
        };
        found.push((command.name.clone(), credit(log, command, options, &say)?));
    }
    Ok(found)
}

/// Puts the credit of commands where the list of models had them.
pub fn place(
    found: &mut Attribution,
    models: Option<&str>,
    own: Vec<(String, redcat::attribute::Credit)>,
) {
    let list = models.unwrap_or_default().split(',');
    let mut own = own.into_iter();
    for (place, model) in list.enumerate() {
        if model.trim_start().starts_with(EXEC)
            && let Some(credit) = own.next()
        {
            let place = place.min(found.credit.len());
            found.credit.insert(place, credit);
        }
    }
    found.credit.extend(own);
}

/// Commands have process groups of their own, which a terminal's Ctrl-C does not reach.
#[cfg(unix)]
fn stop_on_signals(running: Running) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            running.stop();
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

#[cfg(not(unix))]
fn stop_on_signals(_: Running) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a name that is taken from the command's own equals sign, words that are parted in
    /// quotes, and commands that are lost from a list.
    #[test]
    fn commands_as_people_write_them() {
        let of = |text: &str| named(text).map(|c| (c.name, c.words.join("|")));
        let is = |text: &str, name: &str, words: &str| {
            assert_eq!(
                of(text).unwrap(),
                (name.to_owned(), words.to_owned()),
                "{text}"
            );
        };
        is(
            "mine=python3 'my model.py' --a=1",
            "mine",
            "python3|my model.py|--a=1",
        );
        is(
            "/opt/bin/fit --rate=0.5",
            "exec:fit",
            "/opt/bin/fit|--rate=0.5",
        );
        is("python3 Cargo.toml", "exec:Cargo", "python3|Cargo.toml");
        assert!(of("mine=").unwrap_err().to_string().contains("no command"));
        assert!(of("a 'b").unwrap_err().to_string().contains("quote"));
        let (rest, commands) = split("last, exec:a b,linear,exec:c").unwrap();
        assert_eq!(rest.as_deref(), Some("last,linear"));
        assert_eq!(commands[0].words, ["a", "b"]);
        assert!(distinct(&commands, &["last".to_owned()]).is_ok());
        assert!(distinct(&commands, &["exec:c".to_owned()]).is_err());
        assert_eq!(split("exec:a").unwrap().0, None);
    }
}
