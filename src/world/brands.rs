//! What a user remembers of each brand: how much of its notes they have read lately, and where the
//! chain of contacts with it begins.
//!
//! A dense table by merchant with an epoch a user: nothing is cleared between users, nothing is
//! allocated, and a lookup is one read of a table that stays in the cache. A short list by category
//! says whose notes were read last.

use crate::base::{CategoryId, Curve, MerchantId, Second};

use super::history::NO_CONTACT;

#[derive(Clone, Copy, Debug, Default)]
struct Brand {
    epoch: u32,
    last_contact: u32,
    /// Reads, each faded since, as of `at`.
    adstock: f32,
    at: Second,
}

/// Most merchants remembered in a category.
pub(super) const MOST_REMEMBERED: usize = 8;

/// Merchants of a category in the order of their last contact, the latest first.
#[derive(Clone, Copy, Debug)]
struct Lately {
    epoch: u32,
    count: usize,
    /// Places after the last hold nobody.
    merchants: [MerchantId; MOST_REMEMBERED],
}

impl Default for Lately {
    fn default() -> Self {
        Self {
            epoch: 0,
            count: 0,
            merchants: [MerchantId(u32::MAX); MOST_REMEMBERED],
        }
    }
}

/// One user's memory of brands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Brands {
    table: Vec<Brand>,
    lately: Vec<Lately>,
    touched: Vec<MerchantId>,
    epoch: u32,
}

impl Brands {
    /// Forgets the last user.
    pub fn start(&mut self, merchants: usize, categories: usize) {
        let fits = self.table.len() == merchants && self.lately.len() == categories;
        if !fits || self.epoch == u32::MAX {
            self.table.clear();
            self.table.resize(merchants, Brand::default());
            self.lately.clear();
            self.lately.resize(categories, Lately::default());
            self.epoch = 0;
        }
        self.epoch += 1;
        self.touched.clear();
    }

    /// Recent reads of a brand, each faded.
    #[inline(always)]
    pub fn adstock(&self, merchant: MerchantId, at: Second, fading: &Curve) -> f32 {
        let brand = &self.table[merchant.index()];
        if brand.epoch != self.epoch {
            return 0.0;
        }
        brand.adstock * fading.at((at - brand.at) as f32)
    }

    /// Takes in a read; returns the adstock before it and the contact before it.
    #[inline(always)]
    pub fn read(
        &mut self,
        merchant: MerchantId,
        at: Second,
        contact: u32,
        fading: &Curve,
    ) -> (f32, u32) {
        let brand = &mut self.table[merchant.index()];
        if brand.epoch != self.epoch {
            self.touched.push(merchant);
            *brand = Brand {
                epoch: self.epoch,
                last_contact: contact,
                adstock: 1.0,
                at,
            };
            return (0.0, NO_CONTACT);
        }
        let before = brand.adstock * fading.at((at - brand.at) as f32);
        let previous = brand.last_contact;
        brand.adstock = before + 1.0;
        brand.at = at;
        brand.last_contact = contact;
        (before, previous)
    }

    /// Remembers that a merchant was met: it goes to the front of its category's list.
    #[inline(always)]
    pub fn remember(&mut self, category: CategoryId, merchant: MerchantId) {
        let lately = &mut self.lately[category.index()];
        if lately.epoch != self.epoch {
            *lately = Lately {
                epoch: self.epoch,
                ..Lately::default()
            };
        }
        let before = lately.merchants;
        // Where it was, or else the first place that is free, or the last: by arithmetic, as where it
        // was cannot be guessed either.
        let free = lately.count.min(MOST_REMEMBERED - 1);
        let known = before.iter().enumerate().fold(0, |bits, (place, m)| {
            bits | u32::from(*m == merchant) << place
        });
        let last = (known | 1 << free).trailing_zeros() as usize;
        // All places are written, since how many there are to move cannot be guessed.
        lately.merchants = std::array::from_fn(|place| match place {
            0 => merchant,
            _ if place <= last => before[place - 1],
            _ => before[place],
        });
        lately.count = lately.count.max(last + 1);
    }

    /// The merchants of a category met last, the latest first.
    #[inline(always)]
    pub fn remembered(&self, category: CategoryId) -> &[MerchantId] {
        let lately = &self.lately[category.index()];
        if lately.epoch == self.epoch {
            &lately.merchants[..lately.count]
        } else {
            &[]
        }
    }

    /// Takes in a contact that is no new read: a link followed later.
    #[inline]
    pub fn click(&mut self, merchant: MerchantId, contact: u32) -> u32 {
        let brand = &mut self.table[merchant.index()];
        if brand.epoch != self.epoch {
            self.touched.push(merchant);
            *brand = Brand {
                epoch: self.epoch,
                last_contact: contact,
                ..Brand::default()
            };
            return NO_CONTACT;
        }
        std::mem::replace(&mut brand.last_contact, contact)
    }

    /// The last contact with a merchant.
    #[inline(always)]
    pub fn last_contact(&self, merchant: MerchantId) -> u32 {
        let brand = &self.table[merchant.index()];
        if brand.epoch == self.epoch {
            brand.last_contact
        } else {
            NO_CONTACT
        }
    }

    /// Merchants with any contact, in the order of the first.
    pub fn touched(&self) -> &[MerchantId] {
        &self.touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a list that forgets the wrong merchant, keeps one twice, or outlives its user.
    #[test]
    fn the_merchants_met_last_come_first() {
        let mut brands = Brands::default();
        brands.start(20, 2);
        let category = CategoryId(1);
        let met = |brands: &Brands| {
            brands
                .remembered(category)
                .iter()
                .map(|m| m.0)
                .collect::<Vec<_>>()
        };
        for merchant in [3, 5, 3, 3, 7, 5] {
            brands.remember(category, MerchantId(merchant));
        }
        assert_eq!(met(&brands), [5, 7, 3]);
        (0..20).for_each(|m| brands.remember(category, MerchantId(m)));
        assert_eq!(met(&brands), [19, 18, 17, 16, 15, 14, 13, 12]);
        assert!(brands.remembered(CategoryId(0)).is_empty());
        brands.start(20, 2);
        assert!(met(&brands).is_empty());
    }
}
