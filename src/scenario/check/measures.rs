//! Truth, experiments and regret: what is measured must be there to be measured.

use crate::scenario::wire::{ExperimentWire, Wire};

use super::{Checked, Checker, MAX_USERS};

/// Most sets of channels that are switched off together.
const MAX_SETS: usize = 64;

impl Checker<'_> {
    /// Sets of channels, the experiment, the users of regret.
    pub fn measures(&self, wire: &Wire) -> Checked {
        let measure = &wire.measure;
        let sets = &measure.truth.sets;
        if !sets.is_empty() {
            self.names("measure.truth.sets", sets.iter().map(|s| &s.name))?;
            let most = MAX_SETS as u64;
            self.within("measure.truth.sets", sets.len() as u64, 0, most)?;
        }
        for set in sets {
            let key = format!("measure.truth.sets[{}].channels", set.name);
            if set.channels.is_empty() {
                let remedy = "name the channels, or leave the set out";
                return self.refuse(key, "[]", "switches nothing off", remedy);
            }
            for name in &set.channels {
                self.known(&key, name, wire.channels.iter().map(|c| &c.name))?;
            }
        }
        let experiments = &measure.experiments;
        if !experiments.is_empty() {
            self.names("measure.experiments", experiments.iter().map(|e| &e.name))?;
        }
        for experiment in experiments {
            self.experiment(wire, experiment)?;
        }
        if let Some(regret) = &measure.regret {
            self.within("measure.regret.users", regret.users, 1, MAX_USERS)?;
            self.between("measure.regret.most", regret.most.get(), 1.0, 10.0)?;
        }
        Ok(())
    }

    fn experiment(&self, wire: &Wire, experiment: &ExperimentWire) -> Checked {
        let key = |k: &str| format!("measure.experiments[{}].{k}", experiment.name);
        let holdouts = match &experiment.hold {
            None => wire.channels.len(),
            Some(hold) => {
                let sets = wire.measure.truth.sets.iter().map(|s| &s.name);
                let known: Vec<&String> =
                    wire.channels.iter().map(|c| &c.name).chain(sets).collect();
                for name in hold {
                    self.known(&key("hold"), name, known.iter().copied())?;
                }
                hold.len()
            }
        };
        if holdouts == 0 {
            let remedy = "name channels or sets, or leave the key out to hold back every channel";
            return self.refuse(key("hold"), "[]", "holds nothing back", remedy);
        }
        let most = 0.5 / holdouts as f64;
        if experiment.holdout.get() > most {
            let problem = "leaves less than half of the users with everything on";
            let remedy = format!("write at most {most:.4}: there are {holdouts} holdouts");
            let value = experiment.holdout.get();
            return self.refuse(key("holdout"), value, problem, remedy);
        }
        Ok(())
    }
}
