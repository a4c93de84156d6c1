//! What a user remembers of each brand: how much of its notes they have read lately, and where the
//! chain of contacts with it begins.
//!
//! A dense table by merchant with an epoch a user: nothing is cleared between users, nothing is
//! allocated, and a lookup is one read of a table that stays in the cache.

use crate::base::{Curve, MerchantId, Second};

use super::history::NO_CONTACT;

#[derive(Clone, Copy, Debug, Default)]
struct Brand {
    epoch: u32,
    last_contact: u32,
    /// Reads, each faded since, as of `at`.
    adstock: f32,
    at: Second,
}

/// One user's memory of brands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Brands {
    table: Vec<Brand>,
    touched: Vec<MerchantId>,
    epoch: u32,
}

impl Brands {
    /// Forgets the last user.
    pub fn start(&mut self, merchants: usize) {
        if self.table.len() != merchants || self.epoch == u32::MAX {
            self.table.clear();
            self.table.resize(merchants, Brand::default());
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
