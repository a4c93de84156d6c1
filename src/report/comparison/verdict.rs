//! What a comparison says, in sentences.

use crate::engine::Estimate;
use crate::engine::compare::{Comparison, Difference, ORIGINS, Origin, Pair, Unit};

use super::super::figures::{decimals, percent, significant, yuan};

/// What the sentences are about: metric, and its name in a sentence.
const ABOUT: [(&str, &str); 10] = [
    ("gmv.in-app", "Sales in the app"),
    ("gmv.outside", "Sales outside"),
    ("gmv", "All sales"),
    ("platform.ads", "The platform's income from advertising"),
    ("platform.commission", "The platform's commission"),
    ("platform.all", "The platform's income in all"),
    ("merchants.contribution", "Merchants' contribution margin"),
    ("merchants.hhi", "Concentration of sales on merchants (HHI)"),
    ("trust", "Trust in the app"),
    ("needs.triggered", "Needs triggered by notes"),
];

/// Sentences about a scenario held against the first; the most important first.
#[must_use]
pub fn verdict(comparison: &Comparison, pair: &Pair) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, words) in ABOUT {
        let place = comparison.metrics.iter().position(|m| m.name == name);
        if let Some(place) = place {
            let unit = comparison.metrics[place].unit;
            lines.push(sentence(words, unit, &pair.differences[place]));
        }
    }
    lines.push(surplus(&pair.surplus_fen));
    lines.extend(kappa(comparison, pair));
    lines
}

fn sentence(words: &str, unit: Unit, difference: &Difference) -> String {
    if !difference.estimate.value.is_finite() {
        return format!("{words}: cannot be told, there are no sales to tell it from.");
    }
    format!("{words}: {}.", differs(unit, difference))
}

/// How much a number differs, in words.
pub(super) fn differs(unit: Unit, difference: &Difference) -> String {
    let Estimate { value, interval } = difference.estimate;
    if value == 0.0 && interval.is_none_or(|i| i.half() == 0.0) {
        return "exactly the same".to_owned();
    }
    let size = amount(unit, value.abs());
    let half = interval.map_or_else(
        || "interval unknown".to_owned(),
        |i| format!("±{}", amount(unit, i.half())),
    );
    if !difference.distinguishable() {
        let sign = if value < 0.0 { "−" } else { "+" };
        return format!("not distinguishable ({sign}{size} {half})");
    }
    let verb = if value < 0.0 { "lower" } else { "higher" };
    let relative = if difference.relative.is_finite() {
        format!(", {}", percent(difference.relative.abs()))
    } else {
        String::new()
    };
    format!("{verb} by {size} {half}{relative}")
}

fn amount(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Fen => yuan(value.round() as i64),
        Unit::Count => super::super::figures::rounded(value),
        Unit::Index => significant(value, 3),
    }
}

fn surplus(gained: &Estimate) -> String {
    let difference = Difference {
        estimate: *gained,
        relative: f64::NAN,
        gain: None,
    };
    sentence(
        "Users' surplus in choosing (logsum)",
        Unit::Fen,
        &difference,
    )
}

fn kappa(comparison: &Comparison, pair: &Pair) -> Vec<String> {
    let Estimate { value, interval } = pair.kappa;
    let linked = comparison.metrics.iter().zip(&pair.differences);
    let linked = linked.filter(|(m, _)| m.name == "gmv.by-link.outside");
    let more: f64 = linked.map(|(_, d)| d.estimate.value).sum();
    // With fewer sales through links something else has changed, too, and the quotient says nothing.
    if more <= 0.0 || !value.is_finite() {
        return vec![
            "No more is sold through links out of the app, so κ is not stated.".to_owned(),
        ];
    }
    let half = interval.map_or_else(String::new, |i| format!(" ±{:.2}", i.half()));
    let known = format!("{}{half}", decimals(value, 2));
    let certain = if interval.is_none_or(crate::base::Interval::crosses_zero) {
        " (not distinguishable from none)"
    } else {
        ""
    };
    let share = |wanted: Origin| {
        let shares = ORIGINS.iter().zip(&pair.origins);
        let found = shares.filter(|((origin, _), _)| *origin == wanted);
        percent(found.map(|(_, e)| e.value).sum())
    };
    vec![
        format!(
            "κ = {known}{certain}: what the app loses in sales for each ¥1 more that is sold \
             through links out of it."
        ),
        format!(
            "Of the value sold through links out of the app, {} would have been sold outside after an \
             own search, {} in the app, {} through a link as well, {} not at all.",
            share(Origin::OwnSearch),
            share(Origin::InApp),
            share(Origin::Link),
            share(Origin::Nowhere),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Interval;

    fn of(value: f64, half: f64) -> Difference {
        let interval = Some(Interval {
            low: value - half,
            high: value + half,
        });
        Difference {
            estimate: Estimate { value, interval },
            relative: value / 1e6,
            gain: None,
        }
    }

    /// Would catch a sentence that claims a difference which the interval does not allow, or turns
    /// its sign round.
    #[test]
    fn sentences_claim_what_the_interval_allows() {
        let say = |value, half| sentence("Sales", Unit::Fen, &of(value, half));
        assert_eq!(
            say(-50_000.0, 20_000.0),
            "Sales: lower by ¥500 ±¥200, 5.0 %."
        );
        assert_eq!(
            say(50_000.0, 20_000.0),
            "Sales: higher by ¥500 ±¥200, 5.0 %."
        );
        assert_eq!(
            say(-50_000.0, 60_000.0),
            "Sales: not distinguishable (−¥500 ±¥600)."
        );
        assert_eq!(say(0.0, 0.0), "Sales: exactly the same.");
        assert!(say(f64::NAN, f64::NAN).contains("cannot be told"));
    }
}
