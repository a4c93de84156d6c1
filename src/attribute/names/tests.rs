use crate::attribute::Lineup;

fn refusal(list: &str) -> String {
    Lineup::parse(list).unwrap_err().to_string()
}

/// Would catch a name that does not parse back to the same model, and a default that is
/// spelt out.
#[test]
fn names_parse_back() {
    let list = "first,last,last-click,last-non-direct,last-non-direct:a:b+direct,\
                    last-paid:ads+search,linear,linear:distinct,position,position:30/40/30,\
                position:50/20/30:renormalise,position:renormalise,\
                    position:w,position:w:40/20/30/10,position:decay,position:geometric,\
                    position:geometric:0.25,time-decay:rank,time-decay,time-decay:24h,\
                time-decay:2d,time-decay:1.5h:floor,time-decay:floor,markov:1,markov:1:conversions-only,\
                    markov:3:collapse:conversions-only,markov:2:conversions-only,markov:1:within,\
                    markov:1:conversions-only:within,markov:2:within,markov:4:collapse:within,shapley,\
                hazard,hazard:0,hazard:50:fixed,hazard:fixed:64k,hazard:7:1k";
    let lineup = Lineup::parse(list).unwrap();
    assert_eq!(lineup.names().join(","), list);
    for (long, short) in [
        ("time-decay:168h", "time-decay"),
        ("time-decay:1d", "time-decay:24h"),
        ("position:40/20/40", "position"),
        ("position:w:30/30/30/10", "position:w"),
        ("position:geometric:0.50", "position:geometric"),
        ("last-paid:b+a+b", "last-paid:a+b"),
        (" markov ", "markov:1"),
        ("hazard:1000:32k", "hazard"),
        ("hazard:05", "hazard:5"),
    ] {
        assert_eq!(Lineup::parse(long).unwrap().names(), [short]);
    }
    assert_eq!(
        Lineup::default().names().join(","),
        "first,last,last-click,linear,position,time-decay,markov:1,shapley"
    );
}

/// Would catch an error that leaves the reader without a remedy.
#[test]
fn errors_name_the_remedy() {
    for (list, part) in [
        ("lats", "did you mean `last`?"),
        ("First", "did you mean `first`?"),
        ("time_decay", "did you mean `time-decay`?"),
        ("markov1", "did you mean `markov`?"),
        ("zzz", "known are first, last,"),
        ("", "name at least one"),
        ("last,,first", "no model ``"),
        ("last,last", "`last` is in the lineup twice"),
        ("time-decay:7d,time-decay", "twice"),
        ("markov:5", "order, 1 to 4"),
        ("markov:1:collapse", "from 2 on"),
        ("markov:conversions-only", "in this order"),
        ("markov:within", "in this order"),
        ("markov:1:within:within", "in this order"),
        ("markov:1:within:conversions-only", "in this order"),
        ("markov:2:conversions-only:collapse", "in this order"),
        ("last-paid", "give the paid channels"),
        ("last-paid:", "give the paid channels"),
        ("last-non-direct:", "nothing to skip `direct`"),
        ("last-non-direct:a++b", "the channels to be skipped"),
        ("last-nondirect", "did you mean `last-non-direct`?"),
        ("position:w:1/2/3", "position:w:30/30/30/10"),
        ("position:w:0/0/0/0", "not all zero"),
        ("position:w:1/inf/0/0", "not negative"),
        (
            "position:w:30/30/30/10:renormalise",
            "position:w:30/30/30/10",
        ),
        ("position:decay:2", "no parameter"),
        ("position:geometric:1", "below 1"),
        ("position:geometric:0", "above 0"),
        ("position:geometric:NaN", "above 0"),
        ("position:geometric:0.5:0.5", "above 0"),
        ("position:geo", "position:geometric"),
        ("time-decay:rank:floor", "no parameter"),
        ("last:3", "has no parameter"),
        ("last:", "has no parameter"),
        ("linear:unique", "`distinct`"),
        ("position:1/2", "position:30/40/30"),
        ("position:1/-2/1", "not negative"),
        ("position:0/0/0", "not all zero"),
        ("position:NaN/1/1", "not negative"),
        ("position:0/1/0:renormalise", "which is zero"),
        ("time-decay:7", "days or hours"),
        ("time-decay:0h", "above zero"),
        ("time-decay:infd", "above zero"),
        ("time-decay:1d:2d", "days or hours"),
        ("hazzard", "did you mean `hazard`?"),
        ("hazard:0k", "from `:1k`"),
        ("hazard:2000000k", "from `:1k`"),
        ("hazard:-1", "most iterations"),
        ("hazard:", "most iterations"),
        ("hazard:k", "most iterations"),
        ("hazard:+5", "most iterations"),
        ("hazard:5000000000", "most iterations"),
        ("hazard:fixed:50", "in this order"),
        ("hazard:50:60", "in this order"),
    ] {
        let refusal = refusal(list);
        assert!(refusal.contains(part), "{list}: {refusal}");
    }
    assert!(!refusal("zzz").contains("did you mean"));
    assert!(!refusal("").contains("did you mean"));
}

/// Would catch a misspelt channel that is skipped in silence, a name that is compared with the wrong
/// one, and a list of hundreds of channels in one error.
#[test]
fn channels_are_found_by_name() {
    let channels: Vec<String> = (0..30).map(|i| format!("channel-{i}")).collect();
    let bind = |list: &str| Lineup::parse(list).unwrap().bind(&channels);
    assert_eq!(bind("last,last-non-direct,last-paid:channel-7"), Ok(()));
    let error = bind("last-non-direct:channel-7+Chanel-12")
        .unwrap_err()
        .to_string();
    let expected = "`last-non-direct:Chanel-12+channel-7` names the channel `Chanel-12`, which is not \
                    there (did you mean `channel-12`?); channels are channel-0, ";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.ends_with("channel-19 and 10 more"), "{error}");
    let error = bind("last-paid:direct").unwrap_err().to_string();
    assert!(!error.contains("did you mean"), "{error}");
}
