//! What the README says, held to the command that is there.

use std::process::Command;

const README: &str = include_str!("../README.md");

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_redcat"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Would catch an option that the README names and the command has not, and a verb that the command
/// has and the README does not name.
#[test]
fn verbs_and_options_are_those_of_the_command() {
    let run = help(&["run", "--help"]);
    let options = README.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    for option in options.filter(|o| o.starts_with("--") && *o != "--release") {
        // The rule of a table is no option.
        let rule = option.trim_matches('-').is_empty();
        assert!(
            rule || run.contains(option),
            "{option} is not an option of `redcat run`"
        );
    }
    let help = help(&["--help"]);
    let commands = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("Options:")
        .next()
        .unwrap();
    // A verb is indented by two; its description may go on below, further in.
    let verbs = commands
        .lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "));
    for verb in verbs
        .filter_map(|l| l.split_whitespace().next())
        .filter(|v| *v != "help")
    {
        assert!(
            README.contains(&format!("`redcat {verb}")),
            "{verb} is not in the README"
        );
    }
}

/// Would catch a shipped scenario that the README does not name, and the run command naming a file
/// that is not there.
#[test]
fn scenarios_are_those_that_are_shipped() {
    for line in help(&["scenarios"]).lines() {
        let name = line
            .split_whitespace()
            .next()
            .unwrap()
            .trim_end_matches(".toml");
        assert!(README.contains(&format!("| `{name}` |")), "{name}");
    }
    let command = "cargo run --release -- run scenarios/red-cat-618.toml";
    assert!(README.contains(command));
    assert!(std::path::Path::new("scenarios/red-cat-618.toml").exists());
}

/// Would catch the README's example of a scenario that no longer loads.
#[test]
fn the_example_scenario_loads() {
    let start = README.find("```toml\n").unwrap() + 8;
    let text = &README[start..start + README[start..].find("```").unwrap()];
    let scenario = redcat::scenario::Scenario::from_text("readme.toml", text, &[]).unwrap();
    assert_eq!(scenario.wire().name, "wider-gate");
    assert_eq!(scenario.grants()[0].min_score, 4.0);
}
