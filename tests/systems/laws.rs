//! How people answer to notes, and what they remember: each part can be switched off.

use redcat::world::Intervention;

use super::{Group, clearly, digests, groups, live, load, more};

const QUIET: [&str; 3] = [
    "behaviour.choice.brand=0",
    "behaviour.response.half_rise=0",
    "behaviour.response.fatigue=0",
];

fn triggered(g: &Group) -> f64 {
    g.counts.by_channel.iter().map(|c| c.needs as f64).sum()
}

/// Would catch a response to frequency that rises where it should tire: the sooner readers are tired
/// of a brand's notes, the fewer needs these trigger.
#[test]
fn tired_readers_want_less() {
    let sides = ["0", "0.15", "0.6"].map(|fatigue| {
        let set = format!("behaviour.response.fatigue={fatigue}");
        groups(&load("red-cat-618", &[&set]), 20_000, Intervention::NONE)
    });
    for pair in sides.windows(2) {
        let fewer = more(&pair[1], &pair[0], triggered);
        assert!(clearly(fewer), "{fewer:?}");
    }
}

/// Would catch a note that wakes a wish in somebody whom notes put off.
#[test]
fn negative_responders_want_nothing_for_a_note() {
    let counts = live(
        &load("red-cat-618", &["people.negative_responders=1"]),
        5_000,
        |_, _| {},
    );
    assert_eq!(counts.needs.triggered, 0);
    assert!(counts.by_channel.iter().all(|c| c.needs == 0));
    assert!(counts.needs.own > 1_000 && counts.events().reads > 10_000);
}

/// Would catch trust that falls for another reason than advertising: without erosion all trust fully,
/// with it some do not.
#[test]
fn without_erosion_everybody_trusts() {
    let mut whole = true;
    live(
        &load("red-cat-618", &["behaviour.trust.erosion=0"]),
        2_000,
        |_, h| {
            whole &= h.trust() == 1.0;
        },
    );
    assert!(whole);
    let mut wary = 0;
    live(&load("red-cat-618", &[]), 2_000, |_, h| {
        wary += u32::from(h.trust() < 1.0)
    });
    assert!(wary > 200, "{wary}");
}

/// Would catch habit from elsewhere than from buying: where an order makes none, it does not matter how
/// fast habit fades; where it makes some, it does.
#[test]
fn without_its_step_habit_has_no_effect() {
    let with = |step: &str, half_life: &str| {
        let half_life = format!("behaviour.habit.half_life={half_life}");
        let step = format!("behaviour.habit.step={step}");
        digests(&load("red-cat-618", &[&step, &half_life]), 3_000)
    };
    assert_eq!(with("0", "2d"), with("0", "60d"));
    assert_ne!(with("3", "2d"), with("3", "60d"));
}

/// Would catch a memory of notes that works by another way than the pull of known brands and the
/// response to frequency: with both off, it does not matter how fast reads fade; with either on, it
/// does.
#[test]
fn without_its_two_effects_adstock_has_none() {
    let with = |sets: &[&str], half_life: &str| {
        let half_life = format!("behaviour.adstock.half_life={half_life}");
        digests(&load("red-cat-618", &[sets, &[&half_life]].concat()), 3_000)
    };
    assert_eq!(with(&QUIET, "1d"), with(&QUIET, "30d"));
    for on in ["behaviour.choice.brand=2", "behaviour.response.fatigue=0.5"] {
        let on = [&QUIET[..], &[on]].concat();
        assert_ne!(with(&on, "1d"), with(&on, "30d"));
    }
}
