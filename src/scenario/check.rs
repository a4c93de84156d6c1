//! From what is written to what is meant: the checks that tie several keys together.
//!
//! Every refusal names the key, the value found and what to write instead.

mod dates;
mod grants;
mod load;
mod measures;
mod phases;
mod regimes;
mod regions;

use std::collections::BTreeSet;

use super::checked::{Channel, Tier};
use super::error::ScenarioError;
use super::units::Share;
use super::wire::Wire;

/// Most users of a run: more than there are people.
pub const MAX_USERS: u64 = 10_000_000_000;
/// Most channels of a scenario (sets of channels are 64-bit masks).
pub const MAX_CHANNELS: usize = 64;
/// Most merchants of a scenario.
pub const MAX_MERCHANTS: usize = 60_000;
const MAX_NAMES: usize = 64;
/// Most needs a month, and the largest multiple of them.
const MAX_NEEDS: f64 = 100.0;
/// Largest median of an order: money is summed over all users in 64 bits.
const MAX_MEDIAN_FEN: f64 = 1e8;

/// Refuses with the key, the value and the remedy.
pub(super) struct Checker<'a> {
    pub file: &'a str,
}

type Checked<T = ()> = Result<T, ScenarioError>;

impl Checker<'_> {
    fn refuse<T>(
        &self,
        key: impl Into<String>,
        value: impl ToString,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Checked<T> {
        let value = value.to_string();
        Err(ScenarioError::value(self.file, key, value, problem, remedy))
    }

    fn within(&self, key: &str, value: u64, low: u64, high: u64) -> Checked {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let problem = if value < low {
            "is too small"
        } else {
            "is too large"
        };
        self.refuse(
            key,
            value,
            problem,
            format!("write a whole number from {low} to {high}"),
        )
    }

    fn names<'n>(&self, list: &str, names: impl Iterator<Item = &'n String>) -> Checked {
        let mut seen = BTreeSet::new();
        for name in names {
            let fine = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
                let remedy = "use letters, digits, - and _, at most 64 of them";
                return self.refuse(format!("{list}[].name"), name, "is not a name", remedy);
            }
            if !seen.insert(name) {
                let remedy = "give each its own name";
                return self.refuse(format!("{list}[].name"), name, "is there twice", remedy);
            }
        }
        if seen.is_empty() {
            return self.refuse(
                list,
                "[]",
                "is empty",
                format!("add at least one [[{list}]]"),
            );
        }
        if seen.len() > MAX_NAMES {
            let remedy = format!("at most {MAX_NAMES} are possible");
            return self.refuse(list, seen.len(), "are too many", remedy);
        }
        Ok(())
    }

    fn add_up(&self, key: &str, shares: impl Iterator<Item = Share>, slack: f64) -> Checked {
        let sum: f64 = shares.map(Share::get).sum();
        if (sum - 1.0).abs() <= slack {
            return Ok(());
        }
        let value = format!("{sum:.6}");
        self.refuse(
            key,
            value,
            "does not add up to 1",
            "change the shares so that they do",
        )
    }

    /// Checks everything that no type holds by itself.
    pub fn wire(&self, wire: &Wire) -> Checked {
        if wire.schema_version != 1 {
            let remedy = "this version reads schema_version = 1";
            return self.refuse(
                "schema_version",
                wire.schema_version,
                "is not known",
                remedy,
            );
        }
        self.names("name", std::iter::once(&wire.name))?;
        self.within("run.users", wire.run.users, 1, MAX_USERS)?;
        self.names("channels", wire.channels.iter().map(|c| &c.name))?;
        self.names("categories", wire.categories.iter().map(|c| &c.name))?;
        self.names("tiers", wire.tiers.iter().map(|t| &t.name))?;
        self.names("destinations", wire.destinations.iter().map(|d| &d.name))?;
        self.names(
            "people.segments",
            wire.people.segments.iter().map(|s| &s.name),
        )?;
        self.names(
            "measure.regimes",
            wire.measure.regimes.iter().map(|r| &r.name),
        )?;
        self.add_up(
            "people.segments[].share",
            wire.people.segments.iter().map(|s| s.share),
            1e-6,
        )?;
        self.add_up(
            "tiers[].popularity",
            wire.tiers.iter().map(|t| t.popularity),
            1e-6,
        )?;
        self.exposure(wire)?;
        self.sizes(wire)?;
        self.tiers(wire)?;
        self.destinations(wire)?;
        self.measures(wire)?;
        self.behaviour(wire)
    }

    fn exposure(&self, wire: &Wire) -> Checked {
        let t = &wire.exposure.transitions;
        let pairs = [t.search_search, t.feed_search, t.feed_feed, t.search_feed];
        self.add_up("exposure.transitions", pairs.into_iter(), 0.005)?;
        if t.search_search.get() + t.search_feed.get() > wire.people.search_users.get() {
            let value = wire.people.search_users.get();
            let problem = "is less than the share of requests that are searches";
            let remedy = "raise it, or lower exposure.transitions.search_search";
            return self.refuse("people.search_users", value, problem, remedy);
        }
        for (name, surface) in [
            ("feed", &wire.exposure.feed),
            ("search", &wire.exposure.search),
        ] {
            let key = format!("exposure.{name}.depth.max");
            self.within(&key, u64::from(surface.depth.max), 1, 200)?;
        }
        for surface in [super::wire::Surface::Feed, super::wire::Surface::Search] {
            let of_surface = wire.channels.iter().filter(|c| c.surface == surface);
            let sum: f64 = of_surface.map(|c| c.share_of_shown.get()).sum();
            if sum > 0.5 {
                let key = "channels[].share_of_shown";
                let problem =
                    format!("is the sum over the {surface:?} surface: more than half of it");
                let remedy = "tracked notes must stay a part of what is shown: lower the shares";
                return self.refuse(key, format!("{sum:.4}"), problem, remedy);
            }
        }
        Ok(())
    }

    /// Bounds on what a user's memory and clock must hold.
    fn sizes(&self, wire: &Wire) -> Checked {
        let people = &wire.people;
        let activity = &people.activity;
        for (key, value, low, high) in [
            ("activity.sessions", activity.sessions.get(), 1.0, 20.0),
            ("activity.requests", activity.requests.get(), 1.0, 20.0),
            (
                "activity.seconds_per_note",
                activity.seconds_per_note.get(),
                0.1,
                3_600.0,
            ),
            ("interest_spread", people.interest_spread.get(), 0.0, 3.0),
        ] {
            self.between(&format!("people.{key}"), value, low, high)?;
        }
        for segment in &people.segments {
            let key = format!("people.segments[{}].needs", segment.name);
            self.between(&key, segment.needs.get(), 0.0, MAX_NEEDS)?;
        }
        for category in &wire.categories {
            let key = |k: &str| format!("categories[{}].{k}", category.name);
            let needs = category.needs_per_month.get();
            self.between(&key("needs_per_month"), needs, 0.0, MAX_NEEDS)?;
            let value = &category.order_value;
            self.between(&key("order_value.sigma"), value.sigma.get(), 0.0, 3.0)?;
            if value.median.fen_f64() > MAX_MEDIAN_FEN {
                let key = key("order_value.median");
                let remedy = "write at most \"¥1000000\"";
                return self.refuse(key, value.median, "is too large", remedy);
            }
        }
        for day in &wire.calendar.busy_days {
            let key = format!("calendar.busy_days[{}].needs", day.name);
            self.between(&key, day.needs.get(), 0.0, MAX_NEEDS)?;
        }
        Ok(())
    }

    fn between(&self, key: &str, value: f64, low: f64, high: f64) -> Checked {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let remedy = format!("write {low} to {high}");
        self.refuse(key, value, "is out of range", remedy)
    }

    fn tiers(&self, wire: &Wire) -> Checked {
        let mut merchants = 0;
        for tier in &wire.tiers {
            let key = |k: &str| format!("tiers[{}].{k}", tier.name);
            self.within(&key("merchants"), u64::from(tier.merchants), 1, 2_000)?;
            self.within(
                &key("notes_per_day"),
                u64::from(tier.notes_per_day),
                1,
                10_000,
            )?;
            merchants += tier.merchants as usize * wire.categories.len();
            for store in tier.stores.keys() {
                self.known(
                    &key("stores"),
                    store,
                    wire.destinations.iter().map(|d| &d.name),
                )?;
            }
        }
        if merchants > MAX_MERCHANTS {
            let remedy = format!("at most {MAX_MERCHANTS} over all categories");
            return self.refuse(
                "tiers[].merchants",
                merchants,
                "are too many merchants",
                remedy,
            );
        }
        for channel in &wire.channels {
            let key = format!("channels[{}].tiers", channel.name);
            for tier in channel.tiers.keys() {
                self.known(&key, tier, wire.tiers.iter().map(|t| &t.name))?;
            }
            if channel.share_of_shown.get() > 0.0 && channel.tiers.values().all(|w| w.get() == 0.0)
            {
                let remedy =
                    "name at least one tier with a weight above 0, or set share_of_shown = 0";
                return self.refuse(key, "{}", "shows notes of nobody", remedy);
            }
        }
        Ok(())
    }

    fn destinations(&self, wire: &Wire) -> Checked {
        let home: Vec<_> = wire
            .destinations
            .iter()
            .filter(|d| !d.marketplace)
            .collect();
        let [home] = home[..] else {
            let problem = "destinations are inside the app";
            let remedy = "set marketplace = false for exactly one";
            return self.refuse("destinations[].marketplace", home.len(), problem, remedy);
        };
        if home.installed.get() < 1.0 {
            let key = format!("destinations[{}].installed", home.name);
            let remedy = "every user has the app itself: write 1";
            return self.refuse(key, home.installed.get(), "is less than 1", remedy);
        }
        if wire.destinations.len() > 15 {
            let remedy = "at most 15 are possible";
            return self.refuse(
                "destinations",
                wire.destinations.len(),
                "are too many",
                remedy,
            );
        }
        Ok(())
    }

    fn behaviour(&self, wire: &Wire) -> Checked {
        let delay = &wire.behaviour.delay;
        let sum = delay.direct_within_hour.get() + delay.direct_within_day.get();
        if sum > 1.0 {
            let key = "behaviour.delay.direct_within_day";
            let problem = "and direct_within_hour add up to more than 1";
            return self.refuse(
                key,
                delay.direct_within_day.get(),
                problem,
                "lower one of them",
            );
        }
        for (key, span) in [
            ("delay.direct_tail", delay.direct_tail),
            ("delay.seeding", delay.seeding),
            ("waiting.patience", wire.behaviour.waiting.patience),
            ("waiting.rush_from", wire.behaviour.waiting.rush_from),
            ("choice.link_recall", wire.behaviour.choice.link_recall),
            ("funnel.refund_delay", wire.behaviour.funnel.refund_delay),
            ("adstock.half_life", wire.behaviour.adstock.half_life),
            ("habit.half_life", wire.behaviour.habit.half_life),
        ] {
            if span.seconds() < 1.0 {
                let remedy = "write at least \"1s\"";
                return self.refuse(format!("behaviour.{key}"), span, "is too short", remedy);
            }
        }
        let waiting = &wire.behaviour.waiting;
        if waiting.rush_until.seconds() <= waiting.rush_from.seconds() {
            let remedy = "write a span longer than rush_from";
            let key = "behaviour.waiting.rush_until";
            return self.refuse(key, waiting.rush_until, "is not after rush_from", remedy);
        }
        let choice = &wire.behaviour.choice;
        self.within(
            "behaviour.choice.considered",
            u64::from(choice.considered),
            0,
            8,
        )?;
        self.within(
            "behaviour.choice.remembered",
            u64::from(choice.remembered),
            0,
            8,
        )
    }

    fn known<'n>(
        &self,
        key: &str,
        name: &str,
        names: impl Iterator<Item = &'n String>,
    ) -> Checked<usize> {
        let names: Vec<&String> = names.collect();
        if let Some(place) = names.iter().position(|n| *n == name) {
            return Ok(place);
        }
        let list: Vec<&str> = names.iter().map(|n| n.as_str()).collect();
        let near = list
            .iter()
            .map(|n| (strsim::jaro_winkler(n, name), *n))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let remedy = match near {
            Some((_, near)) => format!("did you mean {near:?}?"),
            None => format!("write one of: {}", list.join(", ")),
        };
        self.refuse(key, name, "is not the name of any", remedy)
    }

    /// Names to places.
    pub fn channels(&self, wire: &Wire) -> Vec<Channel> {
        let channels = wire.channels.iter();
        channels.map(|c| Channel::new(c, &wire.tiers)).collect()
    }

    /// Names to places.
    pub fn tiers_resolved(&self, wire: &Wire) -> Vec<Tier> {
        let tiers = wire.tiers.iter();
        tiers.map(|t| Tier::new(t, &wire.destinations)).collect()
    }
}
