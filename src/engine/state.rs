//! What a run gathers: small, exact, mergeable.

use crate::attribute::{Lineup, LineupState, Shape};
use crate::base::digest::SetDigest;
use crate::base::{DAY, Merge};
use crate::evaluate::{Design, TruthState, UpliftState};
use crate::journey::JourneyBatch;
use crate::observe::reports::ReportState;
use crate::observe::{Regime, Scratch};
use crate::world::{Counts, History, Panel, Track, World};

use super::again::Again;
use super::plan::{Block, GROUPS};

/// Users whose journeys are folded together: their batches stay in the cache.
pub(super) const TOGETHER: u64 = 64;

/// What is gathered of one jackknife group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub truth: TruthState,
    /// One an experiment.
    pub uplifts: Vec<UpliftState>,
    /// One lineup a regime.
    pub lineups: Vec<LineupState>,
}

impl Merge for Group {
    fn merge(&mut self, other: Self) {
        self.truth.merge(other.truth);
        self.uplifts.merge(other.uplifts);
        self.lineups.merge(other.lineups);
    }
}

/// All that a run gathers.
#[derive(Clone, Debug)]
pub struct RunState {
    pub(super) counts: Counts,
    pub(super) panel: Panel,
    pub(super) latent: SetDigest,
    pub(super) groups: Vec<Group>,
    /// Journeys seen, and their touches, by regime.
    pub(super) journeys: Vec<(u64, u64)>,
    /// What merchants are told, by regime.
    pub(super) reports: Vec<ReportState>,
}

impl Merge for RunState {
    fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        self.panel.merge(other.panel);
        self.latent.merge(other.latent);
        self.groups.merge(other.groups);
        self.journeys.merge(other.journeys);
        self.reports.merge(other.reports);
    }
}

impl RunState {
    /// The digest of the latent world: of every history, whoever looked.
    #[must_use]
    pub fn latent(&self) -> String {
        self.latent.to_string()
    }

    /// Users simulated.
    #[must_use]
    pub const fn users(&self) -> u64 {
        self.counts.users
    }
}

/// What a run is made of, shared by all threads.
#[derive(Debug)]
pub struct Setup {
    pub(super) world: World,
    pub(super) regimes: Vec<Regime>,
    pub(super) lineup: Lineup,
    pub(super) shape: Shape,
    pub(super) again: Again,
    pub(super) track: Track,
    pub(super) seed: u64,
}

impl Setup {
    /// The world.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    fn report(&self, regime: &Regime) -> ReportState {
        let Shape { channels, groups } = self.shape;
        let days = self.world.end().div_ceil(DAY) as usize;
        ReportState::new(regime.report(), [days, channels, groups])
    }

    /// Nothing gathered yet.
    #[must_use]
    pub fn start(&self) -> RunState {
        let group = || Group {
            truth: TruthState::new(&self.again.players),
            uplifts: self.again.experiments.iter().map(Design::start).collect(),
            lineups: self
                .regimes
                .iter()
                .map(|_| self.lineup.start(self.shape))
                .collect(),
        };
        RunState {
            counts: self.world.counts(),
            panel: Panel::default(),
            latent: SetDigest::default(),
            groups: (0..GROUPS).map(|_| group()).collect(),
            journeys: vec![(0, 0); self.regimes.len()],
            reports: self.regimes.iter().map(|r| self.report(r)).collect(),
        }
    }
}

/// One thread's buffers and what it has gathered.
pub(super) struct Worker<'a> {
    setup: &'a Setup,
    pub state: RunState,
    with: History,
    without: History,
    batches: Vec<JourneyBatch>,
    scratch: Scratch<'a>,
}

impl<'a> Worker<'a> {
    pub fn new(setup: &'a Setup) -> Self {
        let mut with = setup.world.start();
        with.panel = Some(Box::new(setup.world.panel()));
        with.track = setup.track;
        Self {
            setup,
            state: setup.start(),
            with,
            without: setup.world.start(),
            batches: setup.regimes.iter().map(|_| JourneyBatch::new()).collect(),
            scratch: Scratch::new(&setup.world),
        }
    }

    /// Simulates, observes and attributes a block.
    pub fn block(&mut self, block: Block) {
        let end = block.first.0 + block.users;
        let mut first = block.first.0;
        while first < end {
            let next = end.min(first + TOGETHER);
            self.users(first..next, block.group);
            self.fold(block.group);
            first = next;
        }
    }

    fn users(&mut self, users: std::ops::Range<u64>, group: usize) {
        let setup = self.setup;
        let state = &mut self.state;
        setup.world.histories(users, &mut self.with, |with| {
            state.latent.add(with.digest());
            let Group { truth, uplifts, .. } = &mut state.groups[group];
            let lives = (with, &mut self.without);
            setup.again.user(&setup.world, lives, truth, uplifts);
            let told = self.batches.iter_mut().zip(&mut state.reports);
            for (regime, (batch, report)) in setup.regimes.iter().zip(told) {
                regime.look(with, &mut self.scratch, batch, Some(report));
            }
        });
    }

    fn fold(&mut self, group: usize) {
        let lineups = &mut self.state.groups[group].lineups;
        let journeys = &mut self.state.journeys;
        for ((batch, lineup), seen) in self.batches.iter_mut().zip(lineups).zip(journeys) {
            self.setup.lineup.fold(lineup, batch);
            seen.0 += batch.len() as u64;
            seen.1 += batch.touches() as u64;
            batch.clear();
        }
    }

    /// What has been gathered.
    pub fn finish(mut self) -> RunState {
        self.state.counts.merge(self.with.counts);
        if let Some(panel) = self.with.panel {
            self.state.panel.merge(*panel);
        }
        self.state
    }
}
