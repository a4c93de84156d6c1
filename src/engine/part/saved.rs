//! What a run has gathered, as bytes.

use std::borrow::Cow;

use super::super::state::{Group, RunState, Setup};
use crate::attribute::{LineupState, SavedError, SavedLineup};
use crate::base::digest::SetDigest;
use crate::evaluate::{TruthState, UpliftState};
use crate::observe::reports::ReportState;
use crate::world::{Counts, Panel};

/// What is written down of a state: the fields of [`RunState`] in their order.
type Saved<'a> = (
    Cow<'a, Counts>,
    Cow<'a, Panel>,
    SetDigest,
    Vec<SavedGroup<'a>>,
    Cow<'a, [(u64, u64)]>,
    Cow<'a, [ReportState]>,
);
/// Of a group, too.
type SavedGroup<'a> = (
    Cow<'a, TruthState>,
    Cow<'a, [UpliftState]>,
    Vec<SavedLineup>,
);

impl RunState {
    /// Appends itself to bytes.
    pub(in super::super) fn save(&self, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        let groups: Result<_, _> = self.groups.iter().map(saved).collect();
        let saved: Saved<'_> = (
            Cow::Borrowed(&self.counts),
            Cow::Borrowed(&self.panel),
            self.latent,
            groups.map_err(|error| error.to_string())?,
            Cow::Borrowed(&self.journeys),
            Cow::Borrowed(&self.reports),
        );
        postcard::to_extend(&saved, bytes).map_err(|error| error.to_string())
    }

    /// Reads what was written of a run of the same setup.
    pub(super) fn load(setup: &Setup, bytes: &[u8]) -> Result<Self, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let (saved, rest): (Saved<'_>, _) =
            postcard::take_from_bytes(bytes).map_err(|error| said(&error))?;
        if !rest.is_empty() {
            return Err("there is more in it than was gathered".to_owned());
        }
        let (counts, panel, latent, groups, journeys, reports) = saved;
        let group = |(truth, uplifts, lineups): SavedGroup<'_>| {
            let lineups = lineups.iter().map(|l| setup.lineup.load(setup.shape, l));
            Ok(Group {
                truth: truth.into_owned(),
                uplifts: uplifts.into_owned(),
                lineups: lineups.collect::<Result<_, SavedError>>()?,
            })
        };
        let groups: Result<_, SavedError> = groups.into_iter().map(group).collect();
        Ok(Self {
            counts: counts.into_owned(),
            panel: panel.into_owned(),
            latent,
            groups: groups.map_err(|error| said(&error))?,
            journeys: journeys.into_owned(),
            reports: reports.into_owned(),
        })
    }
}

fn saved(group: &Group) -> Result<SavedGroup<'_>, SavedError> {
    let lineups: Result<_, _> = group.lineups.iter().map(LineupState::save).collect();
    let uplifts = Cow::Borrowed(&group.uplifts[..]);
    Ok((Cow::Borrowed(&group.truth), uplifts, lineups?))
}
