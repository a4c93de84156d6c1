//! What a comparison comes to: differences with intervals, and where orders went.

use crate::base::{Interval, Second};
use crate::evaluate::{End, Flows};
use crate::scenario::Scenario;
use crate::world::{Track, World};

use super::super::estimate::{Estimate, Jackknife, estimate};
use super::metrics::{Metric, Unit, measure, window_places};
use super::{Group, Side};

/// A difference between two scenarios on the same people.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The other scenario less the first.
    pub estimate: Estimate,
    /// The same as a part of the first's value.
    pub relative: f64,
    /// How many times more users two independent runs would need for the same interval: the sum of
    /// the two variances over the variance of the difference.
    pub gain: Option<f64>,
}

/// Where a sale through a link out of the app would have been made in the first scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere.
    Nowhere,
    /// Outside the app all the same, after an own search.
    OwnSearch,
    /// In the app.
    InApp,
    /// Through such a link as well.
    Link,
}

/// All origins, with the words for them.
pub const ORIGINS: [(Origin, &str); 4] = [
    (Origin::Nowhere, "nowhere"),
    (Origin::OwnSearch, "own-search"),
    (Origin::InApp, "in-app"),
    (Origin::Link, "link"),
];

impl Origin {
    fn of(end: End, home: usize) -> Self {
        match end.destination() {
            None => Self::Nowhere,
            Some(d) if d == home => Self::InApp,
            Some(_) if end.by_link() => Self::Link,
            Some(_) => Self::OwnSearch,
        }
    }
}

/// A scenario held against the first.
#[derive(Clone, Debug)]
pub struct Pair {
    /// By metric.
    pub differences: Vec<Difference>,
    /// What users gained in choices over needs that both worlds have, in fen.
    pub surplus_fen: Estimate,
    /// Where every need ends.
    pub flows: Flows,
    /// Sales lost in the app for each yuan sold through links out of it.
    pub kappa: Estimate,
    /// The same by category.
    pub kappa_by_category: Vec<Estimate>,
    /// Of the value sold through links out of the app: the share of each origin.
    pub origins: [Estimate; ORIGINS.len()],
}

/// A stretch of time in which no scenario's rules change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First second.
    pub from: Second,
    /// First second after it.
    pub until: Second,
    /// Names of the phases and grants that are on, by scenario.
    pub on: Vec<Vec<String>>,
    /// Which metric its sales in the app are.
    pub in_app: usize,
    /// Which metric its sales outside the app are.
    pub outside: usize,
}

/// What a comparison comes to.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Users, each living once in every scenario.
    pub users: u64,
    /// Seed.
    pub seed: u64,
    /// Threads used.
    pub threads: usize,
    /// Which notes were counted.
    pub track: Track,
    /// Whether advertising is known; if not, no metric tells it.
    pub ads_told: bool,
    /// Events of all scenarios together.
    pub events: u64,
    /// What is measured.
    pub metrics: Vec<Metric>,
    /// Stretches of the rules in the order of time; none if no rules ever change.
    pub stretches: Vec<Stretch>,
    /// By scenario and metric.
    pub sides: Vec<Vec<Estimate>>,
    /// Each scenario but the first against the first.
    pub pairs: Vec<Pair>,
}

/// A statistic of all users and without each group of them; totals are brought to the number of all.
struct Statistic {
    whole: f64,
    without: Vec<f64>,
}

impl Statistic {
    fn new(groups: &Jackknife<Group>, unit: Unit, of: impl Fn(&Group) -> f64) -> Self {
        let users = |g: &Group| g.sides[0].counts.users as f64;
        let raised = |g: &Group| match unit {
            Unit::Index => of(g),
            Unit::Count | Unit::Fen => of(g) * users(&groups.whole) / users(g),
        };
        Self {
            whole: of(&groups.whole),
            without: groups.without.iter().map(raised).collect(),
        }
    }

    fn estimate(&self) -> Estimate {
        estimate(self.whole, &self.without)
    }

    fn less(&self, other: &Self) -> Self {
        let without = self.without.iter().zip(&other.without);
        Self {
            whole: self.whole - other.whole,
            without: without.map(|(a, b)| a - b).collect(),
        }
    }
}

pub(super) fn conclude(
    scenarios: &[Scenario],
    groups: &[Group],
    worlds: &[World],
    (seed, threads): (u64, usize),
    track: Track,
) -> Comparison {
    let windows = worlds.first().map(|w| w.timeline().stretches());
    let windows: Vec<Second> = windows.into_iter().flatten().map(|r| r.from).collect();
    let windows = &windows[..];
    let mut comparison = Comparison {
        users: 0,
        seed,
        threads,
        track,
        ads_told: true,
        events: 0,
        metrics: Vec::new(),
        stretches: Vec::new(),
        sides: Vec::new(),
        pairs: Vec::new(),
    };
    let Some(groups) = Jackknife::new(groups) else {
        return comparison;
    };
    let whole = &groups.whole;
    comparison.users = whole.sides[0].counts.users;
    comparison.ads_told = !whole.sides[0].ads_untold;
    comparison.events = whole.sides.iter().map(|s| s.counts.events().total()).sum();
    let statistics: Vec<Vec<Statistic>> = scenarios
        .iter()
        .enumerate()
        .map(|(place, scenario)| by_metric(scenario, place, windows, &groups))
        .collect();
    let measured = measure(&scenarios[0], windows, &whole.sides[0]).into_iter();
    comparison.metrics = measured.map(|(metric, _)| metric).collect();
    comparison.stretches = stretches(&scenarios[0], worlds, windows, comparison.metrics.len());
    let estimates = statistics.iter();
    comparison.sides = estimates
        .map(|side| side.iter().map(Statistic::estimate).collect())
        .collect();
    let home = scenarios[0].home().index();
    for (pair, side) in statistics.iter().skip(1).enumerate() {
        let differences = statistics[0].iter().zip(side);
        comparison.pairs.push(Pair {
            differences: differences.map(|(a, b)| difference(a, b)).collect(),
            ..Pair::new(&groups, pair, home)
        });
    }
    comparison
}

/// Stretches with what is on in each world, which are all cut at the same moments.
fn stretches(
    scenario: &Scenario,
    worlds: &[World],
    windows: &[Second],
    metrics: usize,
) -> Vec<Stretch> {
    if windows.len() < 2 {
        return Vec::new();
    }
    let untils = windows.iter().skip(1).copied();
    let untils = untils.chain([scenario.calendar().end()]);
    let places = window_places(scenario, windows.len(), metrics);
    let rows = windows.iter().zip(untils).zip(places).enumerate();
    rows.map(|(place, ((from, until), (in_app, outside)))| {
        let on = |world: &World| world.timeline().stretches()[place].on.clone();
        Stretch {
            from: *from,
            until,
            on: worlds.iter().map(on).collect(),
            in_app,
            outside,
        }
    })
    .collect()
}

/// All metrics of a scenario; one leave-out at a time, since they share their sums.
fn by_metric(
    scenario: &Scenario,
    place: usize,
    windows: &[Second],
    groups: &Jackknife<Group>,
) -> Vec<Statistic> {
    let whole = measure(scenario, windows, &groups.whole.sides[place]);
    let users = groups.whole.sides[0].counts.users as f64;
    let mut statistics: Vec<Statistic> = whole
        .iter()
        .map(|(_, value)| Statistic {
            whole: *value,
            without: Vec::new(),
        })
        .collect();
    for group in &groups.without {
        let raise = users / group.sides[0].counts.users as f64;
        let measured = measure(scenario, windows, &group.sides[place]);
        for (statistic, (metric, value)) in statistics.iter_mut().zip(measured) {
            statistic.without.push(match metric.unit {
                Unit::Index => value,
                Unit::Count | Unit::Fen => value * raise,
            });
        }
    }
    statistics
}

fn difference(a: &Statistic, b: &Statistic) -> Difference {
    let paired = b.less(a);
    let variance = |s: &Statistic| s.estimate().interval.map(|i| i.half() * i.half());
    let apart = variance(a).zip(variance(b)).map(|(a, b)| a + b);
    let gain = apart.zip(variance(&paired)).map(|(apart, v)| apart / v);
    Difference {
        estimate: paired.estimate(),
        relative: paired.whole / a.whole,
        gain: gain.filter(|g| g.is_finite()),
    }
}

/// Sales lost in the app for each yuan more that is sold through links out of it.
fn kappa(a: &Side, b: &Side, category: Option<usize>, home: usize) -> f64 {
    let in_app = |side: &Side| side.sold(category, |e| e.destination() == Some(home)) as f64;
    let linked = |side: &Side| side.sold(category, |e| e.outbound(home)) as f64;
    (in_app(a) - in_app(b)) / (linked(b) - linked(a))
}

impl Pair {
    /// All but the differences.
    fn new(groups: &Jackknife<Group>, pair: usize, home: usize) -> Self {
        let flows = &groups.whole.flows[pair];
        let index = |of: &dyn Fn(&Group) -> f64| Statistic::new(groups, Unit::Index, of).estimate();
        let kappa_of = |category: Option<usize>| {
            index(&|g| kappa(&g.sides[0], &g.sides[pair + 1], category, home))
        };
        let share = |flows: &Flows, origin: Origin| {
            let all = flows.sum(|_, b| b.outbound(home)).gmv_b_fen;
            let of = |a: End, b: End| b.outbound(home) && Origin::of(a, home) == origin;
            flows.sum(of).gmv_b_fen as f64 / all as f64
        };
        let surplus = |g: &Group| {
            let [a, b] = g.flows[pair].worth();
            (b - a) as f64
        };
        Self {
            differences: Vec::new(),
            surplus_fen: Statistic::new(groups, Unit::Fen, surplus).estimate(),
            kappa: kappa_of(None),
            kappa_by_category: (0..flows.by_category().len())
                .map(|c| kappa_of(Some(c)))
                .collect(),
            origins: ORIGINS.map(|(origin, _)| index(&|g| share(&g.flows[pair], origin))),
            flows: flows.clone(),
        }
    }
}

impl Difference {
    /// Whether the interval crosses zero, or there is none though something differs: then nothing can
    /// be said. A difference of exactly zero on all users is none.
    #[must_use]
    pub fn distinguishable(&self) -> bool {
        let Estimate { value, interval } = self.estimate;
        value != 0.0 && !interval.is_none_or(Interval::crosses_zero)
    }
}
