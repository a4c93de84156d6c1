//! Speeds as text.

use std::fmt::Write as _;

use crate::base::median::Verdict;
use crate::engine::bench::{BenchOptions, Measured, Part};

use super::super::figures::{bytes, count, decimals, percent, rounded, significant};
use super::super::layout;
use super::{Comparison, FLOOR, Figures, NOISY, Setting};

/// Bytes of a state, which is often small.
fn small(n: usize) -> String {
    match n {
        0..1_024 => format!("{n} B"),
        1_024..1_048_576 => format!("{} KiB", rounded(n as f64 / 1_024.0)),
        _ => bytes(n as u64),
    }
}

/// A name that leaves room for numbers.
fn short(name: &str) -> String {
    let models = name.split(',').count();
    let mut names = name.split(',');
    match (names.next(), models) {
        (Some(first), 4..) => format!("{first} and {} more in one pass", models - 1),
        _ => name.to_owned(),
    }
}

/// Seconds in a unit that suits them.
fn seconds(s: f64) -> String {
    let (value, unit) = match s {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s if s >= 1e-6 => (s * 1e6, "µs"),
        s => (s * 1e9, "ns"),
    };
    format!("{} {unit}", significant(value, 3))
}

/// All measurements, ready to print.
#[must_use]
pub fn table(measured: &[Measured], options: &BenchOptions, setting: &Setting) -> String {
    let mut out = head(options, setting);
    let mut data: Vec<(Part, &str)> = Vec::new();
    for m in measured {
        let here = (m.work.part, m.work.data.as_str());
        if !data.contains(&here) {
            data.push(here);
        }
    }
    data.sort_by_key(|(part, _)| *part);
    for (part, data) in data {
        let of = |m: &&Measured| m.work.part == part && m.work.data == data;
        let rows: Vec<&Measured> = measured.iter().filter(of).collect();
        let title = match part {
            Part::Yardstick => format!("Yardstick: {data}"),
            Part::Fold => format!("Models: {data}"),
            Part::Fit => format!("Fits: {data}"),
            Part::Season => format!("Season of {data}"),
        };
        layout::section(&mut out, &title, &section(part, &rows));
    }
    let noisy = measured
        .iter()
        .filter_map(Figures::of)
        .filter(Figures::noisy);
    let noisy = noisy.count();
    if noisy > 0 {
        let _ = writeln!(
            out,
            "\n ! {noisy} of {} measurements have quartiles more than {} of the median apart: the \
             machine was\n busy with other work. Read ratios within one round, or measure again.",
            measured.len(),
            percent(NOISY),
        );
    }
    out
}

fn head(options: &BenchOptions, setting: &Setting) -> String {
    let machine = &setting.machine;
    let mut out = format!(
        "{}, {} cores, {}",
        machine.processor.as_deref().unwrap_or("unknown processor"),
        machine.cores,
        machine.platform
    );
    if let Some(memory) = machine.memory_bytes {
        let _ = write!(out, ", {}", bytes(memory));
    }
    if let Some(load) = setting.load {
        let _ = write!(out, "; load {} before", decimals(load, 1));
    }
    let _ = write!(
        out,
        "\n{} rounds, {} s or more each; medians, ± half the 95 % interval of the median; had: the part of\n\
         the cores asked for that other processes left; {} s in all",
        options.rounds,
        significant(options.time.as_secs_f64(), 3),
        rounded(setting.elapsed_s)
    );
    if let Some(peak) = setting.peak_rss_bytes {
        let _ = write!(out, ", peak memory {}", bytes(peak));
    }
    out.push('\n');
    out
}

fn section(part: Part, measured: &[&Measured]) -> String {
    let mut header = match part {
        Part::Yardstick => vec!["name", "threads", "draws/s", "±"],
        Part::Fold => vec![
            "model",
            "threads",
            "journeys/s",
            "±",
            "touches/s",
            "ns a touch",
            "states",
        ],
        Part::Fit => vec!["model", "threads", "a fit", "±", "state"],
        Part::Season => vec!["what", "threads", "events/s", "±", "ns an event"],
    };
    header.extend(["had", ""]);
    let row = |m: &&Measured| {
        let f = Figures::of(m)?;
        let half = f
            .interval
            .map_or_else(|| "–".to_owned(), |i| percent(i.half() / f.middle.median));
        let work = &m.work;
        let states = work.state_bytes.unwrap_or(0);
        let mut row = vec![short(&work.name), count(work.threads as u64)];
        match part {
            Part::Yardstick => row.extend([rounded(f.per_s), half]),
            Part::Fold => row.extend([
                rounded(f.per_s),
                half,
                rounded(1e9 / f.ns_a_touch.unwrap_or(f64::NAN)),
                f.ns_a_touch
                    .map_or_else(|| "–".to_owned(), |ns| decimals(ns, 2)),
                small(states * work.threads),
            ]),
            Part::Fit => row.extend([seconds(f.middle.median), half, small(states)]),
            Part::Season => row.extend([rounded(f.per_s), half, decimals(f.ns_an_item, 1)]),
        }
        row.push(Figures::share(m).map_or_else(|| "–".to_owned(), |s| percent(s.min(1.0))));
        row.push(if f.noisy() { "!" } else { "" }.to_owned());
        Some(row)
    };
    layout::table(&header, 1, measured.iter().filter_map(row).collect())
}

/// What has changed, ready to print.
#[must_use]
pub fn comparison(found: &Comparison) -> String {
    let mut out = String::new();
    let rows = found.compared.iter().map(|c| {
        let interval = c.change.interval.map_or_else(
            || "–".to_owned(),
            |i| format!("{} to {}", decimals(i.low, 3), decimals(i.high, 3)),
        );
        vec![
            format!("{} {}", c.part.name(), short(&c.name)),
            c.data.clone(),
            count(c.threads as u64),
            decimals(c.change.ratio, 3),
            interval,
            c.change.verdict.name().to_owned(),
        ]
    });
    let header = ["what", "data", "threads", "new ÷ old", "99 %", "verdict"];
    let title = format!(
        "Against {}, redcat {}: time {}",
        found.of,
        found.program,
        if found.relative {
            "in units of the yardstick"
        } else {
            ""
        }
    );
    layout::section(
        &mut out,
        title.trim_end_matches([' ', ':']),
        &layout::table(&header, 2, rows.collect()),
    );
    let of = |verdict| {
        let all = found.compared.iter().filter(|c| c.part != Part::Yardstick);
        all.filter(|c| c.change.verdict == verdict).count()
    };
    let _ = writeln!(
        out,
        " {} faster, {} slower, {} without a change that could be told from noise (99 % intervals of \
         the medians meet,\n or they differ by less than {}).",
        of(Verdict::Faster),
        of(Verdict::Slower),
        of(Verdict::Same) + of(Verdict::TooFew),
        percent(FLOOR),
    );
    if found.only_new + found.only_old > 0 {
        let _ = writeln!(
            out,
            " Not in both, and left out: {} measured now, {} measured then.",
            found.only_new, found.only_old
        );
    }
    if found.machine_moved() && !found.relative {
        out.push_str(
            " ! The yardstick has moved: the machine itself ran at another speed, and so did all of \
             the above.\n Add --relative to read times in units of the yardstick.\n",
        );
    }
    out
}
