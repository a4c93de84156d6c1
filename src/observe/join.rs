//! Whether an order can be joined to what its buyer saw.

use crate::base::address::name_key;
use crate::base::{DestinationId, Person, Purpose, Root, Second};
use crate::scenario::wire::RegimeWire;
use crate::scenario::{Scenario, Watch};
use crate::world::{History, NO_CONTACT, Order, World};

use super::household::partner;

const MATCH: Purpose = Purpose::named("device-match");
const READERS: Purpose = Purpose::named("reader-sample");
const MISTAKEN: Purpose = Purpose::named("device-mismatch");
const SURVIVES: Purpose = Purpose::named("click-id-survives");

/// Whose touches an order is joined to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// Nobody's.
    Nobody,
    /// The buyer's.
    Buyer,
    /// The other person's of the household.
    Other,
}

/// The rule of joining: a click id knows its buyer; without one the device is asked, which may be the
/// other person's.
///
/// The dice belong to the user and the marketplace (a device is matched or is not) and to the order
/// (an id survives or does not), not to the regime: a higher rate joins all that a lower one does, and
/// a larger sample of readers holds the smaller.
#[derive(Debug)]
pub(super) struct Joiner {
    root: Root,
    home: DestinationId,
    /// Address of each destination.
    keys: Vec<u64>,
    in_app: bool,
    /// Destinations outside whose orders are seen with their buyer, as bits.
    outside: u32,
    readers: u64,
    survives: u64,
    matches: u64,
    mistakes: u64,
    suspended: Vec<(Second, Second)>,
}

impl Joiner {
    pub fn new(scenario: &Scenario, wire: &RegimeWire, watch: &Watch, world: &World) -> Self {
        let threshold = |p: f64| (p * 4_294_967_296.0) as u64;
        let destinations = scenario.wire().destinations.iter();
        let seen = |name: &String| {
            let listed = wire
                .destinations
                .as_ref()
                .is_none_or(|list| list.contains(name));
            wire.outside_orders && listed
        };
        let outside = destinations.clone().enumerate();
        let outside = outside.map(|(place, d)| u32::from(seen(&d.name)) << place);
        Self {
            root: world.root(),
            home: scenario.home(),
            keys: destinations.map(|d| name_key(&d.name)).collect(),
            in_app: wire.in_app_orders,
            outside: outside.fold(0, |all, one| all | one),
            readers: threshold(wire.reader_sample.map_or(1.0, |share| share.get())),
            survives: threshold(wire.click_id_survival.get()),
            matches: threshold(wire.device_match.get()),
            mistakes: threshold(wire.device_mismatch.map_or(0.0, |share| share.get())),
            suspended: watch.suspended.clone(),
        }
    }

    /// The destination inside the app.
    pub const fn home(&self) -> DestinationId {
        self.home
    }

    /// Whether orders outside can be joined at all.
    pub const fn reaches_outside(&self) -> bool {
        self.outside != 0 && (self.survives | self.matches | self.mistakes) != 0
    }

    /// Whose touches the order is joined to.
    #[inline]
    pub fn joins(&self, history: &History, order: &Order, click_window: Second) -> Joined {
        if order.destination == self.home {
            return if self.in_app {
                Joined::Buyer
            } else {
                Joined::Nobody
            };
        }
        let mut suspended = self.suspended.iter();
        if self.outside >> order.destination.0 & 1 == 0
            || suspended.any(|(from, until)| (*from..*until).contains(&order.at))
        {
            return Joined::Nobody;
        }
        let person = self.root.user(history.user());
        let yes = |purpose, entity, limit| upper(person, purpose, entity) < limit;
        if self.survives > 0
            && clicked_out(history, order, click_window)
            && yes(SURVIVES, order.need.0, self.survives)
        {
            return Joined::Buyer;
        }
        let place = self.keys[order.destination.index()];
        if self.mistakes > 0 && yes(MISTAKEN, place, self.mistakes) {
            // It is the other person's device that is handed over, or is not.
            let other = self.root.user(partner(history.user()));
            return if upper(other, READERS, 0) < self.readers {
                Joined::Other
            } else {
                Joined::Nobody
            };
        }
        let matched =
            self.matches > 0 && yes(READERS, 0, self.readers) && yes(MATCH, place, self.matches);
        if matched {
            Joined::Buyer
        } else {
            Joined::Nobody
        }
    }
}

fn upper(person: Person, purpose: Purpose, entity: u64) -> u64 {
    person.stream(purpose, entity).draw(0) >> 32
}

/// Whether a link of the merchant to the order's destination was followed within the window: its id
/// is carried to any order of that store.
fn clicked_out(history: &History, order: &Order, window: Second) -> bool {
    let contacts = history.contacts();
    let mut at = order.last_contact;
    while at != NO_CONTACT {
        let contact = &contacts[at as usize];
        if order.at - contact.at > window {
            return false;
        }
        if contact.clicked == Some(order.destination) {
            return true;
        }
        at = contact.previous;
    }
    false
}
