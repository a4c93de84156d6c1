//! The mean of many fits, each on half of the channels and half of the journeys.
//!
//! A bag takes each channel, and each journey, on the toss of a coin. Journeys of one pattern are
//! many coins: their heads are counted. Coins have addresses (bag and channel, bag and pattern), so a bag
//! holds the same whatever the order of journeys.

use crate::base::address::{Purpose, Root, mix, unit};
use crate::base::math;

use super::newton::{Fault, Found, Trial, fit as maximum};

/// Beyond so many coins, the bell curve counts their heads.
const TOSSED: f64 = 65_536.0;

/// The mean coefficients of the bags that a channel was in. A bag without wins or without losses is
/// left out.
pub(super) fn fit(
    trials: &[Trial],
    channels: &[u16],
    penalty: f64,
    bags: u32,
) -> Result<Found, Fault> {
    let root = Root::new(0);
    let columns = channels.len();
    let (mut sums, mut times) = (vec![0.0; columns], vec![0.0; columns]);
    let (mut intercepts, mut fitted, mut steps) = (0.0, 0.0, 0);
    let mut fault = Fault::NoLosses;
    for bag in 0..bags {
        let coins = root.common(Purpose::named("attribute/bag-channel"), bag.into());
        let coin = |channel: &u16| coins.draw(u64::from(*channel)) >> 63 == 1;
        let mut places = vec![None; columns];
        let mut inside = Vec::new();
        for (column, channel) in channels.iter().enumerate() {
            if coin(channel) {
                places[column] = Some(inside.len());
                inside.push(column);
            }
        }
        let coins = root.common(Purpose::named("attribute/bag-journey"), bag.into());
        let drawn = trials.iter().map(|trial| {
            let content = |key: u64, (column, x): &(usize, f64)| {
                mix(mix(key ^ u64::from(channels[*column])) ^ x.to_bits())
            };
            let key = trial.x.iter().fold(0, content);
            let x = trial
                .x
                .iter()
                .filter_map(|(c, x)| places[*c].map(|c| (c, *x)));
            Trial {
                x: x.collect(),
                wins: heads(trial.wins, coins.draw(key)),
                losses: heads(trial.losses, coins.draw(!key)),
            }
        });
        let drawn: Vec<Trial> = drawn.filter(|t| t.wins + t.losses > 0.0).collect();
        match maximum(&drawn, inside.len(), penalty) {
            Ok(found) => {
                intercepts += found.intercept;
                fitted += 1.0;
                steps += found.steps;
                for (column, beta) in inside.into_iter().zip(found.beta) {
                    sums[column] += beta;
                    times[column] += 1.0;
                }
            }
            Err(Fault::NoLosses) => {}
            // Columns of a bag are not the columns outside.
            Err(Fault::OneSided(column)) => return Err(Fault::OneSided(inside[column])),
            Err(Fault::Repeats(column)) => {
                return Err(Fault::Repeats(*inside.get(column).unwrap_or(&columns)));
            }
            Err(other) => fault = other,
        }
    }
    if fitted == 0.0 {
        return Err(fault);
    }
    let mean = |(sum, times): (f64, f64)| if times > 0.0 { sum / times } else { 0.0 };
    Ok(Found {
        beta: sums.into_iter().zip(times).map(mean).collect(),
        intercept: intercepts / fitted,
        steps,
    })
}

/// How many of so many coins show heads.
fn heads(coins: f64, key: u64) -> f64 {
    if coins > TOSSED {
        // Never the quantile of nothing.
        let place = unit(key).max(f64::EPSILON);
        let off = 0.5 * coins.sqrt() * math::normal_quantile(place);
        return (0.5 * coins + off).round().clamp(0.0, coins);
    }
    let mut left = coins as u32;
    let (mut heads, mut word) = (0, key);
    while left > 0 {
        word = mix(word.wrapping_add(0x9E37_79B9_7F4A_7C15));
        let tossed = left.min(64);
        heads += (word >> (64 - tossed)).count_ones();
        left -= tossed;
    }
    f64::from(heads)
}

#[cfg(test)]
mod tests {
    use super::heads;

    /// Would catch coins that are not fair, or more heads than coins. Mean of 4,000 draws of 100 coins:
    /// 50 ± 0.08; six standard errors are allowed (false alarm 2e-9).
    #[test]
    fn coins_are_fair() {
        for coins in [1.0, 100.0, 1e6] {
            let draws = (0..4_000_u64).map(|k| heads(coins, crate::base::address::mix(k)));
            let draws: Vec<f64> = draws.collect();
            assert!(draws.iter().all(|d| (0.0..=coins).contains(d)));
            let mean = draws.iter().sum::<f64>() / 4_000.0;
            let error = 0.5 * coins.sqrt() / 4_000_f64.sqrt();
            assert!((mean - 0.5 * coins).abs() < 6.0 * error, "{coins}: {mean}");
        }
    }
}
