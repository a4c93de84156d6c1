//! Needs: the wish to buy something in a category, from its first thought to a visit.
//!
//! *Own* needs come by themselves (a Poisson process by user and category, faster on busy days):
//! these people buy anyway. *Triggered* needs come from a read, and keep a pointer to it: the
//! world's own record of why. Between the first thought and its maturing a need is *open*: the user
//! searches for it, and advertisers aim at it. That is what makes attribution hard, since the same
//! wish brings the exposure and the order.

use crate::base::address::name_key;
use crate::base::{
    CategoryId, ChannelId, DestinationId, MerchantId, Person, Purpose, QuantileTable, Second, math,
};
use crate::scenario::Scenario;

use super::history::NeedId;
use super::people::{Traits, halves};
use super::season::Season;

const OWN: Purpose = Purpose::named("own-need");

/// What triggered a need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub channel: ChannelId,
    pub merchant: MerchantId,
    /// Where the note's direct link led.
    pub direct: Option<DestinationId>,
    /// Whether the note carried a card or a blue link into the app's shop.
    pub card: bool,
}

/// A need that has not been decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub id: NeedId,
    pub category: CategoryId,
    /// First thought. May lie before the season, as seconds below zero.
    pub onset: i64,
    /// When it becomes a visit.
    pub mature: Second,
    /// It has waited for an opening already.
    pub waited: bool,
    pub cause: Option<Cause>,
}

/// Undecided needs of one user, the next to mature last.
#[derive(Clone, Debug, Default)]
pub(crate) struct NeedQueue {
    queue: Vec<Need>,
}

/// Adds a need to others, the next to mature last. They are few: each that matures before it moves
/// up by one, which costs less than to find its place first.
#[inline(always)]
fn insert(queue: &mut Vec<Need>, need: Need) {
    queue.push(need);
    let mut place = queue.len() - 1;
    while place > 0 && (queue[place - 1].mature, queue[place - 1].id) < (need.mature, need.id) {
        queue[place] = queue[place - 1];
        place -= 1;
    }
    queue[place] = need;
}

impl NeedQueue {
    /// Adds a need. Equal times keep the order of their addresses, so that the order of insertion
    /// does not matter.
    #[inline]
    pub(super) fn push(&mut self, need: Need) {
        insert(&mut self.queue, need);
    }

    /// Starts with these, which are in order.
    #[inline]
    pub(super) fn start(&mut self, needs: &[Need]) {
        self.queue.clear();
        self.queue.extend_from_slice(needs);
    }

    /// Takes the next need that has matured by then.
    #[inline]
    pub(super) fn pop_matured(&mut self, by: Second) -> Option<Need> {
        if self.queue.last()?.mature > by {
            return None;
        }
        self.queue.pop()
    }

    /// The category of the open need that will mature first.
    #[inline]
    pub(super) fn open(&self, at: Second) -> Option<CategoryId> {
        let open = |n: &&Need| n.onset <= i64::from(at);
        self.queue.iter().rev().find(open).map(|n| n.category)
    }
}

/// The laws of own needs and of delays.
#[derive(Debug)]
pub(super) struct Needs {
    categories: Vec<OwnNeeds>,
    unit: QuantileTable,
    direct: QuantileTable,
    seeding: QuantileTable,
}

#[derive(Debug)]
struct OwnNeeds {
    key: u64,
    per_day: f32,
    decision: f32,
}

impl Needs {
    pub fn new(scenario: &Scenario) -> Self {
        let delay = &scenario.wire().behaviour.delay;
        let (hour, day) = (
            delay.direct_within_hour.get(),
            delay.direct_within_day.get(),
        );
        let tail = delay.direct_tail.seconds();
        Self {
            categories: scenario
                .wire()
                .categories
                .iter()
                .map(|c| OwnNeeds {
                    key: name_key(&c.name),
                    per_day: (c.needs_per_month.get() / 30.0) as f32,
                    decision: c.decision.seconds() as f32,
                })
                .collect(),
            unit: QuantileTable::exponential(14, 1.0),
            direct: QuantileTable::new(14, |p| direct_delay(p, hour, day, tail)),
            seeding: QuantileTable::exponential(14, delay.seeding.seconds()),
        }
    }

    /// Draws a user's own needs of the whole season, the first to mature last.
    ///
    /// The Poisson process is that of *maturing*, so that the season's start is like any other
    /// time; the first thought lies an exponential time before.
    #[inline(never)]
    pub fn own(&self, person: Person, traits: &Traits, season: &Season, needs: &mut Vec<Need>) {
        for (place, category) in self.categories.iter().enumerate() {
            let rate = category.per_day * traits.needs * traits.interest[place];
            if rate <= 0.0 {
                continue;
            }
            let draws = person.stream(OWN, category.key);
            let mut demand = 0.0;
            for k in 0.. {
                let (gap, thought) = halves(draws.draw(2 * k));
                demand += self.unit.pick(gap) / rate;
                if demand >= season.demand() {
                    break;
                }
                let mature = season.moment(demand);
                let decision = self.unit.pick(thought) * category.decision;
                let need = Need {
                    id: NeedId(category.key.wrapping_add(k) & OWN_MASK),
                    category: CategoryId(place as u8),
                    onset: i64::from(mature) - decision as i64,
                    mature,
                    waited: false,
                    cause: None,
                };
                insert(needs, need);
            }
        }
    }

    /// How long a triggered need takes.
    #[inline]
    pub fn delay(&self, direct: bool, bits: u32) -> Second {
        let table = if direct { &self.direct } else { &self.seeding };
        table.pick(bits) as Second
    }
}

/// Own needs have the upper bit clear, triggered needs have it set: they never share an address.
const OWN_MASK: u64 = u64::MAX >> 1;

/// The address of a need triggered by an impression.
#[inline(always)]
pub(super) const fn triggered(impression: u64) -> NeedId {
    NeedId(impression | !OWN_MASK)
}

/// Quantile of the delay with a direct link: log-uniform over the first hour, log-uniform over the
/// rest of the day, then an exponential cut to days 1 to 30.
fn direct_delay(p: f64, hour: f64, day: f64, tail: f64) -> f64 {
    const HOUR: f64 = 3_600.0;
    const DAY: f64 = 86_400.0;
    if p < hour {
        return 60.0 * math::pow(HOUR / 60.0, p / hour);
    }
    if p < hour + day {
        return HOUR * math::pow(DAY / HOUR, (p - hour) / day);
    }
    let rest = (p - hour - day) / (1.0 - hour - day).max(1e-12);
    let reach = -math::expm1(-29.0 * DAY / tail);
    DAY - tail * math::ln_1p(-rest.min(1.0) * reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a mixture whose parts do not meet or are weighted wrongly.
    #[test]
    fn direct_delay_is_the_stated_mixture() {
        let at = |p| direct_delay(p, 0.35, 0.15, 7.6 * 86_400.0);
        assert_eq!(at(0.0), 60.0);
        assert!((at(0.35 - 1e-12) - 3_600.0).abs() < 1e-3);
        assert!((at(0.5 - 1e-12) - 86_400.0).abs() < 1e-2);
        assert!((at(0.5) - 86_400.0).abs() < 1e-6);
        assert!((at(1.0) - 30.0 * 86_400.0).abs() < 1e-3);
        assert!((1..1000).all(|i| at(f64::from(i) / 1000.0) > at(f64::from(i - 1) / 1000.0)));
    }

    /// Would catch a queue that depends on the order in which needs were found.
    #[test]
    fn the_queue_is_ordered_by_time_then_address() {
        let need = |id, mature| Need {
            id: NeedId(id),
            category: CategoryId(0),
            onset: 0,
            mature,
            waited: false,
            cause: None,
        };
        let needs = [need(1, 50), need(2, 10), need(3, 50), need(4, 20)];
        for turn in 0..4 {
            let mut queue = NeedQueue::default();
            (0..4).for_each(|i| queue.push(needs[(i + turn) % 4]));
            let order: Vec<u64> = std::iter::from_fn(|| queue.pop_matured(100))
                .map(|n| n.id.0)
                .collect();
            assert_eq!(order, [2, 4, 1, 3]);
        }
        let mut queue = NeedQueue::default();
        queue.push(need(1, 50));
        assert!(queue.pop_matured(49).is_none());
    }
}
