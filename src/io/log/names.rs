//! Names as numbers while reading, in the order of the alphabet afterwards: the order of rows must
//! not be seen in a result.

use std::collections::HashMap;

use super::fault::LogError;

#[derive(Debug, Default)]
pub(super) struct Names {
    places: HashMap<Box<str>, u32>,
    bytes: usize,
}

impl Names {
    pub fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.places.len() as u32;
        self.bytes += name.len();
        self.places.insert(name.into(), place);
        place
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

    /// Memory held, about: an entry costs its text, its hash slot and the allocator's share.
    pub fn bytes(&self) -> usize {
        self.bytes + self.places.capacity() * 26 + self.places.len() * 16
    }

    /// The names in order, and for each old place the new one.
    pub fn sorted(self) -> (Vec<String>, Vec<u16>) {
        let mut names: Vec<(Box<str>, u32)> = self.places.into_iter().collect();
        names.sort_unstable();
        let mut new = vec![0; names.len()];
        for (place, (_, old)) in (0_u16..).zip(&names) {
            new[*old as usize] = place;
        }
        (names.into_iter().map(|(n, _)| n.into()).collect(), new)
    }
}
