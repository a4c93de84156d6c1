//! The charts of a load test, each with a sentence for the case that there is nothing to draw.

use crate::report::page::chart::{Axis, Chart, Line, Mark, Piece, Stroke};
use crate::report::page::scale::Scale;

use super::super::words::millis;
use super::told::{Latency, Rate, Tick, Told};

/// A chart, or why there is none.
pub(super) type Drawn = Result<Chart, &'static str>;

const TIME: &str = "seconds since the start";
const EMPTY: &str = "Nothing was seen of the time that was played, so nothing is drawn over it.";
/// Units of bytes, each 1,024 times the one before.
const BYTES: [(&str, f64); 4] = [
    ("KiB", 1_024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];
const MARKS: [(Mark, &str); 2] = [(Mark::Dot, "held"), (Mark::Cross, "not held")];

/// What was due and what was done.
pub(super) fn rates(told: &Told) -> Drawn {
    let per_s = |of: &dyn Fn(&Tick) -> Option<u64>| {
        pieces(told, &|tick, seconds| {
            of(tick).map(|n| n as f64 / seconds.max(1e-9))
        })
    };
    let timetable = told.test.series.iter().any(|tick| tick.due.is_some());
    let mut lines = Vec::new();
    if timetable {
        lines.push(line("due", Stroke::Wide, per_s(&|tick| tick.due)));
    }
    lines.push(line("done", Stroke::Thin, per_s(&|tick| Some(tick.done))));
    let title = if timetable {
        "Rate: due and done"
    } else {
        "Rate: done (there is no timetable, so nothing is due)"
    };
    let highest = highest(&lines);
    over_time(
        told,
        ("rate", title, "events/s"),
        Scale::linear(highest, 1.0),
        lines,
    )
}

/// What is due, or sent, and not done.
pub(super) fn backlog(told: &Told) -> Drawn {
    let points = points(told, &|tick| tick.backlog as f64);
    let title = match told.rate.target_per_s {
        Some(_) => "Backlog: due and not done",
        None => "Backlog: sent and not done",
    };
    let lines = vec![line("backlog", Stroke::Thin, points)];
    let scale = Scale::linear(highest(&lines), 1.0);
    over_time(told, ("backlog", title, "events"), scale, lines)
}

/// From the time an order was meant to be sent to its credit.
pub(super) fn latencies(told: &Told) -> Drawn {
    let of = |of: &dyn Fn(&Latency) -> Option<f64>| pieces(told, &|tick, _| of(&tick.latency_ms));
    let lines = vec![
        line("longest", Stroke::Dashed, of(&|l| l.max)),
        line("p99", Stroke::Bold, of(&|l| l.p99)),
        line("p50", Stroke::Thin, of(&|l| l.p50)),
    ];
    let limit = allowed(told);
    let Some(scale) = log_scale(&lines, limit.as_ref()) else {
        return Err(no_latency(told));
    };
    let title = "Latency of orders, by when they were meant to be sent";
    let chart = over_time(told, ("latency", title, "ms"), scale, lines)?;
    Ok(Chart { limit, ..chart })
}

/// Bytes of state.
pub(super) fn state(told: &Told) -> Drawn {
    let most = told.test.series.iter().map(|tick| tick.state_bytes).max();
    let most = most.unwrap_or(0) as f64;
    if most == 0.0 {
        return Err(if told.rate.rows.is_some() {
            "No state was seen, so none is drawn."
        } else {
            "What this system keeps in memory is not seen from here, so it is not drawn."
        });
    }
    let fits = BYTES.iter().rfind(|(_, bytes)| most >= *bytes);
    let (unit, bytes) = fits.copied().unwrap_or(BYTES[0]);
    let points = points(told, &|tick| tick.state_bytes as f64 / bytes);
    let lines = vec![line("state", Stroke::Thin, points)];
    let scale = Scale::linear(highest(&lines), 0.0);
    over_time(told, ("state", "State of the system", unit), scale, lines)
}

/// Latency against the rate that was asked for.
pub(super) fn curve(told: &Told, tried: &[Rate]) -> Drawn {
    let of = |of: &dyn Fn(&Latency) -> Option<f64>| {
        let piece = |rate: &Rate| {
            let asked = rate.target_per_s?;
            let held = rate.sustainable == Some(true);
            Some(Piece {
                from: asked,
                to: asked,
                value: of(&rate.latency_ms),
                mark: Some(if held { Mark::Dot } else { Mark::Cross }),
            })
        };
        tried.iter().filter_map(piece).collect::<Vec<Piece>>()
    };
    let lines = vec![
        line("p99", Stroke::Bold, of(&|l| l.p99)),
        line("p90", Stroke::Dashed, of(&|l| l.p90)),
        line("p50", Stroke::Thin, of(&|l| l.p50)),
    ];
    let limit = allowed(told);
    let Some(scale) = log_scale(&lines, limit.as_ref()) else {
        return Err("No rate was played at which orders were credited, so nothing is drawn.");
    };
    let rates = lines.iter().flat_map(|line| &line.pieces);
    let highest = rates.map(|piece| piece.from).fold(0.0, f64::max);
    Ok(Chart {
        id: "curve",
        title: "Latency of orders at each rate that was played".to_owned(),
        x: Axis {
            title: "events/s asked for",
            scale: Scale::linear(highest, 1.0),
        },
        y: Axis { title: "ms", scale },
        lines,
        limit,
        shaded: None,
        marks: &MARKS,
    })
}

fn over_time(
    told: &Told,
    (id, title, unit): (&'static str, &str, &'static str),
    scale: Scale,
    lines: Vec<Line>,
) -> Drawn {
    let Some(last) = told.test.series.last() else {
        return Err(EMPTY);
    };
    let warm_up = told.test.warm_up_s;
    Ok(Chart {
        id,
        title: title.to_owned(),
        x: Axis {
            title: TIME,
            scale: Scale::until(last.until_s),
        },
        y: Axis { title: unit, scale },
        lines,
        limit: None,
        shaded: (warm_up > 0.0).then_some((warm_up, "warm-up")),
        marks: &[],
    })
}

/// The p99 that is allowed, where a rate is judged by it.
fn allowed(told: &Told) -> Option<(f64, String)> {
    let ms = told.test.demand.p99_ms;
    let judged = told.rate.target_per_s.is_some();
    judged.then(|| (ms, format!("p99 allowed: {} ms", millis(ms))))
}

fn no_latency(told: &Told) -> &'static str {
    if told.is_credited() {
        "No order was due in the time that was played, so there is no latency to draw."
    } else {
        "No credit comes back from this system, so there is no latency to draw."
    }
}

fn line(name: &'static str, stroke: Stroke, pieces: Vec<Piece>) -> Line {
    Line {
        name,
        stroke,
        pieces,
    }
}

/// What holds during each piece of the series; `of` is given its seconds, too.
fn pieces(told: &Told, of: &dyn Fn(&Tick, f64) -> Option<f64>) -> Vec<Piece> {
    let mut from = 0.0;
    let piece = |tick: &Tick| {
        let piece = Piece {
            from,
            to: tick.until_s,
            value: of(tick, tick.until_s - from),
            mark: None,
        };
        from = tick.until_s;
        piece
    };
    told.test.series.iter().map(piece).collect()
}

/// What stood at the end of each piece of the series.
fn points(told: &Told, of: &dyn Fn(&Tick) -> f64) -> Vec<Piece> {
    let point = |tick: &Tick| Piece {
        from: tick.until_s,
        to: tick.until_s,
        value: Some(of(tick)),
        mark: None,
    };
    told.test.series.iter().map(point).collect()
}

fn values(lines: &[Line]) -> impl Iterator<Item = f64> + Clone {
    let pieces = lines.iter().flat_map(|line| &line.pieces);
    pieces.filter_map(|piece| piece.value)
}

fn highest(lines: &[Line]) -> f64 {
    values(lines).fold(0.0, f64::max)
}

/// A scale of all values and the limit; none if there are no values.
fn log_scale(lines: &[Line], limit: Option<&(f64, String)>) -> Option<Scale> {
    // Above the limit there is room for its name.
    let limit = limit.map(|(limit, _)| [*limit, limit * 1.5]);
    let all = values(lines).chain(limit.into_iter().flatten());
    let lowest = all.clone().filter(|x| *x > 0.0).reduce(f64::min);
    let highest = all.reduce(f64::max);
    values(lines).next()?;
    Some(Scale::log(lowest?, highest?))
}
