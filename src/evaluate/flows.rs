//! Where the same needs end in two worlds.
//!
//! Differences of sums say *how much* changed, not *whose* orders they were. Since a need has the
//! same address in every world, each can be followed: it ends without an order, or with one at some
//! destination, reached by a note's link or by own search. The matrix of both ends holds every need
//! once; its margins are the two worlds.

use crate::base::{CategoryId, Fen, Merge, TierId};
use crate::world::{Decision, NeedId, Order, Route};

/// What a pair of ends means, A against B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Change {
    /// Ordered at the same destination by the same way.
    Same,
    /// No order in A, one in B.
    New,
    /// Ordered in A, not in B.
    Lost,
    /// Ordered in the app in A, on a marketplace in B.
    Cannibalised,
    /// Ordered on a marketplace in A, in the app in B.
    Returned,
    /// Ordered on another marketplace.
    Moved,
    /// Ordered at the same destination, but by a link in one world and by own search in the other.
    Relabelled,
}

/// All changes, in the order of their numbers.
pub const CHANGES: [(Change, &str); 7] = [
    (Change::Same, "same"),
    (Change::New, "new"),
    (Change::Lost, "lost"),
    (Change::Cannibalised, "cannibalised"),
    (Change::Returned, "returned"),
    (Change::Moved, "moved"),
    (Change::Relabelled, "relabelled"),
];

/// Where a need ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End(u8);

impl End {
    /// Without an order.
    pub const NOTHING: Self = Self(0);

    /// With an order at a destination, by a link or by own search.
    #[must_use]
    pub const fn at(destination: usize, by_link: bool) -> Self {
        Self(1 + 2 * destination as u8 + by_link as u8)
    }

    /// With this order.
    #[must_use]
    pub const fn of(order: &Order) -> Self {
        let by_link = matches!(order.route, Route::Direct | Route::Card);
        Self::at(order.destination.0 as usize, by_link)
    }

    /// Its number, from 0 on.
    #[must_use]
    pub const fn number(self) -> usize {
        self.0 as usize
    }

    /// How many there are.
    #[must_use]
    pub const fn count(destinations: usize) -> usize {
        1 + 2 * destinations
    }

    /// All of them.
    pub fn all(destinations: usize) -> impl Iterator<Item = Self> + Clone {
        Self::numbered().take(Self::count(destinations))
    }

    /// All that any number of destinations could have, in the order of their numbers.
    pub fn numbered() -> impl Iterator<Item = Self> + Clone {
        (0..=u8::MAX).map(Self)
    }

    /// Destination, if there was an order.
    #[must_use]
    pub const fn destination(self) -> Option<usize> {
        match self.0.checked_sub(1) {
            Some(place) => Some(place as usize / 2),
            None => None,
        }
    }

    /// Whether there was an order that came by a note's link.
    #[must_use]
    pub const fn by_link(self) -> bool {
        self.0 > 0 && self.0.is_multiple_of(2)
    }

    /// Whether there was an order outside the app, which is `home`, that came by a link.
    #[must_use]
    pub fn outbound(self, home: usize) -> bool {
        self.by_link() && self.destination() != Some(home)
    }
}

impl Change {
    /// What a pair of ends means; nothing if there was no order in either world.
    #[must_use]
    pub fn between(a: End, b: End, home: usize) -> Option<Self> {
        Some(match (a.destination(), b.destination()) {
            (None, None) => return None,
            (None, Some(_)) => Self::New,
            (Some(_), None) => Self::Lost,
            (Some(x), Some(y)) if x == y => {
                if a == b {
                    Self::Same
                } else {
                    Self::Relabelled
                }
            }
            (Some(x), Some(_)) if x == home => Self::Cannibalised,
            (Some(_), Some(y)) if y == home => Self::Returned,
            _ => Self::Moved,
        })
    }
}

/// Needs, and the value of their orders in both worlds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Needs.
    pub needs: u64,
    /// Value of their orders in A, in fen.
    pub gmv_a_fen: Fen,
    /// Value of their orders in B, in fen.
    pub gmv_b_fen: Fen,
}

impl Merge for Flow {
    fn merge(&mut self, other: Self) {
        self.needs += other.needs;
        self.gmv_a_fen += other.gmv_a_fen;
        self.gmv_b_fen += other.gmv_b_fen;
    }
}

/// The flow matrix of two worlds: a mergeable state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    home: usize,
    destinations: usize,
    /// Row by row, from the end in A to the end in B.
    cells: Vec<Flow>,
    /// By category, then by change.
    by_category: Vec<[Flow; CHANGES.len()]>,
    /// By tier of the merchant ordered from, then by change.
    by_tier: Vec<[Flow; CHANGES.len()]>,
    /// What choices were worth in A and in B, in fen, over needs that both worlds have.
    worth: [Fen; 2],
}

impl Merge for Flows {
    fn merge(&mut self, other: Self) {
        self.home = self.home.max(other.home);
        self.destinations = self.destinations.max(other.destinations);
        self.cells.merge(other.cells);
        self.by_category.merge(other.by_category);
        self.by_tier.merge(other.by_tier);
        self.worth.merge(other.worth);
    }
}

/// One user's needs in one world.
#[derive(Clone, Copy, Debug)]
pub struct Lived<'a> {
    /// What became of each need.
    pub decisions: &'a [Decision],
    /// Orders.
    pub orders: &'a [Order],
}

impl Lived<'_> {
    fn order(&self, need: NeedId) -> Option<&Order> {
        self.orders.iter().find(|o| o.need == need)
    }

    fn decision(&self, need: NeedId) -> Option<&Decision> {
        self.decisions.iter().find(|d| d.need == need)
    }
}

impl Flows {
    /// No needs yet, in worlds with so many destinations, of which `home` is the app itself.
    #[must_use]
    pub fn new(destinations: usize, home: usize, categories: usize, tiers: usize) -> Self {
        let ends = End::count(destinations);
        Self {
            home,
            destinations,
            cells: vec![Flow::default(); ends * ends],
            by_category: vec![Default::default(); categories],
            by_tier: vec![Default::default(); tiers],
            worth: [0; 2],
        }
    }

    /// Takes in the same user's needs in both worlds.
    pub fn user(&mut self, a: &Lived<'_>, b: &Lived<'_>) {
        for decision in a.decisions {
            if let Some(other) = b.decision(decision.need) {
                self.worth[0] += decision.worth;
                self.worth[1] += other.worth;
            }
            self.need(decision, a, b);
        }
        let only_in_b = |d: &&Decision| a.decision(d.need).is_none();
        for decision in b.decisions.iter().filter(only_in_b) {
            self.need(decision, a, b);
        }
    }

    fn need(&mut self, decision: &Decision, a: &Lived<'_>, b: &Lived<'_>) {
        let orders = [a, b].map(|lived| lived.order(decision.need));
        let [from, to] = orders.map(|o| o.map_or(End::NOTHING, End::of));
        let [gmv_a_fen, gmv_b_fen] = orders.map(|o| o.map_or(0, |o| o.value));
        let flow = Flow {
            needs: 1,
            gmv_a_fen,
            gmv_b_fen,
        };
        let place = self.place(from, to);
        self.cells[place].merge(flow);
        let order = orders[1].or(orders[0]);
        if let Some((change, order)) = Change::between(from, to, self.home).zip(order) {
            let TierId(tier) = order.tier;
            let CategoryId(category) = decision.category;
            self.by_category[usize::from(category)][change as usize].merge(flow);
            self.by_tier[usize::from(tier)][change as usize].merge(flow);
        }
    }

    const fn place(&self, from: End, to: End) -> usize {
        from.0 as usize * End::count(self.destinations) + to.0 as usize
    }

    /// Needs that end so in A and so in B.
    #[must_use]
    pub fn between(&self, a: End, b: End) -> Flow {
        self.cells[self.place(a, b)]
    }

    /// The sum of all cells that are asked for.
    pub fn sum(&self, wanted: impl Fn(End, End) -> bool) -> Flow {
        let ends = End::all(self.destinations);
        let pairs = ends.clone().flat_map(|a| ends.clone().map(move |b| (a, b)));
        let mut sum = Flow::default();
        for (a, b) in pairs.filter(|(a, b)| wanted(*a, *b)) {
            sum.merge(self.between(a, b));
        }
        sum
    }

    /// Where the app itself is among the destinations.
    #[must_use]
    pub const fn home(&self) -> usize {
        self.home
    }

    /// Changes by category.
    #[must_use]
    pub fn by_category(&self) -> &[[Flow; CHANGES.len()]] {
        &self.by_category
    }

    /// Changes by tier of the merchant ordered from.
    #[must_use]
    pub fn by_tier(&self) -> &[[Flow; CHANGES.len()]] {
        &self.by_tier
    }

    /// All changes.
    #[must_use]
    pub fn by_change(&self) -> [Flow; CHANGES.len()] {
        self.by_category
            .iter()
            .copied()
            .reduce(|mut sum, row| {
                sum.merge(row);
                sum
            })
            .unwrap_or_default()
    }

    /// What choices were worth in A and in B, in fen up to a common constant, over needs that both
    /// worlds have.
    #[must_use]
    pub const fn worth(&self) -> [Fen; 2] {
        self.worth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::merge::merge_laws;
    use crate::base::{DestinationId, MerchantId};

    fn order(need: u64, destination: u8, route: Route, value: Fen) -> Order {
        Order {
            at: 0,
            need: NeedId(need),
            merchant: MerchantId(0),
            tier: TierId(1),
            destination: DestinationId(destination),
            route,
            value,
            refunded: false,
            cause: None,
            last_contact: u32::MAX,
        }
    }

    fn decision(need: u64, worth: Fen) -> Decision {
        Decision {
            need: NeedId(need),
            category: CategoryId(0),
            own: true,
            worth,
        }
    }

    fn example() -> Flows {
        let mut flows = Flows::new(3, 0, 1, 2);
        let a = Lived {
            decisions: &[1, 2, 3, 4, 5, 6].map(|n| decision(n, 10)),
            orders: &[
                order(1, 0, Route::Card, 100),
                order(2, 1, Route::MarketplaceSearch, 200),
                order(3, 0, Route::AppSearch, 300),
                order(4, 1, Route::MarketplaceSearch, 400),
                order(5, 2, Route::MarketplaceSearch, 500),
            ],
        };
        let b = Lived {
            decisions: &[1, 2, 3, 4, 5, 7].map(|n| decision(n, 12)),
            orders: &[
                order(1, 0, Route::Card, 100),
                order(2, 1, Route::Direct, 210),
                order(3, 1, Route::Direct, 310),
                order(4, 2, Route::MarketplaceSearch, 410),
                order(7, 1, Route::Direct, 700),
            ],
        };
        flows.user(&a, &b);
        flows
    }

    /// Would catch a need that is counted twice or not at all, and a change under a wrong name.
    #[test]
    fn every_need_is_followed_once() {
        let flows = example();
        assert_eq!(flows.sum(|_, _| true).needs, 7);
        let changes = flows.by_change();
        let needs: Vec<u64> = changes.iter().map(|flow| flow.needs).collect();
        // same 1, new 7, lost 5, cannibalised 3, returned none, moved 4, relabelled 2; 6 is nothing.
        assert_eq!(needs, [1, 1, 1, 1, 0, 1, 1]);
        assert_eq!(changes[Change::Cannibalised as usize].gmv_a_fen, 300);
        assert_eq!(changes[Change::Cannibalised as usize].gmv_b_fen, 310);
        let outbound = flows.sum(|_, b| b.outbound(0));
        assert_eq!((outbound.needs, outbound.gmv_b_fen), (3, 1_220));
        // Needs 6 and 7 are only in one world: five of ten and five of twelve.
        assert_eq!(flows.worth(), [50, 60]);
        assert_eq!(flows.between(End::NOTHING, End::NOTHING).needs, 1);
    }

    /// Would catch margins that are not the two worlds.
    #[test]
    fn margins_are_the_worlds() {
        let flows = example();
        let all = flows.sum(|_, _| true);
        assert_eq!((all.gmv_a_fen, all.gmv_b_fen), (1_500, 1_730));
        let tmall = |end: End| end.destination() == Some(1);
        assert_eq!(flows.sum(|a, _| tmall(a)).gmv_a_fen, 600);
        assert_eq!(flows.sum(|_, b| tmall(b)).gmv_b_fen, 1_220);
    }

    /// Would catch a matrix that cannot be gathered in parts.
    #[test]
    fn flows_merge() {
        let mut twice = example();
        twice.merge(example());
        merge_laws(&Flows::new(3, 0, 1, 2), &example(), &twice, &example());
    }
}
