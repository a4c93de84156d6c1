//! Rules that know channels by name.

use redcat::attribute::{FitError, LastNonDirect, LastPaid, Lineup, LineupState, Model, Rule};
use redcat::base::Merge;

use super::rows::{Row, SHAPE, batch, lineup, path};

fn row() -> [Row; 1] {
    [path(&[1, 3, 0, 3], 1, 0, 10)]
}

/// Would catch a rule that credits somebody before it knows who is who, that forgets so after a bind
/// that came too late, or whose shard without names is covered by one with names.
#[test]
fn unbound_rules_refuse() {
    for list in ["last-non-direct", "last-non-direct:a", "last-paid:a+b"] {
        let mut late = Lineup::parse(list).unwrap();
        let mut state = late.start(SHAPE);
        late.fold(&mut state, &batch(&row()));
        let refused = |lineup: &Lineup, state: &LineupState| {
            assert_eq!(lineup.credits(state)[0].1, Err(FitError::Unbound), "{list}");
            let within = lineup.within(state).remove(0).1;
            assert_eq!(within.err(), Some(FitError::Unbound), "{list}");
        };
        refused(&late, &state);
        refused(&late, &late.start(SHAPE));
        late.bind(&["a", "b", "c", "direct"]).unwrap();
        refused(&late, &state);
        let mut named = late.start(SHAPE);
        late.fold(&mut named, &batch(&row()));
        assert!(late.credits(&named)[0].1.is_ok());
        named.merge(state);
        refused(&late, &named);
    }
    assert!(FitError::Unbound.to_string().contains("Lineup::bind"));
}

/// Would catch a list that skips the wrong channels, and a log without `direct` that is refused.
#[test]
fn lists_say_whom_to_skip() {
    for (list, names, expected) in [
        ("last-non-direct", ["a", "b", "c", "DIRECT"], 0),
        ("last-non-direct", ["a", "b", "c", "(direct)"], 0),
        ("last-non-direct", ["a", "b", "c", "directory"], 3),
        ("last-non-direct:a+d", ["a", "b", "c", "d"], 1),
        ("last-non-direct:a+b+d", ["a", "b", "c", "d"], 3),
        ("last-non-direct:a", ["a", "b", "c", "direct"], 3),
        ("last-paid:b", ["a", "b", "c", "d"], 1),
        ("last-paid:c", ["a", "b", "c", "d"], 3),
    ] {
        let lineup = lineup(list, &names);
        let mut state = lineup.start(SHAPE);
        lineup.fold(&mut state, &batch(&row()));
        let credit = lineup.credits(&state).remove(0).1.unwrap();
        assert_eq!(credit.by_channel()[expected].conversions, 1.0, "{list}");
    }
}

/// Would catch models made without a name list that credit by an empty one.
#[test]
fn lists_need_names() {
    let none: [&str; 0] = [];
    assert!(LastPaid::new(none).is_err() && LastNonDirect::skipping(none).is_err());
    let mut paid = LastPaid::new(["x"]).unwrap();
    assert!(Model::bind(&mut paid, &["y"]).is_err() && paid.unbound());
}
