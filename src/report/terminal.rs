//! The first screen: what was simulated, who earned what, and how wrong each model is.

mod worth;

use std::fmt::Write;

use crate::base::DAY;
use crate::engine::Outcome;
use crate::evaluate::expect::Verdict;
use crate::scenario::Scenario;
use crate::world::{ROUTES, Route, Track};

use super::document::{Context, fact_name};
use super::figures::{bytes, count, of_them, percent, rounded, significant, yuan};
use super::layout::{NOT_TOLD, UNTOLD, section, table};

/// The whole summary as text, ready to print.
#[must_use]
pub fn summary(
    scenario: &Scenario,
    outcome: &Outcome,
    context: &Context,
    digest: &str,
    verdicts: &[Verdict],
) -> String {
    let mut out = String::new();
    head(&mut out, scenario, outcome, context);
    section(&mut out, "Events", &events(outcome));
    section(&mut out, "Orders", &orders(scenario, outcome));
    if !scenario.abroad().is_empty() {
        section(&mut out, "Orders from abroad", &abroad(scenario, outcome));
    }
    if outcome.stretches.len() > 1 {
        section(&mut out, "Policy", &policy(scenario, outcome));
    }
    section(&mut out, "Money", &money(outcome));
    worth::errors(&mut out, outcome);
    worth::credit(&mut out, scenario, outcome);
    super::told::terminal(&mut out, outcome);
    worth::experiments(&mut out, outcome);
    worth::regret(&mut out, outcome);
    facts(&mut out, outcome);
    foot(&mut out, outcome, digest, verdicts);
    out
}

fn head(out: &mut String, scenario: &Scenario, outcome: &Outcome, context: &Context) {
    let wire = scenario.wire();
    let e = outcome.counts.events();
    let _ = writeln!(
        out,
        "{}  (seed {})\n{}\n",
        wire.name, context.seed, wire.question
    );
    let per_user = e.total() as f64 / outcome.users as f64;
    let _ = writeln!(
        out,
        "{} users, {} days from {}: {} events, {per_user:.1} a user",
        count(outcome.users),
        scenario.calendar().days,
        scenario.calendar().start,
        count(e.total()),
    );
    let memory = context
        .peak_rss_bytes
        .map_or_else(|| "not known".to_owned(), bytes);
    let _ = writeln!(out, "{}; peak memory {memory}", pace(outcome, context));
    if outcome.track == Track::Reads {
        let untold = if outcome.ads_told { "" } else { UNTOLD };
        let _ = writeln!(out, "Impressions are not counted{untold}.");
    }
}

/// How long it took, and how fast that was for what was done in this time.
fn pace(outcome: &Outcome, context: &Context) -> String {
    let fresh = outcome.users.saturating_sub(context.before);
    if fresh == 0 {
        return format!(
            "{:.2} s to put together what was simulated before",
            context.elapsed_s
        );
    }
    let events = outcome.counts.events().total() as f64 * fresh as f64 / outcome.users as f64;
    let per_s = events / context.elapsed_s.max(1e-9) / 1e6;
    let threads = of_them(outcome.threads as u64, "thread");
    let of = if context.before > 0 {
        format!(" for the last {} users", count(fresh))
    } else {
        String::new()
    };
    format!(
        "{:.2} s on {threads}{of}: {per_s:.1} million events/s",
        context.elapsed_s
    )
}

fn events(outcome: &Outcome) -> String {
    let e = outcome.counts.events();
    let kinds = [
        ("impressions", e.impressions),
        ("reads", e.reads),
        ("engagements", e.engagements),
        ("clicks", e.clicks),
        ("visits", e.visits),
        ("carts", e.carts),
        ("orders", e.orders),
        ("refunds", e.refunds),
    ];
    let users = outcome.users as f64;
    let header: Vec<&str> = [""]
        .into_iter()
        .chain(kinds.map(|(name, _)| name))
        .collect();
    let mut totals = kinds.map(|(_, n)| count(n));
    let mut each = kinds.map(|(_, n)| significant(n as f64 / users, 3));
    if outcome.track == Track::Reads {
        (totals[0], each[0]) = (NOT_TOLD.to_owned(), NOT_TOLD.to_owned());
    }
    let row = |name: &str, cells: [String; 8]| {
        [name.to_owned()]
            .into_iter()
            .chain(cells)
            .collect::<Vec<_>>()
    };
    table(&header, 1, vec![row("total", totals), row("by user", each)])
}

fn orders(scenario: &Scenario, outcome: &Outcome) -> String {
    let places = scenario.wire().destinations.iter().enumerate();
    let sales: Vec<_> = places
        .map(|(p, d)| (d.name.clone(), outcome.counts.sales_total(p)))
        .collect();
    let gmv: i64 = sales.iter().map(|(_, s)| s.gmv_fen).sum();
    let rows = sales.into_iter().map(|(name, s)| {
        vec![
            name,
            count(s.orders),
            yuan(s.gmv_fen),
            percent(s.gmv_fen as f64 / gmv as f64),
            yuan(s.gmv_fen / i64::try_from(s.orders.max(1)).unwrap_or(1)),
            percent(s.refunds as f64 / s.orders as f64),
        ]
    });
    let header = [
        "destination",
        "orders",
        "GMV",
        "share of GMV",
        "by order",
        "returned",
    ];
    let mut body = table(&header, 1, rows.collect());
    let visits: Vec<String> = ROUTES
        .iter()
        .map(|(route, name)| format!("{name} {}", count(outcome.counts.visits_by(*route))))
        .collect();
    let _ = write!(body, "\n Store visits by route: {}", visits.join(", "));
    let direct = outcome.counts.visits_by(Route::Direct);
    if direct == 0 {
        let _ = write!(
            body,
            ".\n No link left the app; sales outside came by own search."
        );
    }
    body
}

/// Orders by region abroad, in its currency as well.
fn abroad(scenario: &Scenario, outcome: &Outcome) -> String {
    let rows = scenario.abroad().iter().zip(1..).map(|(region, place)| {
        let sold = outcome.counts.by_region.get(place);
        let (orders, fen) = sold.copied().unwrap_or_default();
        let charged = rounded(fen as f64 / region.exchange_fen);
        vec![
            region.name.clone(),
            count(orders),
            yuan(fen),
            format!("{} {charged}", region.currency),
        ]
    });
    table(&["region", "orders", "GMV", "charged"], 1, rows.collect())
}

/// Sales by destination while each set of rules held.
fn policy(scenario: &Scenario, outcome: &Outcome) -> String {
    let destinations = &scenario.wire().destinations;
    let days = |from: u32, until: u32| f64::from(until - from) / f64::from(DAY);
    let mut header = vec!["on", "from day", "days", "GMV a day"];
    header.extend(destinations.iter().map(|d| d.name.as_str()));
    let ends = outcome.stretches.iter().skip(1).map(|(from, _)| *from);
    let ends = ends.chain([scenario.calendar().end()]);
    let rows = outcome.stretches.iter().zip(ends).enumerate();
    let rows = rows.map(|(place, ((from, phases), until))| {
        let sold = &outcome.counts.by_stretch[place * destinations.len()..][..destinations.len()];
        let all: i64 = sold.iter().map(|(_, fen)| fen).sum();
        let name = if phases.is_empty() {
            "(none)".to_owned()
        } else {
            phases.join(" + ")
        };
        let mut row = vec![
            name,
            significant(days(0, *from) + 1.0, 3),
            significant(days(*from, until), 3),
            yuan((all as f64 / days(*from, until)).round() as i64),
        ];
        row.extend(
            sold.iter()
                .map(|(_, fen)| percent(*fen as f64 / all as f64)),
        );
        row
    });
    table(&header, 1, rows.collect())
}

fn money(outcome: &Outcome) -> String {
    let m = &outcome.money;
    let told = |fen| {
        if outcome.ads_told {
            yuan(fen)
        } else {
            NOT_TOLD.to_owned()
        }
    };
    let mut rows = vec![
        vec!["platform: advertising".to_owned(), told(m.ads_fen)],
        vec![
            "platform: commission in the app".to_owned(),
            yuan(m.commission_fen),
        ],
    ];
    if m.subsidy_fen != 0 {
        rows.push(vec!["platform: subsidies".to_owned(), yuan(-m.subsidy_fen)]);
    }
    for market in &m.marketplaces {
        let name = &market.name;
        rows.push(vec![
            format!("{name}: commission"),
            yuan(market.commission_fen),
        ]);
        if market.subsidy_fen != 0 {
            rows.push(vec![
                format!("{name}: subsidies"),
                yuan(-market.subsidy_fen),
            ]);
        }
        if market.funded_fen != 0 {
            let paid = format!("{name}: paid for merchants' advertising");
            rows.push(vec![paid, told(-market.funded_fen)]);
        }
    }
    rows.push(vec![
        "creators: commission".to_owned(),
        yuan(m.creators_fen),
    ]);
    for tier in &m.tiers {
        let left = told(tier.contribution_fen);
        let name = format!("merchants, {}: kept of orders", tier.tier);
        rows.push(vec![name, told(tier.kept_fen()), left]);
    }
    let kept: i64 = m
        .tiers
        .iter()
        .map(crate::evaluate::money::TierMoney::kept_fen)
        .sum();
    rows.push(vec!["merchants, all".to_owned(), told(kept)]);
    rows.push(vec![
        "users: paid for orders kept".to_owned(),
        yuan(-m.users_fen),
    ]);
    rows.push(vec!["sum (exact to the fen)".to_owned(), told(m.balance())]);
    table(&["actor", "received", "contribution margin"], 1, rows)
}

fn facts(out: &mut String, outcome: &Outcome) {
    if outcome.facts.is_empty() {
        return;
    }
    let rows = outcome.facts.iter().map(|f| {
        vec![
            fact_name(f),
            format!("{:?}", f.tag),
            f.source.clone(),
            significant(f.published, 4),
            f.simulated
                .map_or_else(|| "–".to_owned(), |s| significant(s, 4)),
            percent(f.tolerance),
            if f.ok() { "yes" } else { "NO" }.to_owned(),
        ]
    });
    let header = [
        "figure",
        "tag",
        "source",
        "published",
        "simulated",
        "within",
        "agrees",
    ];
    let title =
        "Published figures (S source article, P published, I industry, A assumed, D derived)";
    section(out, title, &table(&header, 3, rows.collect()));
}

/// A number found: whole ones grouped, others with four digits.
fn figure(x: f64) -> String {
    if x.fract() == 0.0 {
        rounded(x)
    } else {
        significant(x, 4)
    }
}

fn foot(out: &mut String, outcome: &Outcome, digest: &str, verdicts: &[Verdict]) {
    if !verdicts.is_empty() {
        let _ = writeln!(out, "\nExpected of this scenario");
    }
    for v in verdicts {
        let found = v.found.map_or_else(|| "not there".to_owned(), figure);
        let mark = if v.ok { "yes" } else { "NO " };
        let _ = writeln!(
            out,
            " {mark} {}: {found} {}; {}",
            v.path, v.bounds, v.because
        );
    }
    let _ = writeln!(
        out,
        "\nHow much notes move people is assumed (tag A in the scenario): read the errors as those \
         of\nthis world. Digest {digest}, latent world {}.",
        outcome.latent,
    );
}
