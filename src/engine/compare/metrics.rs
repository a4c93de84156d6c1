//! What is measured of each scenario: sums and indices, by name.

use crate::base::{DAY, Second};
use crate::evaluate::concentration::{gini, herfindahl};
use crate::evaluate::money::{TierMoney, money};
use crate::scenario::Scenario;
use crate::world::ROUTES;

use super::{Side, TRUST_UNIT};

/// What a metric is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole things, summed over users.
    Count,
    /// Fen, summed over users.
    Fen,
    /// A number that does not grow with users.
    Index,
}

/// Something measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name, as in the JSON document.
    pub name: String,
    /// Unit.
    pub unit: Unit,
}

/// A name, a unit and a value.
type Row = (String, Unit, f64);

/// All metrics of a scenario, in an order that is the same for scenarios that can be compared.
pub(super) fn measure(scenario: &Scenario, windows: &[Second], side: &Side) -> Vec<(Metric, f64)> {
    let mut rows: Vec<Row> = Vec::new();
    sales(scenario, side, &mut rows);
    earnings(scenario, side, &mut rows);
    let users = side.counts.users as f64;
    rows.push((
        "trust".to_owned(),
        Unit::Index,
        side.trust as f64 / TRUST_UNIT / users,
    ));
    rows.push((
        "merchants.hhi".to_owned(),
        Unit::Index,
        herfindahl(&side.sales),
    ));
    rows.push(("merchants.gini".to_owned(), Unit::Index, gini(&side.sales)));
    if windows.len() > 1 {
        by_window(scenario, windows, side, &mut rows);
    }
    let metric = |(name, unit, value)| (Metric { name, unit }, value);
    rows.into_iter().map(metric).collect()
}

fn sales(scenario: &Scenario, side: &Side, rows: &mut Vec<Row>) {
    let counts = &side.counts;
    let events = counts.events();
    let places = scenario.wire().destinations.iter().enumerate();
    let sold: Vec<_> = places
        .map(|(place, d)| (&d.name, counts.sales_total(place)))
        .collect();
    let home = scenario.home().index();
    let outside = sold.iter().enumerate().filter(|(place, _)| *place != home);
    let outside: i64 = outside.map(|(_, (_, s))| s.gmv_fen).sum();
    let all: i64 = sold.iter().map(|(_, s)| s.gmv_fen).sum();
    rows.push(("gmv".to_owned(), Unit::Fen, all as f64));
    rows.push((
        "gmv.by-link.in-app".to_owned(),
        Unit::Fen,
        side.sold(None, |e| e.by_link() && !e.outbound(home)) as f64,
    ));
    rows.push((
        "gmv.by-link.outside".to_owned(),
        Unit::Fen,
        side.sold(None, |e| e.outbound(home)) as f64,
    ));
    rows.push(("gmv.outside".to_owned(), Unit::Fen, outside as f64));
    for (name, s) in &sold {
        rows.push((format!("gmv.{name}"), Unit::Fen, s.gmv_fen as f64));
    }
    rows.push(("orders".to_owned(), Unit::Count, events.orders as f64));
    for (name, s) in &sold {
        rows.push((format!("orders.{name}"), Unit::Count, s.orders as f64));
    }
    for (route, name) in ROUTES {
        let visits = counts.visits_by(route) as f64;
        rows.push((format!("visits.{name}"), Unit::Count, visits));
    }
    let triggered = counts.needs.triggered as f64;
    rows.push(("needs.triggered".to_owned(), Unit::Count, triggered));
    rows.push(("reads".to_owned(), Unit::Count, events.reads as f64));
}

/// Metrics of one window, beside one for each destination.
const SUMS: usize = 1;

/// Where sales in the app, and sales outside it, of each window stand among the metrics.
pub(super) fn window_places(
    scenario: &Scenario,
    windows: usize,
    metrics: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let each = scenario.wire().destinations.len() + SUMS;
    let first = metrics - windows * each;
    let home = scenario.home().index();
    (0..windows).map(move |window| {
        let outside = first + window * each;
        (outside + SUMS + home, outside)
    })
}

/// Sales outside the app and by destination between two changes of the rules of any scenario.
fn by_window(scenario: &Scenario, windows: &[Second], side: &Side, rows: &mut Vec<Row>) {
    let destinations = &scenario.wire().destinations;
    let sold = side.counts.by_stretch.chunks(destinations.len());
    for (from, sold) in windows.iter().zip(sold) {
        let day = from / DAY + 1;
        let outside = sold.iter().enumerate();
        let outside = outside.filter(|(place, _)| *place != scenario.home().index());
        let outside: i64 = outside.map(|(_, (_, fen))| fen).sum();
        let name = format!("from-day-{day}.gmv.outside");
        rows.push((name, Unit::Fen, outside as f64));
        for (destination, (_, fen)) in destinations.iter().zip(sold) {
            let name = format!("from-day-{day}.gmv.{}", destination.name);
            rows.push((name, Unit::Fen, *fen as f64));
        }
    }
}

fn earnings(scenario: &Scenario, side: &Side, rows: &mut Vec<Row>) {
    let m = money(scenario, &side.counts);
    let mut fen = |name: String, fen: i64| rows.push((name, Unit::Fen, fen as f64));
    let told = !side.ads_untold;
    if told {
        fen("platform.ads".to_owned(), m.ads_fen);
    }
    fen("platform.commission".to_owned(), m.commission_fen);
    if told {
        let platform = m.ads_fen + m.commission_fen - m.subsidy_fen;
        fen("platform.all".to_owned(), platform);
    }
    for market in &m.marketplaces {
        let name = &market.name;
        fen(format!("{name}.commission"), market.commission_fen);
        fen(format!("{name}.subsidy"), market.subsidy_fen);
        if told {
            fen(format!("{name}.funded"), market.funded_fen);
        }
    }
    fen("creators".to_owned(), m.creators_fen);
    if told {
        let all: i64 = m.tiers.iter().map(|t| t.contribution_fen).sum();
        fen("merchants.contribution".to_owned(), all);
        for tier in &m.tiers {
            fen(
                format!("merchants.{}.contribution", tier.tier),
                tier.contribution_fen,
            );
        }
        let kept: i64 = m.tiers.iter().map(TierMoney::kept_fen).sum();
        fen("merchants.kept".to_owned(), kept);
    }
    fen("users.paid".to_owned(), m.users_fen);
}
