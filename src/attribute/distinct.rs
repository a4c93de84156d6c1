//! The distinct channels of a journey, in time linear in its touches.
//!
//! Comparing every touch with every other is quadratic, and a path of ten thousand touches does
//! occur (a device shared by an office). A stamp for each channel says in which journey it was
//! last seen; the next journey gets the next stamp, so nothing has to be cleared in between. Where
//! channels are few, as they mostly are, the stamps are the bits of one word.

use super::room::Room;

/// Reusable memory for [`Distinct::of`].
#[derive(Clone, Debug, Default)]
pub struct Distinct {
    stamps: Vec<u64>,
    stamp: u64,
    seen: Room<u16>,
}

impl Distinct {
    /// The distinct channels in the order of their first touch.
    #[inline(always)]
    pub fn of(&mut self, channels: &[u16]) -> &[u16] {
        let seen = self.seen.of(channels.len());
        let new = match few(seen, channels) {
            Some(new) => new,
            None => many((&mut self.stamps, &mut self.stamp), seen, channels),
        };
        &seen[..new]
    }
}

/// How many there are, of any channels; they are written down.
fn many((stamps, stamp): (&mut Vec<u64>, &mut u64), seen: &mut [u16], channels: &[u16]) -> usize {
    *stamp += 1;
    // Whether a channel is new is a coin toss that no processor predicts: it is written down
    // in any case, and the next one goes on top of it if it was not new.
    let mut new = 0;
    for channel in channels {
        let place = usize::from(*channel);
        if place >= stamps.len() {
            stamps.resize(place + 1, 0);
        }
        seen[new] = *channel;
        new += usize::from(stamps[place] != *stamp);
        stamps[place] = *stamp;
    }
    new
}

/// The same where all channels are among the first 64: the bits of a word are the stamps. None if
/// one is not.
#[inline(always)]
fn few(seen: &mut [u16], channels: &[u16]) -> Option<usize> {
    let (mut new, mut before) = (0, 0_u64);
    for channel in channels {
        let stamp = 1_u64.checked_shl(u32::from(*channel))?;
        *seen.get_mut(new)? = *channel;
        new += usize::from(before & stamp == 0);
        before |= stamp;
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a stamp that survives from an earlier journey, and quadratic time.
    #[test]
    fn each_journey_starts_afresh() {
        let mut distinct = Distinct::default();
        assert_eq!(distinct.of(&[2, 9, 2, 0, 9]), [2, 9, 0]);
        assert_eq!(distinct.of(&[]), [0_u16; 0]);
        assert_eq!(distinct.of(&[9]), [9]);
        assert_eq!(distinct.of(&[63, 0, 63, 64, 0, 64]), [63, 0, 64]);
        assert_eq!(distinct.of(&[63, 0, 63]), [63, 0]);
        let long: Vec<u16> = (0..1_000_000_u32)
            .map(|i| (i * 7 % 65_536) as u16)
            .collect();
        assert_eq!(distinct.of(&long).len(), 65_536);
    }
}
