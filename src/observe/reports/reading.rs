//! A report as of a day: a pure reading of what was gathered.

use crate::base::{Fen, Merge};

use super::{Counted, Counting, ReportState};

/// What a report says, and what it keeps to itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Orders told.
    pub orders: u64,
    /// Their value in fen. A report as of a day has none: value is kept by window only.
    pub gmv_fen: Fen,
    /// Orders in cells too small to be told.
    pub withheld: u64,
    /// Their value in fen, as above.
    pub withheld_fen: Fen,
    /// How many such cells there are.
    pub withheld_cells: u64,
}

impl Merge for Part {
    fn merge(&mut self, other: Self) {
        self.orders += other.orders;
        self.gmv_fen += other.gmv_fen;
        self.withheld += other.withheld;
        self.withheld_fen += other.withheld_fen;
        self.withheld_cells += other.withheld_cells;
    }
}

impl Part {
    /// Orders told or not.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.orders + self.withheld
    }

    /// The share of orders that is kept back.
    #[must_use]
    pub fn withheld_share(&self) -> f64 {
        self.withheld as f64 / self.all() as f64
    }
}

/// A report, counted both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// An order counts for its last touch.
    pub deduplicated: Part,
    /// An order counts for each channel touched.
    pub each_channel: Part,
}

impl Merge for Reading {
    fn merge(&mut self, other: Self) {
        self.deduplicated.merge(other.deduplicated);
        self.each_channel.merge(other.each_channel);
    }
}

/// A cell of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Day of the season: of the touch if the report is back-filled, else of the order.
    pub day: usize,
    /// Channel.
    pub channel: usize,
    /// Tier of merchants.
    pub tier: usize,
}

impl ReportState {
    /// Days of the season.
    #[must_use]
    pub const fn days(&self) -> u32 {
        self.shape[0] as u32
    }

    /// All cells with any order, as they stand in the report with the window of that place: as of a
    /// day of the season (or after it), or once all is in.
    pub fn cells(
        &self,
        window: usize,
        as_of: Option<u32>,
    ) -> impl Iterator<Item = (Cell, Reading)> {
        let [days, channels, tiers, _] = self.shape;
        (0..days * channels * tiers).filter_map(move |row| {
            let cell = Cell {
                day: row / (channels * tiers),
                channel: row / tiers % channels,
                tier: row % tiers,
            };
            let part = |counting| self.part(counting, row, window, age(cell.day, as_of)?);
            let reading = Reading {
                deduplicated: part(Counting::Deduplicated).unwrap_or_default(),
                each_channel: part(Counting::EachChannel).unwrap_or_default(),
            };
            (reading != Reading::default()).then_some((cell, reading))
        })
    }

    /// The sum over all cells.
    #[must_use]
    pub fn read(&self, window: usize, as_of: Option<u32>) -> Reading {
        let mut sum = Reading::default();
        self.cells(window, as_of)
            .for_each(|(_, reading)| sum.merge(reading));
        sum
    }

    /// The share of a day's orders, in the widest window and before refunds, that the report of so
    /// many days later knows: over all days that the season outlasts by that window. None if it
    /// outlasts no day with an order.
    #[must_use]
    pub fn known_after(&self, days: u32) -> Option<f64> {
        let [season, channels, tiers, lags] = self.shape;
        let whole = (season + 1).saturating_sub(lags) * channels * tiers;
        let orders = &self.made.orders[Counting::Deduplicated as usize];
        let known = self.lags_known(Age::Days(days), 0);
        let mut sums = (0_u64, 0_u64);
        for row in orders.chunks_exact(lags).take(whole) {
            sums.0 += sum(&row[..known.min(lags)]);
            sums.1 += sum(row);
        }
        (sums.1 > 0).then(|| sums.0 as f64 / sums.1 as f64)
    }

    fn part(&self, counting: Counting, row: usize, window: usize, age: Age) -> Option<Part> {
        let made = self.orders(&self.made, counting, row, window, (age, 0));
        let back = if self.rule.include_refunds {
            0
        } else {
            let late = self.rule.refund_after;
            self.orders(&self.returned, counting, row, window, (age, late))
        };
        let orders = made - back;
        if made == 0 {
            return None;
        }
        let fen = match age {
            Age::Days(_) => 0,
            Age::Whole => {
                self.fen(&self.made, counting, row, window)
                    - self.fen(&self.returned, counting, row, window)
            }
        };
        let withheld = made < self.rule.suppress_below;
        Some(if withheld {
            Part {
                withheld: orders,
                withheld_fen: fen,
                withheld_cells: 1,
                ..Part::default()
            }
        } else {
            Part {
                orders,
                gmv_fen: fen,
                ..Part::default()
            }
        })
    }

    fn orders(
        &self,
        counted: &Counted,
        counting: Counting,
        row: usize,
        window: usize,
        (age, after): (Age, u32),
    ) -> u64 {
        let lags = self.shape[3];
        let within = self.rule.windows[window] as usize + 1;
        let known = self.lags_known(age, after).min(within);
        sum(&counted.orders[counting as usize][row * lags..][..known])
    }

    fn fen(&self, counted: &Counted, counting: Counting, row: usize, window: usize) -> Fen {
        let first = row * self.rule.windows.len();
        // Nothing was gathered of what is sent back where the report includes it anyway.
        let of_row = counted.fen[counting as usize].get(first..=first + window);
        of_row.map_or(0, |of_row| of_row.iter().sum())
    }

    /// How many lags, from 0 on, are known of a day of that age, if they are told `after` days later
    /// than orders are.
    fn lags_known(&self, age: Age, after: u32) -> usize {
        let Age::Days(age) = age else {
            return usize::MAX;
        };
        match age.checked_sub(self.rule.delay + after) {
            None => 0,
            Some(left) if self.rule.back_fill => left as usize + 1,
            Some(_) => usize::MAX,
        }
    }
}

/// How long ago a day was when the report is made.
#[derive(Clone, Copy)]
enum Age {
    Days(u32),
    /// So long that all is in.
    Whole,
}

/// The age of a day; none if it is yet to come.
fn age(day: usize, as_of: Option<u32>) -> Option<Age> {
    match as_of {
        None => Some(Age::Whole),
        Some(as_of) => as_of.checked_sub(day as u32).map(Age::Days),
    }
}

fn sum(orders: &[u32]) -> u64 {
    orders.iter().map(|n| u64::from(*n)).sum()
}
