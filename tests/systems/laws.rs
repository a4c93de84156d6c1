//! How people answer to notes, and what they remember: each part can be switched off.

use redcat::world::Intervention;

use super::{Group, clearly, digests, groups, live, load, mean, more, sure};

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

/// Would catch a first note that works as strongly as any later one can: the more notes it takes, the
/// more needs the later ones trigger against the first.
#[test]
fn notes_need_others_before_them() {
    let sides = ["0", "1", "8"].map(|half| {
        let half = format!("behaviour.response.half_rise={half}");
        let sets = [half.as_str(), "behaviour.response.fatigue=0"];
        groups(&load("red-cat-618", &sets), 20_000, Intervention::NONE)
    });
    for pair in sides.windows(2) {
        let more = more(&pair[0], &pair[1], triggered);
        assert!(clearly(more), "{more:?}");
    }
}

/// Would catch people whom notes put off and who buy the brand for them: where a known brand counts,
/// more is bought from merchants met before; less, where all are put off.
#[test]
fn a_known_brand_draws_or_puts_off() {
    for (negative, draws) in [("0", true), ("1", false)] {
        let negative = format!("people.negative_responders={negative}");
        let [none, known] = ["0", "3"].map(|brand| {
            let brand = format!("behaviour.choice.brand={brand}");
            groups(
                &sure("red-cat-618", &[&brand, &negative]),
                10_000,
                Intervention::NONE,
            )
        });
        let met = |g: &Group| g.orders(|o, _| o.last_contact != redcat::world::NO_CONTACT);
        let sides = if draws {
            (&none, &known)
        } else {
            (&known, &none)
        };
        let more = more(sides.0, sides.1, met);
        assert!(clearly(more), "{negative}: {more:?}");
    }
}

/// Would catch a brand that is known for ever: reads that fade within a second draw nobody.
#[test]
fn what_has_faded_draws_nobody() {
    let with = |brand: &str, half_life: &str| {
        let half_life = format!("behaviour.adstock.half_life={half_life}");
        let brand = format!("behaviour.choice.brand={brand}");
        let sets = [half_life.as_str(), &brand, "behaviour.response.fatigue=0"];
        digests(&sure("red-cat-618", &sets), 2_000)
    };
    assert_eq!(with("0", "1s"), with("3", "1s"));
    assert_ne!(with("0", "5d"), with("3", "5d"));
}

/// What users have after the season, user by user, and how much more in the second world, with its
/// standard errors.
fn rise(a: &[&str], b: &[&str], of: impl Fn(&redcat::world::History) -> f64) -> (f64, f64) {
    let all = [a, b].map(|sets| {
        let mut all = Vec::new();
        live(&load("red-cat-618", sets), 3_000, |_, h| all.push(of(h)));
        all
    });
    mean(all[0].iter().zip(&all[1]).map(|(a, b)| b - a))
}

/// Would catch trust that is lost for good, and people who all bear the same: the faster trust
/// recovers and the more advertising is borne, the more of it is left.
#[test]
fn trust_recovers_and_some_bear_more() {
    for (key, low, high) in [
        ("behaviour.trust.recovery", "0", "0.3"),
        ("people.tolerance", "0.06", "0.12"),
    ] {
        let sets = [low, high].map(|value| format!("{key}={value}"));
        let more = rise(&[&sets[0]], &[&sets[1]], |h| h.trust().into());
        assert!(clearly(more), "{key}: {more:?}");
    }
    // Who all bear as much trust as much, but for the days on which they were there.
    let spread = |spread: &str| {
        let spread = format!("people.tolerance_spread={spread}");
        let (mut whole, mut all) = (0, 0);
        live(
            &load("red-cat-618", &[&spread, "people.tolerance=0.08"]),
            2_000,
            |_, h| {
                whole += u32::from(h.trust() == 1.0);
                all += 1;
            },
        );
        (whole, all)
    };
    let (alike, many) = (spread("0"), spread("0.5"));
    assert!(
        alike.0 == alike.1 && many.0 < many.1 * 3 / 4,
        "{alike:?} {many:?}"
    );
}

/// Would catch trust that nobody acts on: where it is lost, it takes away reading, wishes and visits to
/// the app, each by its own key and by no other.
#[test]
fn lost_trust_moves_reading_needs_and_sessions() {
    let with = |reading: u8, needs: u8, sessions: u8| {
        let keys = [
            ("reading", reading),
            ("needs", needs),
            ("sessions", sessions),
        ];
        let mut sets = keys
            .map(|(key, on)| format!("behaviour.trust.{key}={on}"))
            .to_vec();
        sets.push("behaviour.trust.erosion=0.3".to_owned());
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        groups(&load("red-cat-618", &sets), 10_000, Intervention::NONE)
    };
    let shown = |g: &Group| {
        g.counts
            .by_channel
            .iter()
            .map(|c| c.impressions as f64)
            .sum::<f64>()
    };
    let read = |g: &Group| {
        g.counts
            .by_channel
            .iter()
            .map(|c| c.reads as f64)
            .sum::<f64>()
    };
    let still = with(0, 0, 0);
    let (reading, needs, sessions) = (with(2, 0, 0), with(0, 2, 0), with(0, 0, 2));
    let fewer = more(&reading, &still, read);
    assert!(clearly(fewer), "{fewer:?}");
    assert_eq!(more(&still, &reading, shown).0, 0.0);
    let fewer = more(&needs, &still, triggered);
    assert!(clearly(fewer), "{fewer:?}");
    assert_eq!(more(&still, &needs, read).0, 0.0);
    let fewer = more(&sessions, &still, shown);
    assert!(clearly(fewer), "{fewer:?}");
}

/// Would catch habit of the app alone: buying at a marketplace makes the next order likelier to be made
/// there. Inborn habit keeps people, too.
#[test]
fn who_bought_at_a_marketplace_stays() {
    let stays = |step: u8, spread: u8| {
        let step = format!("behaviour.habit.step={step}");
        let spread = format!("people.habit_spread={spread}");
        let mut all = Vec::new();
        live(
            &sure("closed-loop-618", &[&step, &spread]),
            5_000,
            |_, h| {
                let pairs = h.orders().windows(2);
                let pairs = pairs.filter(|w| w[1].destination.0 != 0);
                let same = pairs.filter(|w| w[0].destination == w[1].destination);
                all.push(same.count() as f64);
            },
        );
        all
    };
    let neither = stays(0, 0);
    for habit in [stays(3, 0), stays(0, 2)] {
        let more = mean(neither.iter().zip(habit).map(|(a, b)| b - a));
        assert!(clearly(more), "{more:?}");
    }
}

/// Would catch own needs of people without interests: where interests differ, so do needs, far beyond
/// their own luck.
#[test]
fn own_needs_follow_interests() {
    let variance = |spread: &str| {
        let spread = format!("people.interest_spread={spread}");
        let (mut sum, mut squares, mut before) = (0.0, 0.0, 0);
        live(&load("red-cat-618", &[&spread]), 10_000, |_, h| {
            let own = (h.counts.needs.own - before) as f64;
            before = h.counts.needs.own;
            sum += own;
            squares += own * own;
        });
        let mean: f64 = sum / 10_000.0;
        squares / 10_000.0 - mean * mean
    };
    let (alike, various) = (variance("0"), variance("1.2"));
    assert!(various > 2.0 * alike, "{alike} {various}");
}
