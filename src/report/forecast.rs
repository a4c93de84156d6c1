//! What a large run will take, as JSON and as text.

use serde_json::{Value, json};

use crate::engine::forecast::{Forecast, Settled};
use crate::scenario::Scenario;

use super::document::build;

/// How much the half-widths themselves may be off, as factors: χ² with 31 degrees of freedom, 95 %.
pub const UNSURE: [f64; 2] = [0.80, 1.33];

/// The `--json` document. `within` is the part of a figure that half its interval is to be;
/// `folder_bytes` the size of the run folder.
#[must_use]
pub fn document(scenario: &Scenario, of: &Forecast, within: f64, folder_bytes: u64) -> Value {
    let probe = &of.probe;
    let [fast, slow] = of.seconds_between(of.cores);
    let [least, most] = probe.range();
    let figure = |f: &Settled| {
        json!({
            "figure": f.name, "value": f.value, "half_width": f.half,
            "users_for_within": of.users_for(f, within),
        })
    };
    json!({
        "redcat": build(),
        "scenario": { "name": scenario.wire().name, "digest": scenario.digest().to_string() },
        "users": of.users, "cores": of.cores, "events": of.events * of.users as f64,
        "time": {
            "seconds": of.seconds(of.cores), "if_as_fastest_batch": fast,
            "if_as_slowest_batch": slow, "core_seconds": of.core_seconds(), "tag": "derived",
            "assumed": (of.cores > probe.threads).then_some(
                "cores beyond those measured are as good as these"
            ),
            "budgets_left_out": of.compares_budgets,
        },
        "memory": { "bytes": of.memory(), "tag": "derived" },
        "output": {
            "checkpoint_bytes": probe.kept, "folder_bytes": folder_bytes, "tag": "measured",
            "log_rows": probe.log[0] * of.users as f64, "log_bytes": probe.log[1] * of.users as f64,
            "log_tag": "derived",
        },
        "probe": {
            "users": probe.users, "threads": probe.threads, "start_s": probe.start,
            "us_a_user": probe.alone() * 1e6, "us_a_user_fastest_batch": least * 1e6,
            "us_a_user_slowest_batch": most * 1e6, "batches": probe.seconds_a_user.len(),
            "us_a_user_together": probe.together * 1e6, "efficiency": probe.efficiency(),
            "had": probe.had, "conclude_s": probe.conclude, "peak_rss_bytes": probe.memory, "tag": "measured",
        },
        "within": within,
        "half_widths_off_by": UNSURE,
        "figures": of.settled().iter().map(figure).collect::<Vec<_>>(),
    })
}

/// The same as text, ready to print.
#[cfg(feature = "cli")]
#[must_use]
pub fn summary(scenario: &Scenario, of: &Forecast, within: f64, folder_bytes: u64) -> String {
    use super::figures::{bytes, count, of_them, percent, significant};
    use super::layout::{section, table};

    let probe = &of.probe;
    let number = |x: f64| count(x.round().max(0.0) as u64);
    let row = |cells: &[&str]| cells.iter().map(|&c| c.to_owned()).collect::<Vec<String>>();
    let mut out = format!(
        "{}: {} users, some {} events, on {}\nfrom a run of {} users here, on {}\n",
        scenario.wire().name,
        count(of.users),
        number(of.events * of.users as f64),
        of_them(of.cores, "core"),
        count(probe.users),
        of_them(probe.threads, "thread"),
    );
    let [fast, slow] = of.seconds_between(of.cores);
    let assumed = if of.cores > probe.threads {
        "derived; that cores beyond those here are as good is assumed"
    } else {
        "derived"
    };
    let whole = |b: Option<f64>| b.map_or_else(|| "not known".to_owned(), |b| bytes(b as u64));
    let span = format!("{} to {}", duration(fast), duration(slow));
    let rows = vec![
        row(&["time", &duration(of.seconds(of.cores)), assumed]),
        row(&["if as the fastest or the slowest batch", &span, ""]),
        row(&["time of all cores", &duration(of.core_seconds()), "derived"]),
        row(&["peak memory", &whole(of.memory()), "derived"]),
        row(&["checkpoint, or a part", &bytes(probe.kept), "measured"]),
        row(&["run folder", &bytes(folder_bytes), "measured"]),
        row(&[
            "log, if one is generated (Parquet)",
            &whole(Some(probe.log[1] * of.users as f64)),
            "derived",
        ]),
    ];
    section(&mut out, "It will take", &table(&["", "", ""], 1, rows));
    if of.compares_budgets {
        out.push_str(" The scenario compares budgets afterwards, which takes longer than all this and is left out.\n");
    }
    let [least, most] = probe.range().map(|s| significant(s * 1e6, 3));
    let rows = vec![
        row(&[
            "one thread alone, µs a user",
            &significant(probe.alone() * 1e6, 3),
            &format!(
                "{least} to {most} in {} batches",
                probe.seconds_a_user.len()
            ),
        ]),
        row(&[
            "one of all threads, µs a user",
            &significant(probe.together * 1e6, 3),
            &format!("{} of a thread alone", percent(probe.efficiency())),
        ]),
        row(&[
            "start and conclusions, s",
            &significant(probe.start + probe.conclude, 3),
            "",
        ]),
    ];
    section(&mut out, "Measured", &table(&["", "", ""], 1, rows));
    if let Some(had) = probe.had.filter(|had| *had < 0.9) {
        out.push_str(&format!(
            " Other processes took {} of the cores meanwhile; the forecast is for cores that are free.\n",
            percent(1.0 - had)
        ));
    }
    let settled = of.settled();
    // Totals are whole numbers, the others are not.
    let plain = |x: f64| match x {
        x if x >= 1_000.0 => number(x),
        x => significant(x, 3),
    };
    let users = |f: &Settled| {
        of.users_for(f, within)
            .map_or_else(|| "–".to_owned(), count)
    };
    let figure = |f: &Settled| {
        vec![
            f.name.clone(),
            plain(f.value),
            format!("±{}", plain(f.half)),
            format!("{} %", significant(100.0 * f.half / f.value.abs(), 2)),
            users(f),
        ]
    };
    let wanted = format!("users for ±{} %", significant(within * 100.0, 2));
    let head = ["figure", "value", "±95 %", "of it", &wanted];
    let rows = shown(&settled).map(figure).collect();
    section(
        &mut out,
        "Figures will be this sure",
        &table(&head, 1, rows),
    );
    out.push_str(
        " Of errors and overcounts, the model that is least sure under each regime; --json has all.\n\
         \x20These half-widths may themselves be off, by a factor of 0.80 to 1.33 (95 %): they come from 32\n\
         \x20groups of the probe's users. They are about which users there are, in one market.\n",
    );
    let hour = of.machines(of.cores, 3_600.0);
    if let Some(machines) = hour.filter(|machines| *machines > 1) {
        out.push_str(&format!(
            "\nUnder an hour: {} machines like this one would be, each with a part (--part I/{0}).\n",
            count(machines)
        ));
    }
    out
}

/// What fits on a screen: what is caused in all, and of each kind of figure and regime the least sure.
#[cfg(feature = "cli")]
fn shown(all: &[Settled]) -> impl Iterator<Item = &Settled> {
    let kind = |f: &Settled| match f.name.split_once(": ") {
        // The name of a model is the last word.
        Some((what, of)) if what != "orders caused" => {
            let regime = of.rsplit_once(' ').map_or(of, |(regime, _)| regime);
            format!("{what}: {regime}")
        }
        _ => f.name.clone(),
    };
    let relative = |f: &Settled| f.half / f.value.abs();
    all.iter().filter(move |f| {
        let mut alike = all.iter().filter(|other| kind(other) == kind(f));
        let least_sure = alike.clone().map(relative).fold(0.0, f64::max);
        let first = alike.find(|other| relative(other) >= least_sure);
        first.is_some_and(|first| first.name == f.name)
    })
}

/// Seconds as people say them.
#[cfg(feature = "cli")]
fn duration(seconds: f64) -> String {
    use super::figures::significant;
    match seconds {
        s if !s.is_finite() => "–".to_owned(),
        s if s < 120.0 => format!("{} s", significant(s, 3)),
        s if s < 7_200.0 => format!("{} min", significant(s / 60.0, 3)),
        s if s < 172_800.0 => format!("{} h", significant(s / 3_600.0, 3)),
        s => format!("{} days", significant(s / 86_400.0, 3)),
    }
}
