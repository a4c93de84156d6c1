//! What numbers are worth: errors, credit beside truth, experiments and regret.

use std::fmt::Write;

use crate::engine::{Believed, Outcome, RegimeOutcome};
use crate::report::figures::{count, decimals, percent, rounded, yuan};
use crate::report::layout::{plus_minus, plus_minus_rounded, section, table};
use crate::scenario::Scenario;

fn by_regime(regimes: &[RegimeOutcome], cell: &dyn Fn(&Believed) -> String) -> String {
    let header: Vec<&str> = ["model"]
        .into_iter()
        .chain(regimes.iter().map(|r| r.name.as_str()))
        .collect();
    let models = regimes.first().map_or(&[][..], |r| &r.models[..]);
    let rows = models.iter().enumerate().map(|(place, m)| {
        let cells = regimes.iter().map(|r| cell(&r.models[place]));
        [m.model.clone()].into_iter().chain(cells).collect()
    });
    table(&header, 1, rows.collect())
}

/// How far each model is from the truth, in shares, in number and in return.
pub(super) fn errors(out: &mut String, outcome: &Outcome) {
    if outcome.sampled == 0 {
        let _ = writeln!(
            out,
            "\nNo user was simulated with channels switched off: truth below is the naive pointer.",
        );
    }
    let regimes = &outcome.regimes;
    let title = "Error against causal truth: share of credit given to the wrong channel (0 right, 1 \
                 all wrong; ±95 %)";
    section(
        out,
        title,
        &by_regime(regimes, &|m| plus_minus(&m.share_error, 3)),
    );
    if outcome.noise_floor > 0.0 {
        let floor = outcome.noise_floor;
        let _ = writeln!(
            out,
            " A perfect model would show about {floor:.3}: the truth itself is known from a sample only.",
        );
    }
    let title = "Overcount: orders credited to channels ÷ orders that they caused (1 right)";
    section(
        out,
        title,
        &by_regime(regimes, &|m| plus_minus(&m.overcount, 2)),
    );
    if outcome.incremental_roi.value.is_finite() {
        let title = format!(
            "Return on advertising, as measured (incremental return by the truth: {})",
            plus_minus(&outcome.incremental_roi, 2)
        );
        section(out, &title, &by_regime(regimes, &|m| plus_minus(&m.roi, 2)));
    }
    returns(out, regimes);
    for regime in regimes {
        let _ = writeln!(out, " {}: {}", regime.name, regime.about);
    }
    for regime in regimes {
        for model in &regime.models {
            for note in model.credit.notes() {
                let _ = writeln!(out, " {} under {}: {note}.", model.model, regime.name);
            }
        }
    }
}

/// How far measured return is from incremental return, by regime, for one model. Those who share more
/// join more orders; that this need not bring return nearer to the truth is said where it is so.
fn returns(out: &mut String, regimes: &[RegimeOutcome]) {
    let Some(first) = regimes.first() else {
        return;
    };
    let names = || first.models.iter().map(|m| m.model.as_str());
    let Some(model) = names().find(|m| *m == "linear").or_else(|| names().next()) else {
        return;
    };
    let of = |r: &RegimeOutcome| r.models.iter().find(|m| m.model == model).cloned();
    let mut found: Vec<(&str, Believed)> = regimes
        .iter()
        .filter_map(|r| Some((r.name.as_str(), of(r)?)))
        .filter(|(_, m)| m.roi_rmse.value.is_finite())
        .collect();
    let joined = |m: &Believed| m.credit.credited().conversions;
    found.sort_by(|a, b| joined(&a.1).total_cmp(&joined(&b.1)));
    let parts: Vec<String> = found
        .iter()
        .map(|(name, m)| {
            let side = if m.roi_bias.interval.is_some_and(|i| i.crosses_zero()) {
                ""
            } else if m.roi_bias.value < 0.0 {
                " too low"
            } else {
                " too high"
            };
            format!("{name} {}{side}", plus_minus(&m.roi_rmse, 2))
        })
        .collect();
    if parts.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        " Error of {model} by tier of merchants (root mean square), from fewest to most orders joined:\n \
         {}.",
        parts.join(", ")
    );
    let worse = |w: &[(&str, Believed)]| w[1].1.roi_rmse.value > w[0].1.roi_rmse.value;
    if found.windows(2).any(worse) {
        let _ = writeln!(
            out,
            " More orders joined is not less error: an order that is joined to a note is credited to \
             notes,\n caused or not, and most of those who buy after reading would have bought anyway."
        );
    }
}

fn half(e: &crate::engine::Estimate) -> String {
    e.interval
        .map_or_else(|| "–".to_owned(), |i| rounded(i.half()))
}

/// Credit beside truth, channel by channel, under the regime that shares most with merchants.
pub(super) fn credit(out: &mut String, scenario: &Scenario, outcome: &Outcome) {
    let preferred = outcome.regimes.iter().find(|r| r.name == "full_path");
    let Some(regime) = preferred.or(outcome.regimes.first()) else {
        return;
    };
    let mut header = vec!["channel", "caused", "±95 %", "pointer"];
    let played = !outcome.shapley.is_empty();
    if played {
        header.extend(["due (Shapley)", "±95 %"]);
    }
    header.extend(regime.models.iter().map(|m| m.model.as_str()));
    let by_model: Vec<_> = regime
        .models
        .iter()
        .map(|m| m.credit.by_channel())
        .collect();
    let mut rows = Vec::new();
    for (place, caused) in outcome.caused.iter().enumerate() {
        let mut row = vec![
            caused.name.clone(),
            rounded(caused.orders.value),
            half(&caused.orders),
            rounded(outcome.truth.by_channel[place].pointer_orders),
        ];
        if let Some(due) = outcome.shapley.get(place) {
            row.extend([rounded(due.orders.value), half(&due.orders)]);
        }
        row.extend(by_model.iter().map(|m| rounded(m[place].conversions)));
        rows.push(row);
    }
    let orders = outcome.truth.orders;
    let left = |given: &dyn Fn(usize) -> f64| {
        let given: f64 = (0..outcome.caused.len()).map(given).sum();
        rounded(orders - given)
    };
    let mut row = vec![
        "nobody".to_owned(),
        left(&|c| outcome.caused[c].orders.value),
        String::new(),
        left(&|c| outcome.truth.by_channel[c].pointer_orders),
    ];
    if played {
        row.extend([left(&|c| outcome.shapley[c].orders.value), String::new()]);
    }
    for model in &regime.models {
        let rest = model.credit.total().conversions - model.credit.credited().conversions;
        row.push(rounded(rest));
    }
    rows.push(row);
    let title = format!(
        "Orders by channel: caused, and credited under {}",
        regime.name
    );
    section(out, &title, &table(&header, 1, rows));
    let _ = writeln!(
        out,
        " All channels together cause {} orders ({} of {}); truth from {} users simulated again \
         without each.",
        plus_minus_rounded(&outcome.all.orders),
        percent(outcome.all.orders.value / orders),
        rounded(orders),
        count(outcome.sampled),
    );
    for set in &outcome.sets {
        let alone: f64 = scenario
            .wire()
            .measure
            .truth
            .sets
            .iter()
            .filter(|s| s.name == set.name)
            .flat_map(|s| &s.channels)
            .filter_map(|name| outcome.caused.iter().find(|c| c.name == *name))
            .map(|c| c.orders.value)
            .sum();
        let _ = writeln!(
            out,
            " Without {} together {} orders are gone; without each alone, {} in sum.",
            set.name,
            plus_minus_rounded(&set.orders),
            rounded(alone),
        );
    }
}

/// What experiments by lot find, beside the truth.
pub(super) fn experiments(out: &mut String, outcome: &Outcome) {
    let yes = |it: bool| if it { "yes" } else { "no" }.to_owned();
    for experiment in &outcome.experiments {
        let rows = experiment.found.iter().zip(&experiment.caused);
        let rows = rows.zip(&experiment.held).map(|((found, caused), held)| {
            let interval = found.orders.interval;
            let covers = interval.is_some_and(|i| (i.low..=i.high).contains(&caused.orders.value));
            vec![
                found.name.clone(),
                count(*held),
                rounded(found.orders.value),
                half(&found.orders),
                rounded(caused.orders.value),
                half(&caused.orders),
                yes(covers),
                yes(interval.is_some_and(|i| !i.crosses_zero())),
            ]
        });
        let header = [
            "held back",
            "users",
            "found",
            "±95 %",
            "caused",
            "±95 %",
            "covered",
            "told from nothing",
        ];
        let title = format!(
            "Experiment {}: users held back by lot, against users with everything on (orders)",
            experiment.name
        );
        section(out, &title, &table(&header, 1, rows.collect()));
        if let Some([share_error, overcount]) = &experiment.scores {
            let _ = writeln!(
                out,
                " Share error {}, overcount {}, whatever is shared: it needs no attribution.",
                plus_minus(share_error, 3),
                plus_minus(overcount, 2),
            );
        }
    }
}

/// What it costs to spend by each model's word.
pub(super) fn regret(out: &mut String, outcome: &Outcome) {
    let Some(regret) = &outcome.regret else {
        return;
    };
    let cell = |m: &Believed| match &m.regret_fen {
        None => "–".to_owned(),
        Some(e) => fen(e),
    };
    let title = "Regret: sales lost by moving the advertising budget to where the model sees most \
                 return (¥; ±95 %)";
    section(out, title, &by_regime(&outcome.regimes, &cell));
    let budget = |times: &[f64]| -> String {
        let spent = outcome.spend.by_channel();
        let paid = outcome.caused.iter().zip(times).zip(&spent);
        let paid = paid.filter(|(_, spent)| **spent > 0.0);
        let paid = paid.map(|((c, times), _)| format!("{} ×{}", c.name, decimals(*times, 2)));
        paid.collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(
        out,
        " Against the budget that the truth chooses by the same rule: {}.\n Leaving the budget as it is \
         loses {}. {} users lived with each of {} budgets; a channel's part\n may become {} times what \
         it is, or that part of it. 0 without interval: the model chooses what the truth chooses.",
        budget(&regret.truth),
        fen(&regret.today.lost_fen),
        count(regret.users),
        regret.chosen.len() + 2,
        decimals(regret.most, 1),
    );
}

fn fen(e: &crate::engine::Estimate) -> String {
    let value = yuan(e.value.round() as i64);
    e.interval.map_or(value.clone(), |i| {
        format!("{value} ±{}", yuan(i.half().round() as i64))
    })
}
