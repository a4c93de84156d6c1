//! The key figures of a load test.

use crate::report::figures::{bytes, count, decimals, percent, rounded};
use crate::report::page::block::Tile;

use super::super::words::millis;
use super::figures::not_told;
use super::told::Told;

/// What a reader wants to know first.
pub(super) fn figures(told: &Told) -> Vec<Tile> {
    let rate = &told.rate;
    let mut all: Vec<Tile> = rates(told).into_iter().chain(latencies(told)).collect();
    let growth = rounded(rate.backlog.growth_per_s);
    all.push(Tile {
        aside: format!("growing by {growth} events/s"),
        ..tile("Largest backlog", count(rate.backlog.most), "events")
    });
    let (state, aside) = match rate.state_bytes {
        0 => (not_told(), "not seen from here"),
        most => (bytes(most), "at most"),
    };
    all.push(Tile {
        aside: aside.to_owned(),
        ..tile("State", state, "")
    });
    all.push(generator(told));
    all
}

/// Asked and done. A rate in the shape of the hours is a mean, and what is done in a rush no share of it.
fn rates(told: &Told) -> [Tile; 3] {
    let rate = &told.rate;
    let shaped = told.test.pace == "profile";
    let asked = match rate.target_per_s {
        Some(target) => Tile {
            aside: match (told.test.curve.is_some(), shaped) {
                (true, _) => "found by search",
                (false, true) => "mean of the hours played",
                (false, false) => "",
            }
            .to_owned(),
            ..tile("Rate asked", rounded(target), "events/s")
        },
        None => tile("Rate asked", "as fast as can be".to_owned(), ""),
    };
    let share = rate.target_per_s.filter(|target| *target > 0.0 && !shaped);
    let share = share.map(|target| percent(rate.achieved_per_s / target));
    let done = Tile {
        aside: share.map_or_else(String::new, |share| format!("{share} of what was asked")),
        ..tile("Rate done", rounded(rate.achieved_per_s), "events/s")
    };
    let orders = tile("Orders", rounded(rate.orders_per_s), "orders/s");
    [asked, done, orders]
}

fn latencies(told: &Told) -> [Tile; 3] {
    let latency = &told.rate.latency_ms;
    let allowed = millis(told.test.demand.p99_ms);
    let of = |name, ms: Option<f64>, aside: &str| match ms {
        Some(ms) => Tile {
            aside: aside.to_owned(),
            ..tile(name, millis(ms), "ms")
        },
        None => Tile {
            aside: if told.is_credited() {
                "no order in the time measured"
            } else {
                "no credit comes back"
            }
            .to_owned(),
            ..tile(name, not_told(), "")
        },
    };
    let allowed = match told.rate.target_per_s {
        Some(_) => format!("allowed: {allowed} ms"),
        None => String::new(),
    };
    [
        of("Latency, p50", latency.p50, ""),
        of("Latency, p99", latency.p99, &allowed),
        of("Latency, longest", latency.max, ""),
    ]
}

/// How late the generator was by itself: without a timetable it cannot be.
fn generator(told: &Told) -> Tile {
    let own = &told.rate.generator;
    let name = "Generator late by itself, p99";
    let waited = format!("kept waiting {} s", decimals(own.kept_waiting_s, 2));
    match told.rate.target_per_s {
        Some(_) => Tile {
            aside: format!("at most {} ms; {waited}", millis(own.late_max_ms)),
            ..tile(name, millis(own.late_p99_ms), "ms")
        },
        None => Tile {
            aside: format!("no timetable; {waited}"),
            ..tile(name, not_told(), "")
        },
    }
}

/// A key figure without an aside.
fn tile(name: &'static str, value: String, unit: &'static str) -> Tile {
    Tile {
        name,
        value,
        unit,
        aside: String::new(),
    }
}
