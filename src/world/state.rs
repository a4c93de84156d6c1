//! What changes in a user: trust in the app, memory of brands, habit of destinations.

use crate::base::{Curve, math};
use crate::scenario::Scenario;

/// The laws of a user's inner state.
#[derive(Debug)]
pub(super) struct State {
    erosion: f32,
    recovery: f32,
    /// Factor on reading, by trust.
    pub reading: Curve,
    /// Factor on the triggering of needs, by trust.
    pub needs: Curve,
    /// How a read's contribution fades, by its age in seconds.
    pub fading: Curve,
    /// Factor on triggering, by recent reads of the brand.
    pub response: Curve,
    /// Rise of habit by order.
    pub habit_step: f32,
}

impl State {
    pub fn new(scenario: &Scenario) -> Self {
        let wire = scenario.wire();
        let trust = &wire.behaviour.trust;
        let factor = |gamma: f64| Curve::new(1.0, 256, |t| math::exp(gamma * (t - 1.0)));
        let half_life = wire.behaviour.adstock.half_life.seconds();
        let r = &wire.behaviour.response;
        let (half, steep) = (r.half_rise.get(), r.steepness.get());
        let rise = |n: f64| math::pow(n, steep) / (math::pow(n, steep) + math::pow(half, steep));
        Self {
            erosion: trust.erosion.get() as f32,
            recovery: trust.recovery.get() as f32,
            reading: factor(trust.reading.get()),
            needs: factor(trust.needs.get()),
            fading: Curve::new(20.0 * half_life, 4096, |age| math::exp2(-age / half_life)),
            response: Curve::new(64.0, 1024, |before| {
                rise(before + 1.0) / rise(1.0) * math::exp(-r.fatigue.get() * before)
            }),
            habit_step: wire.behaviour.habit.step.get() as f32,
        }
    }

    /// Trust after a day with sessions.
    #[inline]
    pub fn trust_after_day(&self, trust: f32, tolerance: f32, ad_load: f32) -> f32 {
        let strain = (ad_load / tolerance.max(1e-6) - 1.0).max(0.0);
        let next = trust + self.recovery * (1.0 - trust) - self.erosion * strain * trust;
        next.clamp(0.0, 1.0)
    }
}
