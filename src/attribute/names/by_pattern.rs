//! Names of the models that work on patterns of journeys.

use super::super::lineup::Lineup;
use super::super::logistic::Logistic;
use super::super::removal::Removal;
use super::super::shao_li::ShaoLi;
use super::super::shapley::{Shapley, ShapleyExactSet, ShapleyOrdered, ShapleyOwn, ShapleyRate};
use super::ModelError;

const SHAPLEY: &str = "its other games are `rate`, exact or with `:sampled` and from 1 to 1000000 pairs \
                       of orders as in `shapley:rate:sampled:1000`, `exact-set`, `own` and `ordered`";

/// A model of those, or the closed form of the same name.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::attribute) enum ByPattern {
    Shapley,
    Rate(ShapleyRate),
    ExactSet,
    Own,
    Ordered,
    ShaoLi(ShaoLi),
    Removal(Removal),
    Logistic(Logistic),
}

/// The model of a name that is one of these.
pub(super) fn request(name: &str, given: &[&str], options: &str) -> Result<ByPattern, ModelError> {
    let wrong = |model, expected| ModelError::parameter(model, options, expected);
    match name {
        "shao-li" => ShaoLi::parse(given)
            .map(ByPattern::ShaoLi)
            .ok_or_else(|| wrong("shao-li", ShaoLi::EXPECTED)),
        "removal" => Removal::parse(given)
            .map(ByPattern::Removal)
            .ok_or_else(|| wrong("removal", Removal::EXPECTED)),
        "logistic" => Logistic::parse(given)
            .map(ByPattern::Logistic)
            .ok_or_else(|| wrong("logistic", Logistic::EXPECTED)),
        _ => shapley(given).ok_or_else(|| wrong("shapley", SHAPLEY)),
    }
}

fn shapley(given: &[&str]) -> Option<ByPattern> {
    match given {
        [] => Some(ByPattern::Shapley),
        ["rate", options @ ..] => ShapleyRate::parse(options).map(ByPattern::Rate),
        ["exact-set"] => Some(ByPattern::ExactSet),
        ["own"] => Some(ByPattern::Own),
        ["ordered"] => Some(ByPattern::Ordered),
        _ => None,
    }
}

impl ByPattern {
    /// Adds it to a lineup.
    pub(in crate::attribute) fn add(self, lineup: &mut Lineup) -> Result<(), ModelError> {
        match self {
            Self::Shapley => lineup.add(Shapley),
            Self::Rate(model) => lineup.add(model),
            Self::ExactSet => lineup.add(ShapleyExactSet),
            Self::Own => lineup.add(ShapleyOwn),
            Self::Ordered => lineup.add(ShapleyOrdered),
            Self::ShaoLi(model) => lineup.add(model),
            Self::Removal(model) => lineup.add(model),
            Self::Logistic(model) => lineup.add(model),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::attribute::Lineup;

    /// Would catch a name that does not parse back to the same model, and a default that is spelt out.
    #[test]
    fn names_parse_back() {
        let list = "shapley,shapley:rate,shapley:rate:sampled,shapley:rate:sampled:7,\
                    shapley:exact-set,shapley:own,shapley:ordered,shao-li,shao-li:global,removal,\
                    removal:collapse,removal:first,logistic,logistic:counts,logistic:l2=1,\
                    logistic:counts:l2=0.5,logistic:bagged,logistic:counts:l2=0:bagged:7";
        let lineup = Lineup::parse(list).unwrap();
        assert_eq!(lineup.names().join(","), list);
        for (long, short) in [
            ("shapley:rate:sampled:1000", "shapley:rate:sampled"),
            ("shapley:rate:sampled:07", "shapley:rate:sampled:7"),
            ("logistic:l2=0", "logistic"),
            ("logistic:l2=-0", "logistic"),
            ("logistic:l2=1e0", "logistic:l2=1"),
            ("logistic:l2=1:bagged:100", "logistic:bagged"),
        ] {
            assert_eq!(Lineup::parse(long).unwrap().names(), [short]);
        }
    }

    /// Would catch an error that leaves the reader without a remedy.
    #[test]
    fn errors_name_the_remedy() {
        for (list, part) in [
            ("shapley:rates", "`exact-set`"),
            ("shapley:", "`exact-set`"),
            ("shapley:rate:sampled:0", "from 1 to 1000000"),
            ("shapley:rate:sampled:+5", "from 1 to 1000000"),
            ("shapley:rate:sampled:", "from 1 to 1000000"),
            ("shapley:own:last4", "`exact-set`"),
            ("shaoli", "did you mean `shao-li`?"),
            ("shao-li:sum", "`global`"),
            ("removals", "did you mean `removal`?"),
            ("removal:unique", "`collapse`"),
            ("logit", "no model `logit`"),
            ("logistics", "did you mean `logistic`?"),
            ("logistic:l2=-1", "not negative"),
            ("logistic:l2=NaN", "not negative"),
            ("logistic:l2=inf", "not negative"),
            ("logistic:l2", "as in `logistic:l2=1`"),
            ("logistic:bagged:0", "bags from 1"),
            ("logistic:bagged:", "bags from 1"),
            ("logistic:l2=1:counts", "in this order"),
            ("logistic,logistic:l2=0", "twice"),
        ] {
            let refusal = Lineup::parse(list).unwrap_err().to_string();
            assert!(refusal.contains(part), "{list}: {refusal}");
        }
    }
}
