//! The largest rate that is held.
//!
//! How fast the system takes what comes at once is an upper bound: nothing waits there for its time.
//! Below it the rate is looked for by bisection, each time from an empty system, until what is held and
//! what is not are close together. Then some lower rates are played, so that it can be seen how latency
//! grows with the rate.

use super::{LoadError, Measured};

/// The search ends when the lowest rate that is not held is no more than this much above the highest that
/// is.
const CLOSE: f64 = 1.04;
/// Most rates that are tried.
const TRIES: usize = 10;
/// Lower rates of the curve, as shares of the rate that is held.
const LOWER: [f64; 3] = [0.25, 0.5, 0.75];

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Found {
    /// As fast as can be: no open loop, so its latency says nothing.
    pub max: Measured,
    /// All rates that were played, from the lowest to the highest.
    pub tried: Vec<Measured>,
    /// Place among them of the highest that is held; none if none is.
    pub held: Option<usize>,
}

/// Where to go on between the highest rate that is held and the lowest that is not.
fn between(held: Option<f64>, lost: f64) -> Option<f64> {
    match held {
        Some(held) if lost / held <= CLOSE => None,
        Some(held) => Some((held * lost).sqrt()),
        None => Some(lost / 2.0),
    }
}

impl Found {
    /// The rate that is held, or else the lowest that was tried.
    #[must_use]
    pub fn told(&self) -> &Measured {
        let held = self.held.and_then(|place| self.tried.get(place));
        held.or_else(|| self.tried.first()).unwrap_or(&self.max)
    }

    /// Looks for the largest rate that is held. `play` plays the stream at a rate, or as fast as can be,
    /// into a system that has forgotten what was before.
    ///
    /// # Errors
    /// Those of playing.
    pub fn of(
        play: &dyn Fn(Option<f64>) -> Result<Measured, LoadError>,
    ) -> Result<Self, LoadError> {
        let max = play(None)?;
        let mut tried: Vec<Measured> = Vec::new();
        let (mut held, mut lost) = (None, max.achieved_per_s);
        let mut next = Some(0.8 * lost);
        while let Some(rate) = next
            && tried.len() < TRIES
        {
            let measured = play(Some(rate))?;
            if measured.is_held() {
                held = Some(rate);
            } else {
                lost = rate;
            }
            tried.push(measured);
            next = between(held, lost);
        }
        if let Some(held) = held {
            for share in LOWER {
                tried.push(play(Some(share * held))?);
            }
        }
        let rate = |m: &Measured| m.target_per_s.unwrap_or(f64::INFINITY);
        tried.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
        Ok(Self {
            max,
            held: held.and_then(|held| tried.iter().position(|m| m.target_per_s == Some(held))),
            tried,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a bisection that leaves the interval, does not end, or ends too far from the truth.
    #[test]
    fn bisection_closes_in() {
        for capacity in [1.0, 10.0, 63.0, 99.0] {
            let (mut held, mut lost, mut tries) = (None, 100.0, 0);
            let mut next = Some(80.0);
            while let Some(rate) = next {
                if rate <= capacity {
                    held = Some(rate);
                } else {
                    lost = rate;
                }
                tries += 1;
                next = between(held, lost);
            }
            let held = held.expect("some rate is held");
            assert!(
                held <= capacity && capacity < held * CLOSE,
                "{capacity}: {held}"
            );
            assert!(tries <= 14, "{capacity}: {tries}");
        }
    }
}
