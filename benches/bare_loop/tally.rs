//! What the bare loop gathers: whole numbers, so that threads cannot be seen in it.

use redcat::base::{Digest, Exact, Merge};

use super::{BUYS, CHANNELS, IMPRESSIONS, READS};

/// Rules, by their place in [`Tally::credit`].
pub const RULES: [&str; 5] = ["first", "last", "linear", "time-decay", "position"];
/// Places beside the channels' in [`Tally::steps`].
pub const START: usize = CHANNELS;
pub const BOUGHT: usize = CHANNELS;
pub const NOTHING: usize = CHANNELS + 1;

/// All that is gathered.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    pub users: u64,
    pub impressions: u64,
    pub reads: u64,
    pub orders: u64,
    /// Orders whose reads all lie beyond the look-back.
    pub unattributed: u64,
    pub nulls: u64,
    pub credit: [[Exact; CHANNELS]; RULES.len()],
    pub steps: [[u64; CHANNELS + 2]; CHANNELS + 1],
    /// Orders and null journeys by the set of channels, as bits.
    pub sets: Vec<[u64; 2]>,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            users: 0,
            impressions: 0,
            reads: 0,
            orders: 0,
            unattributed: 0,
            nulls: 0,
            credit: [[Exact::ZERO; CHANNELS]; RULES.len()],
            steps: [[0; CHANNELS + 2]; CHANNELS + 1],
            sets: vec![[0; 2]; 1 << CHANNELS],
        }
    }

    /// Impressions, reads and orders.
    pub const fn events(&self) -> u64 {
        self.impressions + self.reads + self.orders
    }

    /// Digest of everything.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        let totals = [self.users, self.impressions, self.reads, self.orders];
        let rest = [self.unattributed, self.nulls];
        let steps = self.steps.iter().flatten();
        let sets = self.sets.iter().flatten();
        let words = totals.iter().chain(&rest).chain(steps).chain(sets);
        words.for_each(|word| digest.word(*word));
        for credit in self.credit.iter().flatten() {
            digest.word(credit.raw() as u64);
        }
        digest.get()
    }

    /// # Panics
    ///
    /// When the totals cannot be those of the loop that the module describes.
    pub fn check(&self) {
        let users = self.users as f64;
        let near = |value: f64, aim: f64| (value / aim - 1.0).abs() < 6.0 / (aim * users).sqrt();
        assert!(near(self.impressions as f64 / users, IMPRESSIONS));
        assert!(near(self.reads as f64 / users, IMPRESSIONS * READS));
        let wanted = IMPRESSIONS * READS * BUYS * users;
        assert!((0.7..1.0).contains(&(self.orders as f64 / wanted)));
        assert!((self.unattributed as f64) < 0.1 * self.orders as f64);
        assert!(self.nulls < self.reads && self.nulls > self.reads / 2);
        for (rule, credit) in RULES.iter().zip(&self.credit) {
            let sum: i128 = credit.iter().map(|c| c.raw()).sum();
            let orders = Exact::whole((self.orders - self.unattributed) as i64);
            assert_eq!(sum, orders.raw(), "{rule} gives each order away once");
        }
        let out = |from: usize| self.steps[from].iter().sum::<u64>();
        let into = |to: usize| self.steps.iter().map(|row| row[to]).sum::<u64>();
        assert_eq!(out(START), self.orders + self.nulls);
        assert_eq!((into(BOUGHT), into(NOTHING)), (self.orders, self.nulls));
        assert!((0..CHANNELS).all(|c| out(c) == into(c) && out(c) > 0));
        let of_sets = |end: usize| self.sets.iter().map(|s| s[end]).sum::<u64>();
        assert_eq!((of_sets(0), of_sets(1)), (self.orders, self.nulls));
    }
}

impl Merge for Tally {
    fn merge(&mut self, other: Self) {
        self.users += other.users;
        self.impressions += other.impressions;
        self.reads += other.reads;
        self.orders += other.orders;
        self.unattributed += other.unattributed;
        self.nulls += other.nulls;
        self.credit.merge(other.credit);
        self.steps.merge(other.steps);
        self.sets.merge(other.sets);
    }
}
