//! Published figures beside the simulated ones.

use crate::base::Merge;
use crate::scenario::Scenario;
use crate::scenario::wire::Surface;
use crate::scenario::wire::{FactName, FactWire, Tag};
use crate::world::{ChannelCounts, Counts, Panel, World};

/// A published figure and its simulated counterpart.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Which.
    pub name: FactName,
    /// As published.
    pub published: f64,
    /// As simulated; none when the run saw too little to say.
    pub simulated: Option<f64>,
    /// Relative deviation that still counts as agreement.
    pub tolerance: f64,
    /// How far the published figure can be trusted.
    pub tag: Tag,
    /// Where it was published.
    pub source: String,
}

impl Fact {
    /// Whether the two agree within the tolerance.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.simulated.is_some_and(|s| {
            (s - self.published).abs() <= self.tolerance * self.published.abs() + 1e-12
        })
    }
}

/// What the measuring of facts looks at.
struct Seen<'a> {
    counts: &'a Counts,
    panel: &'a Panel,
    surfaces: [ChannelCounts; 2],
    outbound_ads: ChannelCounts,
    notes: u64,
    month: f64,
}

/// All facts of a scenario, measured.
#[must_use]
pub fn facts(scenario: &Scenario, world: &World, counts: &Counts, panel: &Panel) -> Vec<Fact> {
    let mut surfaces = [ChannelCounts::default(); 2];
    let mut outbound_ads = ChannelCounts::default();
    for (place, channel) in scenario.channels().iter().enumerate() {
        let total = counts.channel_total(place);
        surfaces[usize::from(channel.surface == Surface::Search)].merge(total);
        if channel.paid {
            outbound_ads.merge(total);
        }
    }
    let seen = Seen {
        counts,
        panel,
        surfaces,
        outbound_ads,
        notes: world.notes(scenario),
        month: f64::from(scenario.calendar().days.min(30)),
    };
    let measure = |fact: &FactWire| Fact {
        name: fact.name,
        published: fact.published,
        simulated: seen.measure(fact.name).filter(|v| v.is_finite()),
        tolerance: fact.tolerance.get(),
        tag: fact.tag,
        source: fact.source.clone(),
    };
    scenario.wire().facts.iter().map(measure).collect()
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Seen<'_> {
    fn measure(&self, name: FactName) -> Option<f64> {
        use FactName as F;
        let [feed, search] = &self.panel.requests;
        let [feed_reads, search_reads] = &self.surfaces;
        let engaged = |of: &ChannelCounts, kind: usize| ratio(of.engagements[kind], of.reads);
        let pairs: u64 = self.panel.pairs.iter().sum();
        let needs = &self.counts.needs;
        let hour = |h: usize| {
            let mean = ratio(self.panel.sessions, 24)?;
            Some(self.panel.by_hour[h] as f64 / mean)
        };
        match name {
            F::FeedCtr => Some(feed.rate.get() / feed.count as f64),
            F::SearchCtr => Some(search.rate.get() / search.count as f64),
            F::FeedDepth => ratio(feed.shown, feed.count),
            F::SearchDepth => ratio(search.shown, search.count),
            F::FeedClicks => ratio(feed.opened, feed.count),
            F::SearchClicks => ratio(search.opened, search.count),
            F::FeedClickedMean => ratio(feed.opened, feed.count - feed.by_opened[0]),
            F::FeedClickedMedian => feed.opened_quantile(0.5).map(|n| n as f64),
            F::FeedClickedP90 => feed.opened_quantile(0.9).map(|n| n as f64),
            F::FeedClickedP99 => feed.opened_quantile(0.99).map(|n| n as f64),
            F::FeedLike => engaged(feed_reads, 0),
            F::FeedCollect => engaged(feed_reads, 1),
            F::FeedShare => engaged(feed_reads, 2),
            F::FeedComment => engaged(feed_reads, 3),
            F::SearchLike => engaged(search_reads, 0),
            F::SearchCollect => engaged(search_reads, 1),
            F::SearchShare => engaged(search_reads, 2),
            F::SearchComment => engaged(search_reads, 3),
            F::FeedFeed => ratio(self.panel.pairs[0], pairs),
            F::FeedSearch => ratio(self.panel.pairs[1], pairs),
            F::SearchFeed => ratio(self.panel.pairs[2], pairs),
            F::SearchSearch => ratio(self.panel.pairs[3], pairs),
            F::SearchUsers => ratio(self.panel.searchers, self.panel.monthly),
            F::DauMau => ratio(self.panel.active_days, self.panel.monthly).map(|d| d / self.month),
            F::Sessions => ratio(self.panel.sessions, self.panel.all_active_days),
            F::NotesShown => ratio(feed.shown + search.shown, self.panel.all_active_days),
            F::DirectWithinHour => ratio(needs.direct_delays[1], needs.direct_delays[0]),
            F::DirectWithinDay => ratio(needs.direct_delays[2], needs.direct_delays[0]),
            F::SeedingAfterWeek => ratio(needs.seeding_delays[1], needs.seeding_delays[0]),
            F::HourTrough => hour(4),
            F::HourNoon => hour(12),
            F::HourPeak => hour(21),
            F::TopTenth => {
                let shown = self.panel.notes.iter().sum::<u64>() > 0;
                shown.then(|| self.panel.top_tenth(self.notes))
            }
            F::OutboundClick => ratio(
                self.outbound_ads.direct_clicks,
                self.outbound_ads.reads_with_direct,
            ),
        }
    }
}
