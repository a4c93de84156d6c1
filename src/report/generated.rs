//! What a log holds.

use serde_json::{Value, json};

use crate::base::Digest;
use crate::engine::generate::{Generated, Order};
use crate::scenario::Scenario;

use super::document::{Context, absorb, build, map};

/// The `--json` document of a log. `digest` covers the latent world and the rows of each kind.
#[must_use]
pub fn document(scenario: &Scenario, log: &Generated, context: &Context) -> Value {
    let rows: u64 = log.rows.iter().map(|(_, _, n)| n).sum();
    let by_kind = log.rows.iter().map(|(_, name, n)| ((*name).to_owned(), *n));
    let results = json!({ "latent_digest": log.latent, "rows": rows, "by_event": map(by_kind) });
    let mut digest = Digest::new();
    digest.word(context.seed);
    absorb(&mut digest, &results);
    json!({
        "redcat": build(),
        "scenario": {
            "name": scenario.wire().name, "digest": scenario.digest().to_string(),
        },
        "seed": context.seed, "users": log.users, "threads": log.threads,
        "digest": digest.to_string(), "latent_digest": results["latent_digest"],
        "track": log.track.name(),
        "order": if log.order == Order::Time { "time" } else { "user" },
        "rows": rows, "by_event": results["by_event"], "parts": log.parts,
        "elapsed_s": context.elapsed_s, "peak_rss_bytes": context.peak_rss_bytes,
    })
}

/// Rows by kind as text, ready to print.
#[cfg(feature = "cli")]
#[must_use]
pub fn summary(scenario: &Scenario, log: &Generated, context: &Context) -> String {
    use super::figures::{bytes, count, of_them, percent};
    use std::fmt::Write as _;

    let all: u64 = log.rows.iter().map(|(_, _, n)| n).sum();
    let mut out = String::new();
    let per_s = all as f64 / context.elapsed_s.max(1e-9) / 1e6;
    let memory = context
        .peak_rss_bytes
        .map_or_else(|| "not known".to_owned(), bytes);
    let _ = writeln!(
        out,
        "{}  (seed {})\n{} users: {} rows in {}, sorted by {}\n{:.2} s on {}: \
         {per_s:.1} million rows/s; peak memory {memory}\n",
        scenario.wire().name,
        context.seed,
        count(log.users),
        count(all),
        of_them(log.parts, "part"),
        match log.order {
            Order::User => "user and time",
            Order::Time => "time and user",
        },
        context.elapsed_s,
        of_them(log.threads as u64, "thread"),
    );
    let rows = log.rows.iter().filter(|(_, _, n)| *n > 0);
    let rows = rows.map(|(_, name, n)| {
        vec![
            (*name).to_owned(),
            count(*n),
            percent(*n as f64 / all.max(1) as f64),
        ]
    });
    out += &super::layout::table(&["event", "rows", "share"], 1, rows.collect());
    out.push('\n');
    out
}
