//! What is played: the rows of some hours of a season, in the order of time, and what went before.
//!
//! Users are simulated in parallel, as for a log; only the rows of the span are kept, as compact items,
//! and, of who does anything in the span, those of the look-back before it, from which the system's
//! state is filled. The world's clock ticks in seconds. A stream wants finer times, so what a user does
//! in one second is laid at one microsecond of it, drawn by user and second.

use rayon::slice::ParallelSliceMut;

use crate::attribute::Shape;
use crate::base::address::{below, mix};
use crate::engine::Progress;
use crate::engine::generate::{GatherError, GenerateOptions, gather};
use crate::scenario::wire::{LoadWire, StreamedRows};
use crate::scenario::{LoadSpan, Scenario};
use crate::world::{EVENT_KINDS, Event, EventKind, NeedId, Track, World};

use super::LoadError;

const SECOND: i64 = 1_000_000;
/// The clock of the app is eight hours ahead of UTC.
const ZONE: i64 = 8 * 3_600;
/// The order of a refund came before all that is played.
pub(super) const NOT_PLAYED: u64 = u64::MAX;
/// A channel that is none.
pub(super) const NO_CHANNEL: u16 = u16::MAX;

/// A row of the log, as it waits to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Microseconds since 1970, UTC.
    pub at: i64,
    pub value: i64,
    /// Of a refund, the place of its order, or [`NOT_PLAYED`].
    pub order: u64,
    pub user: u32,
    pub merchant: u32,
    pub channel: u16,
    pub kind: EventKind,
    /// Tier of the merchant.
    pub group: u8,
}

/// The rows of a stream, once; [`Stream`](super::stream::Stream) makes a stream of them.
#[derive(Clone, Debug)]
pub struct Content {
    pub(super) items: Vec<Item>,
    /// How many of them are from before the span.
    pub(super) before: usize,
    /// The span, in microseconds since 1970, UTC.
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) repeat: i64,
    users: u64,
    orders: u64,
    channels: Vec<String>,
    groups: usize,
    seed: u64,
}

/// How much is played, and of whom.
#[derive(Clone, Copy, Debug)]
pub struct ContentOptions {
    /// Users; the scenario's own number if absent.
    pub users: Option<u64>,
    /// Seed; the scenario's own if absent.
    pub seed: Option<u64>,
    /// Threads; one a core if absent. The content does not depend on it.
    pub threads: Option<usize>,
    /// Most memory for the rows.
    pub memory_bytes: u64,
}

/// Whether attribution eats rows of this kind.
pub(super) const fn attributed(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Visit | EventKind::Cart)
}

fn wanted(rows: StreamedRows) -> Vec<EventKind> {
    let kinds = EVENT_KINDS.iter().map(|(kind, _)| *kind);
    kinds
        .filter(|kind| match rows {
            StreamedRows::All => true,
            StreamedRows::Reads => *kind != EventKind::Impression,
            StreamedRows::Attribution => attributed(*kind) && *kind != EventKind::Impression,
        })
        .collect()
}

impl Content {
    /// Simulates the users and keeps what they did in the span, and what of it before may still count.
    ///
    /// # Errors
    /// When an option is out of range, when there are more rows than memory is for, or none.
    pub fn gather(
        scenario: &Scenario,
        load: &LoadWire,
        span: LoadSpan,
        options: &ContentOptions,
        progress: &dyn Progress,
    ) -> Result<Self, LoadError> {
        let users = options.users.unwrap_or(scenario.wire().run.users);
        if users.saturating_mul(u64::from(load.copies)) >= 1 << 40 || users >= 1 << 32 {
            return Err(LoadError::People {
                users,
                copies: load.copies,
            });
        }
        let generate = GenerateOptions {
            users: Some(users),
            seed: options.seed,
            threads: options.threads,
            track: match load.rows {
                StreamedRows::All => Track::Impressions,
                _ => Track::Reads,
            },
            kinds: Some(wanted(load.rows)),
            truth: false,
        };
        let start = scenario.calendar().start.seconds() - ZONE;
        let looks_back = load.click_window.seconds().max(load.view_window.seconds());
        let first = i64::from(span.from) - looks_back as i64;
        let keep = |world: &World, user: u64, event: &Event| {
            let at = i64::from(event.at);
            let within = at < i64::from(span.until)
                && (at >= i64::from(span.from) || at >= first && attributed(event.kind));
            within.then(|| item(world, start, user, event))
        };
        let most = options.memory_bytes / size_of::<Item>() as u64 / 2;
        let gathered = gather(scenario, &generate, most, &keep, progress);
        let mut items = gathered.map_err(|error| match error {
            GatherError::TooMany { .. } => LoadError::Memory {
                problem: error.to_string(),
                users,
            },
            GatherError::Run(error) => LoadError::Run(error),
        })?;
        let from = (start + i64::from(span.from)) * SECOND;
        leave_out_idle(&mut items, from);
        order(&mut items);
        let before = items.partition_point(|item| item.at < from);
        if before == items.len() {
            return Err(LoadError::Nothing { users });
        }
        let orders = items[before..].iter();
        Ok(Self {
            orders: orders.filter(|i| i.kind == EventKind::Order).count() as u64,
            before,
            items,
            from,
            until: (start + i64::from(span.until)) * SECOND,
            repeat: i64::from(span.repeat) * SECOND,
            users,
            channels: scenario.channels().iter().map(|c| c.name.clone()).collect(),
            groups: scenario.tiers().len(),
            seed: options.seed.unwrap_or(scenario.wire().run.seed),
        })
    }

    /// Users that were simulated.
    #[must_use]
    pub const fn users(&self) -> u64 {
        self.users
    }

    /// Rows of the span, once and of one copy.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        (self.items.len() - self.before) as u64
    }

    /// Orders among them.
    #[must_use]
    pub const fn orders(&self) -> u64 {
        self.orders
    }

    /// Rows of the look-back before the span, of one copy.
    #[must_use]
    pub const fn rows_before(&self) -> u64 {
        self.before as u64
    }

    /// Length of the span in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        (self.until - self.from) as f64 / SECOND as f64
    }

    /// Names of the channels.
    #[must_use]
    pub fn channels(&self) -> &[String] {
        &self.channels
    }

    /// Channels, and groups of merchants: their tiers.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        Shape {
            channels: self.channels.len(),
            groups: self.groups,
        }
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Rows of the span, of one copy, within so many microseconds from its start.
    pub(super) fn rows_within(&self, micros: i64) -> u64 {
        let span = &self.items[self.before..];
        span.partition_point(|item| item.at - self.from <= micros) as u64
    }
}

/// Leaves out who does nothing in the span: their touches can count for no order of it. The rows of a user
/// stand together.
fn leave_out_idle(items: &mut Vec<Item>, from: i64) {
    let mut kept = 0;
    let mut first = 0;
    while first < items.len() {
        let user = items[first].user;
        let count = items[first..].iter().take_while(|i| i.user == user).count();
        let end = first + count;
        if items[first..end].iter().any(|item| item.at >= from) {
            items.copy_within(first..end, kept);
            kept += count;
        }
        first = end;
    }
    items.truncate(kept);
    items.shrink_to_fit();
}

fn item(world: &World, start: i64, user: u64, event: &Event) -> Item {
    let luck = mix(mix(user) ^ u64::from(event.at));
    let within = below(luck, SECOND.cast_unsigned()).cast_signed();
    let merchant = world.supply().merchant(event.merchant);
    let number = |need: NeedId| mix(need.0 ^ mix(user));
    Item {
        at: (start + i64::from(event.at)) * SECOND + within,
        value: event.value,
        order: event.need.map_or(NOT_PLAYED, number),
        user: user as u32,
        merchant: event.merchant.0,
        channel: event.channel.map_or(NO_CHANNEL, |c| c.0),
        kind: event.kind,
        group: merchant.tier.index() as u8,
    }
}

/// Puts items in the order of time, and replaces the number of each refund's order by its place. Users
/// are in no order before, and those of one moment are so by their number; what one user does in one
/// moment stays as it is.
fn order(items: &mut [Item]) {
    items.par_sort_by_key(|item| (item.at, item.user));
    let orders = items.iter().enumerate();
    let orders = orders.filter(|(_, item)| item.kind == EventKind::Order);
    let mut places: Vec<(u64, u64)> = orders.map(|(i, o)| (o.order, i as u64)).collect();
    places.par_sort_unstable();
    for item in items {
        item.order = if item.kind == EventKind::Refund {
            let found = places.binary_search_by_key(&item.order, |(number, _)| *number);
            found.map_or(NOT_PLAYED, |i| places[i].1)
        } else {
            NOT_PLAYED
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(at: i64, user: u32, kind: EventKind, order: u64) -> Item {
        Item {
            at,
            value: 1,
            order,
            user,
            merchant: 0,
            channel: 0,
            kind,
            group: 0,
        }
    }

    /// Would catch an order of one moment that hangs on who was simulated first, and a refund that is
    /// laid at another's order.
    #[test]
    fn one_moment_has_one_order() {
        use EventKind::{Order, Read, Refund};
        let of = [
            [
                item(5, 1, Read, NOT_PLAYED),
                item(5, 1, Order, 71),
                item(9, 1, Refund, 71),
            ],
            [
                item(5, 0, Order, 72),
                item(9, 0, Refund, 72),
                item(9, 0, Refund, 99),
            ],
            [
                item(5, 2, Order, 73),
                item(5, 2, Read, NOT_PLAYED),
                item(8, 2, Refund, 73),
            ],
        ];
        let ordered = |users: [usize; 3]| {
            let mut items: Vec<Item> = users.iter().flat_map(|user| of[*user]).collect();
            order(&mut items);
            items
        };
        let first = ordered([0, 1, 2]);
        let told = |i: &Item| (i.user, i.kind, i.order);
        let no = NOT_PLAYED;
        assert_eq!(
            first.iter().map(told).collect::<Vec<_>>(),
            [
                (0, Order, no),
                (1, Read, no),
                (1, Order, no),
                (2, Order, no),
                (2, Read, no),
                (2, Refund, 3),
                (0, Refund, 0),
                (0, Refund, no),
                (1, Refund, 2),
            ]
        );
        assert_eq!(ordered([2, 1, 0]), first);
        assert_eq!(ordered([1, 2, 0]), first);
    }
}
