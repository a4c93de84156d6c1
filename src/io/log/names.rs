//! Names as numbers while reading, in the order of the alphabet afterwards: the order of rows must
//! not be seen in a result.

use std::collections::HashMap;

use super::fault::LogError;

/// Most names are short; those are kept in the table itself, since with millions of users it is the
/// way to memory that costs, and a name elsewhere is a second one.
const SHORT: usize = 15;

#[derive(Debug, Default)]
pub(super) struct Names {
    short: HashMap<[u8; SHORT + 1], u32>,
    long: HashMap<Box<str>, u32>,
    bytes: usize,
}

/// A short name with its length behind it.
fn packed(name: &str) -> Option<[u8; SHORT + 1]> {
    let mut key = [0; SHORT + 1];
    key.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
    if name.len() > SHORT {
        return None;
    }
    key[SHORT] = name.len() as u8;
    Some(key)
}

impl Names {
    pub fn place(&mut self, name: &str) -> u32 {
        let next = (self.short.len() + self.long.len()) as u32;
        match packed(name) {
            Some(key) => *self.short.entry(key).or_insert(next),
            None => match self.long.get(name) {
                Some(place) => *place,
                None => {
                    self.bytes += name.len() + 16;
                    *self.long.entry(name.into()).or_insert(next)
                }
            },
        }
    }

    /// As [`Names::place`], where there is a most.
    pub fn few(&mut self, name: &str, most: u16, what: &str) -> Result<u16, LogError> {
        let place = self.place(name);
        let fits = u16::try_from(place).ok().filter(|place| *place < most);
        fits.ok_or_else(|| {
            LogError::Option(format!(
                "there are more than {most} {what}: is the right column mapped to it?"
            ))
        })
    }

    /// The names in order, and for each old place the new one.
    pub fn sorted(self) -> (Vec<String>, Vec<u16>) {
        let text = |key: &[u8; SHORT + 1]| {
            let length = usize::from(key[SHORT]);
            String::from_utf8_lossy(&key[..length]).into_owned()
        };
        let short = self.short.iter().map(|(key, place)| (text(key), *place));
        let long = self.long.into_iter().map(|(n, place)| (n.into(), place));
        let mut names: Vec<(String, u32)> = short.chain(long).collect();
        names.sort_unstable();
        let mut new = vec![0; names.len()];
        for (place, (_, old)) in (0_u16..).zip(&names) {
            new[*old as usize] = place;
        }
        (names.into_iter().map(|(n, _)| n).collect(), new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch names taken for one another where they go from short to long, or end in nothing.
    #[test]
    fn names_short_and_long_come_back() {
        let mut names = Names::default();
        let given: Vec<String> = (0..40).map(|n| "ab\0é".repeat(n)).collect();
        let places: Vec<u32> = given.iter().map(|n| names.place(n)).collect();
        assert_eq!(places, (0..40).collect::<Vec<u32>>());
        assert_eq!(
            given.iter().map(|n| names.place(n)).collect::<Vec<_>>(),
            places
        );
        for letters in [13, 14, 15, 16, 17] {
            names.place(&"z".repeat(letters));
        }
        let (sorted, new) = names.sorted();
        assert!(sorted.is_sorted() && sorted.len() == 45, "{sorted:?}");
        for (old, name) in given.iter().enumerate() {
            assert_eq!(sorted[usize::from(new[old])], *name);
        }
    }
}
