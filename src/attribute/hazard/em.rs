//! Fitting the additive hazard by expectation and maximisation.
//!
//! ```text
//! E   pᵢ = touch i's share of λ = Σ β_c ω_c e^(−ω_c h) in a converting journey
//! M   β_c = Σ pᵢ / Σ (1 − e^(−ω_c h))
//!     ω_c = Σ pᵢ / Σ (pᵢ h + β_c h e^(−ω_c h))          old β, ω on the right
//! L   = Σ log λ over converting journeys − Σ β_c (1 − e^(−ω_c h)) over all touches
//! ```
//!
//! Sums without more words are over all touches of the channel, converting or not. One *pass* over
//! the journeys gives the sums, hence `L` at the present parameters and the next ones. Journeys come
//! in an order of their own, so the floats add up to the same bits on every run.
//!
//! # Where the formulas end
//!
//! * A channel that is never credited has β = 0; its ω is not identified and stays as it is.
//! * Times are known to the second and seasons last less than a lifetime, so 1/ω is held between a
//!   second and 10⁹ hours, and β below 10⁹. A channel seen *only* in the second of the conversion has
//!   an unbounded likelihood (it never had time to fail); it ends at these bounds and takes all.
//! * With a large ω every λ of a journey may underflow. Shares are then formed from logarithms.

use crate::base::math::{exp, expm1, ln};

use super::store::{Entry, Store};

/// A converting journey's λ below this is formed from logarithms: a float has little more.
const TINY: f64 = 1e-280;
const SLOWEST: f64 = 1e-9;
const FASTEST: f64 = 3_600.0;
const MOST: f64 = 1e9;

/// One channel's response to a touch: it converts with chance `1 − e^(−β)` sooner or later, after
/// a time that is exponential with rate ω.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response {
    /// Strength: conversions that a touch brings if it is given all time.
    pub beta: f64,
    /// Speed, per hour.
    pub omega: f64,
}

/// What one pass gathers of a channel.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// Σ pᵢ
    won: f64,
    /// Σ pᵢ h
    won_hours: f64,
    /// Σ (1 − e^(−ωh))
    exposed: f64,
    /// Σ h e^(−ωh)
    tail: f64,
}

/// `(1 − e⁻ˣ, e⁻ˣ)`, both to the last digits.
#[inline]
fn faded(x: f64) -> (f64, f64) {
    if x < 0.5 {
        let gone = -expm1(-x);
        (gone, 1.0 - gone)
    } else {
        let left = exp(-x);
        (1.0 - left, left)
    }
}

/// The parameters, and memory reused from one journey to the next.
pub(in crate::attribute) struct Em {
    pub responses: Vec<Response>,
    sums: Vec<Sums>,
    shares: Vec<f64>,
    left: Vec<f64>,
}

impl Em {
    pub fn new(channels: usize, start: Response) -> Self {
        Self {
            responses: vec![start; channels],
            sums: vec![Sums::default(); channels],
            shares: Vec::new(),
            left: Vec::new(),
        }
    }

    /// One pass: the log likelihood of the present parameters. [`Em::step`] may follow.
    pub fn pass(&mut self, journeys: &Store) -> f64 {
        self.sums.fill(Sums::default());
        let mut likelihood = 0.0;
        for entry in &journeys.entries {
            let (channels, hours) = journeys.touches(entry);
            let conversions = entry.conversions as f64;
            let all = conversions + entry.nulls as f64;
            self.left.clear();
            for (channel, hours) in channels.iter().zip(hours) {
                let channel = usize::from(*channel);
                let (gone, left) = faded(self.responses[channel].omega * hours);
                let sums = &mut self.sums[channel];
                sums.exposed += all * gone;
                sums.tail += all * (hours * left);
                self.left.push(left);
            }
            if entry.conversions > 0 {
                likelihood += conversions * self.divide(channels, hours);
                let touches = channels.iter().zip(hours).zip(&self.shares);
                for ((channel, hours), share) in touches {
                    let sums = &mut self.sums[usize::from(*channel)];
                    sums.won += conversions * share;
                    sums.won_hours += conversions * (share * hours);
                }
            }
        }
        let channels = self.responses.iter().zip(&self.sums);
        likelihood - channels.map(|(r, s)| r.beta * s.exposed).sum::<f64>()
    }

    /// The parameters that the last pass asks for.
    pub fn step(&mut self) {
        for (response, sums) in self.responses.iter_mut().zip(&self.sums) {
            if sums.won == 0.0 {
                response.beta = 0.0;
                continue;
            }
            let omega = sums.won / (sums.won_hours + response.beta * sums.tail);
            response.omega = omega.clamp(SLOWEST, FASTEST);
            response.beta = (sums.won / sums.exposed).min(MOST);
        }
    }

    /// Shares of a journey's touches in its λ: zeros if no touch has any.
    pub fn shares(&mut self, journeys: &Store, entry: &Entry) -> &[f64] {
        let (channels, hours) = journeys.touches(entry);
        let touches = channels.iter().zip(hours);
        let responses = &self.responses;
        let left = touches.map(|(c, h)| faded(responses[usize::from(*c)].omega * h).1);
        self.left.clear();
        self.left.extend(left);
        self.divide(channels, hours);
        &self.shares
    }

    /// Fills `shares` from what is `left` of each touch, and returns log λ.
    fn divide(&mut self, channels: &[u16], hours: &[f64]) -> f64 {
        let responses = &self.responses;
        let rate = |channel: u16| {
            let response = responses[usize::from(channel)];
            response.beta * response.omega
        };
        let mut sum = 0.0;
        self.shares.clear();
        for (channel, left) in channels.iter().zip(&self.left) {
            let lambda = rate(*channel) * left;
            sum += lambda;
            self.shares.push(lambda);
        }
        let mut scale = 0.0;
        if sum < TINY {
            let touches = channels.iter().zip(hours);
            self.shares.clear();
            self.shares.extend(touches.map(|(channel, hours)| {
                ln(rate(*channel)) - responses[usize::from(*channel)].omega * hours
            }));
            scale = self
                .shares
                .iter()
                .copied()
                .fold(f64::NEG_INFINITY, f64::max);
            if scale == f64::NEG_INFINITY {
                self.shares.fill(0.0);
                return scale;
            }
            self.shares
                .iter_mut()
                .for_each(|log| *log = exp(*log - scale));
            sum = self.shares.iter().sum();
        }
        self.shares.iter_mut().for_each(|share| *share /= sum);
        scale + ln(sum)
    }
}
