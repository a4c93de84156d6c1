//! From the names people type to models.
//!
//! ```text
//! first   last   last-click   last-non-direct[:NAME+NAME…]   last-paid:NAME+NAME…
//! linear[:distinct]   shapley
//! position[:F/M/L][:renormalise]   position:w[:F/M/L/O]   position:decay   position:geometric[:R]
//! time-decay[:7d|:24h][:floor]     time-decay:rank
//! markov[:1..4|:auto][:collapse][:conversions-only][:within]
//! hazard[:100][:fixed][:64k]
//! ```
//!
//! and those that work on patterns of journeys:
//!
//! ```text
//! shapley[:rate[:sampled[:N]]|:exact-set|:own|:ordered]   shao-li[:global]
//! removal[:collapse|:first]   logistic[:counts][:l2=L][:bagged[:N]]
//! ```
//!
//! A model's own name is the shortest that parses back to it.

mod by_pattern;
mod options;

use super::climb::{Geometric, PositionDecay, TimeRank};
use super::decay::TimeDecay;
use super::grams::MarkovGrams;
use super::hazard::Hazard;
use super::milestones::WShape;
use super::named::{LastNonDirect, LastPaid};
use super::position::Position;

use by_pattern::ByPattern;

const NAMES: [&str; 14] = [
    "first",
    "last",
    "last-click",
    "last-non-direct",
    "last-paid",
    "linear",
    "position",
    "time-decay",
    "markov",
    "shapley",
    "hazard",
    "shao-li",
    "removal",
    "logistic",
];

/// Why a list of models cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No model of that name.
    #[error("there is no model `{name}`{}; known are {}", hint(.nearest), NAMES.join(", "))]
    Unknown {
        /// As it was given.
        name: String,
        /// The known name most like it, if any is.
        nearest: Option<&'static str>,
    },
    /// The model is known, its parameter is not.
    #[error("`{model}` does not take `{given}`: {expected}")]
    Parameter {
        /// The model.
        model: &'static str,
        /// The parameter, as it was given.
        given: String,
        /// What would do.
        expected: &'static str,
    },
    /// A model names a channel that is not there.
    #[error("`{model}` names the channel `{name}`, which is not there{}; channels are {known}", hint(.nearest))]
    Channel {
        /// The model.
        model: Box<str>,
        /// The channel, as it was given.
        name: Box<str>,
        /// The channel most like it, if any is.
        nearest: Option<Box<str>>,
        /// The channels there are, or the first of them.
        known: Box<str>,
    },
    /// Two models of one name.
    #[error("the model `{name}` is in the lineup twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// A command, where none can be named.
    #[error(
        "`{name}` runs a command, and only the command line of `redcat attribute` can name one: a \
         scenario cannot"
    )]
    Exec {
        /// As it was given.
        name: String,
    },
    /// No model at all.
    #[error("the list of models is empty: name at least one, such as `last`")]
    Empty,
}

/// The most channels that an error lists.
const LISTED: usize = 20;

fn hint(nearest: &Option<impl std::fmt::Display>) -> String {
    let hint = |name| format!(" (did you mean `{name}`?)");
    nearest.as_ref().map_or_else(String::new, hint)
}

/// The known name most like another. A third of the letters may be wrong; beyond that a suggestion
/// is noise.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let small = name.to_lowercase();
    let off = |known: &&str| strsim::damerau_levenshtein(&small, &known.to_lowercase());
    let nearest = known.into_iter().min_by_key(off);
    nearest.filter(|known| off(known) <= 1 + known.chars().count() / 3)
}

impl ModelError {
    fn unknown(name: &str) -> Self {
        Self::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, NAMES),
        }
    }

    pub(super) fn channel(model: String, name: &str, channels: &[&str]) -> Self {
        let mut known = channels[..channels.len().min(LISTED)].join(", ");
        if channels.len() > LISTED {
            known += &format!(" and {} more", channels.len() - LISTED);
        }
        Self::Channel {
            model: model.into(),
            name: name.into(),
            nearest: nearest(name, channels.iter().copied()).map(Into::into),
            known: known.into(),
        }
    }

    pub(super) fn listed(model: &'static str, given: String) -> Self {
        let expected = match model {
            "last-paid" => PAID,
            _ => DIRECT,
        };
        Self::parameter(model, given, expected)
    }

    fn parameter(model: &'static str, given: impl Into<String>, expected: &'static str) -> Self {
        Self::Parameter {
            model,
            given: given.into(),
            expected,
        }
    }

    pub(super) fn weights([f, m, l]: [f64; 3]) -> Self {
        Self::parameter("position", format!("{f}/{m}/{l}"), POSITION)
    }

    pub(super) fn nothing_to_renormalise([f, m, l]: [f64; 3]) -> Self {
        let given = format!("{f}/{m}/{l}:renormalise");
        let expected = "with two touches it divides by first + last, which is zero here";
        Self::parameter("position", given, expected)
    }

    pub(super) fn milestones([f, m, l, o]: [f64; 4]) -> Self {
        Self::parameter("position", format!("w:{f}/{m}/{l}/{o}"), W_SHAPE)
    }

    pub(super) fn ratio(ratio: f64) -> Self {
        Self::parameter("position", format!("geometric:{ratio}"), GEOMETRIC)
    }

    pub(super) fn half_life(hours: f64) -> Self {
        Self::parameter("time-decay", format!("{hours}h"), DECAY)
    }

    pub(super) fn kept(thousands: u32) -> Self {
        Self::parameter("hazard", format!("{thousands}k"), HAZARD)
    }
}

const POSITION: &str = "give weights of first, middle and last that are not negative and not all \
                        zero, as in `position:30/40/30`, and `:renormalise` if two touches should \
                        not share the middle's; or one of `position:w`, `position:decay` and \
                        `position:geometric`";
const W_SHAPE: &str = "give weights of the first touch, of the milestone between, of the last touch, \
                       and of the others together that are not negative and not all zero, as in \
                       `position:w:30/30/30/10`";
const GEOMETRIC: &str = "give the weight of a touch over that of the next, above 0 and below 1, as in \
                         `position:geometric:0.5`";
const CLIMBS: &str = "it has no parameter: touches weigh 1, 2, 3 and so on";
const RANK: &str = "it has no parameter: weights halve with every moment";
const DIRECT: &str = "give the channels to be skipped, as in `last-non-direct:direct+internal`, or \
                      nothing to skip `direct`";
const PAID: &str = "give the paid channels, as in `last-paid:search+display`";
const DECAY: &str = "give a half-life above zero in days or hours, as in `time-decay:7d` or \
                     `time-decay:24h`, and `:floor` if age counts in whole half-lives; or \
                     `time-decay:rank`";
const HAZARD: &str = "give, in this order, the most iterations as in `hazard:100`, `:fixed` if all of \
                      them should be taken, and how many thousand touches are kept, from `:1k` to \
                      `:1000000k`";

/// A model asked for by name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    First,
    Last,
    LastClick,
    LastNonDirect(LastNonDirect),
    LastPaid(LastPaid),
    Linear,
    LinearDistinct,
    Position(Position),
    WShape(WShape),
    PositionDecay(PositionDecay),
    Geometric(Geometric),
    TimeDecay(TimeDecay),
    TimeRank(TimeRank),
    Markov(Use),
    MarkovGrams(MarkovGrams, Use),
    MarkovAuto(Use),
    ByPattern(ByPattern),
    Hazard(Hazard),
}

/// What a chain is shown, and what is made of its effects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Use {
    pub conversions_only: bool,
    pub within: bool,
}

/// The models of a list separated by commas.
pub(super) fn requests(list: &str) -> Result<Vec<Request>, ModelError> {
    if list.trim().is_empty() {
        return Err(ModelError::Empty);
    }
    list.split(',').map(|name| request(name.trim())).collect()
}

fn request(text: &str) -> Result<Request, ModelError> {
    let (name, options) = text.split_once(':').unwrap_or((text, ""));
    // `last:` is as wrong as `last:x`: a colon promises a parameter.
    let given: Vec<&str> = match text.split_once(':') {
        Some((_, options)) => options.split(':').collect(),
        None => Vec::new(),
    };
    let plain = |model: &'static str, request| {
        if given.is_empty() {
            Ok(request)
        } else {
            Err(ModelError::parameter(model, options, "it has no parameter"))
        }
    };
    match name {
        "first" => plain("first", Request::First),
        "last" => plain("last", Request::Last),
        "last-click" => plain("last-click", Request::LastClick),
        "last-non-direct" => match text.split_once(':') {
            // A channel's name may hold a colon.
            None => Ok(Request::LastNonDirect(LastNonDirect::default())),
            Some((_, list)) => LastNonDirect::skipping(list.split('+')).map(Request::LastNonDirect),
        },
        "last-paid" => LastPaid::new(options.split('+')).map(Request::LastPaid),
        "shapley" | "shao-li" | "removal" | "logistic" => {
            by_pattern::request(name, &given, options).map(Request::ByPattern)
        }
        "linear" => match given[..] {
            [] => Ok(Request::Linear),
            ["distinct"] => Ok(Request::LinearDistinct),
            _ => Err(ModelError::parameter("linear", options, LINEAR)),
        },
        "markov" => options::markov(&given, options),
        "position" => options::position(&given, options),
        "time-decay" => options::time_decay(&given, options),
        "hazard" => options::hazard(&given, options).map(Request::Hazard),
        "exec" => Err(ModelError::Exec {
            name: text.to_owned(),
        }),
        _ => Err(ModelError::unknown(text)),
    }
}

const LINEAR: &str = "the only parameter is `distinct`, one share for each distinct channel";
const MARKOV: &str = "give, in this order, the chain's order, 1 to 4, as in `markov:3`, or `auto`, from 2 on \
                      `:collapse` if touches of one channel in a row are one, `:conversions-only` if \
                      nulls are not to be seen, and `:within` if effects are weights inside each journey";

#[cfg(test)]
mod tests {
    use crate::attribute::Lineup;

    fn refusal(list: &str) -> String {
        Lineup::parse(list).unwrap_err().to_string()
    }

    /// Would catch a name that does not parse back to the same model, and a default that is
    /// spelt out.
    #[test]
    fn names_parse_back() {
        let list = "first,last,last-click,last-non-direct,last-non-direct:a:b+direct,\
                        last-paid:ads+search,linear,linear:distinct,position,position:30/40/30,\
                    position:50/20/30:renormalise,position:renormalise,\
                        position:w,position:w:40/20/30/10,position:decay,position:geometric,\
                        position:geometric:0.25,time-decay:rank,time-decay,time-decay:24h,\
                    time-decay:2d,time-decay:1.5h:floor,time-decay:floor,markov:1,markov:1:conversions-only,\
                        markov:3:collapse:conversions-only,markov:2:conversions-only,markov:1:within,\
                        markov:1:conversions-only:within,markov:2:within,markov:4:collapse:within,\
                    markov:auto,markov:auto:within,shapley,\
                    hazard,hazard:0,hazard:50:fixed,hazard:fixed:64k,hazard:7:1k";
        let lineup = Lineup::parse(list).unwrap();
        assert_eq!(lineup.names().join(","), list);
        for (long, short) in [
            ("time-decay:168h", "time-decay"),
            ("time-decay:1d", "time-decay:24h"),
            ("position:40/20/40", "position"),
            ("position:w:30/30/30/10", "position:w"),
            ("position:geometric:0.50", "position:geometric"),
            ("last-paid:b+a+b", "last-paid:a+b"),
            (" markov ", "markov:1"),
            ("hazard:1000:32k", "hazard"),
            ("hazard:05", "hazard:5"),
        ] {
            assert_eq!(Lineup::parse(long).unwrap().names(), [short]);
        }
        assert_eq!(
            Lineup::default().names().join(","),
            "first,last,last-click,linear,position,time-decay,markov:1,shapley"
        );
    }

    /// Would catch an error that leaves the reader without a remedy.
    #[test]
    fn errors_name_the_remedy() {
        for (list, part) in [
            ("lats", "did you mean `last`?"),
            ("First", "did you mean `first`?"),
            ("time_decay", "did you mean `time-decay`?"),
            ("markov1", "did you mean `markov`?"),
            ("zzz", "known are first, last,"),
            ("", "name at least one"),
            ("last,,first", "no model ``"),
            ("last,last", "`last` is in the lineup twice"),
            ("time-decay:7d,time-decay", "twice"),
            ("markov:5", "order, 1 to 4"),
            ("markov:1:collapse", "from 2 on"),
            ("markov:conversions-only", "in this order"),
            ("markov:within", "in this order"),
            ("markov:auto:collapse", "from 2 on"),
            ("markov:1:within:within", "in this order"),
            ("markov:1:within:conversions-only", "in this order"),
            ("markov:2:conversions-only:collapse", "in this order"),
            ("last-paid", "give the paid channels"),
            ("last-paid:", "give the paid channels"),
            ("last-non-direct:", "nothing to skip `direct`"),
            ("last-non-direct:a++b", "the channels to be skipped"),
            ("last-nondirect", "did you mean `last-non-direct`?"),
            ("position:w:1/2/3", "position:w:30/30/30/10"),
            ("position:w:0/0/0/0", "not all zero"),
            ("position:w:1/inf/0/0", "not negative"),
            (
                "position:w:30/30/30/10:renormalise",
                "position:w:30/30/30/10",
            ),
            ("position:decay:2", "no parameter"),
            ("position:geometric:1", "below 1"),
            ("position:geometric:0", "above 0"),
            ("position:geometric:NaN", "above 0"),
            ("position:geometric:0.5:0.5", "above 0"),
            ("position:geo", "position:geometric"),
            ("time-decay:rank:floor", "no parameter"),
            ("last,exec:rm -r x", "`exec:rm -r x` runs a command"),
            ("last:3", "has no parameter"),
            ("last:", "has no parameter"),
            ("linear:unique", "`distinct`"),
            ("position:1/2", "position:30/40/30"),
            ("position:1/-2/1", "not negative"),
            ("position:0/0/0", "not all zero"),
            ("position:NaN/1/1", "not negative"),
            ("position:0/1/0:renormalise", "which is zero"),
            ("time-decay:7", "days or hours"),
            ("time-decay:0h", "above zero"),
            ("time-decay:infd", "above zero"),
            ("time-decay:1d:2d", "days or hours"),
            ("hazzard", "did you mean `hazard`?"),
            ("hazard:0k", "from `:1k`"),
            ("hazard:2000000k", "from `:1k`"),
            ("hazard:-1", "most iterations"),
            ("hazard:", "most iterations"),
            ("hazard:k", "most iterations"),
            ("hazard:+5", "most iterations"),
            ("hazard:5000000000", "most iterations"),
            ("hazard:fixed:50", "in this order"),
            ("hazard:50:60", "in this order"),
        ] {
            let refusal = refusal(list);
            assert!(refusal.contains(part), "{list}: {refusal}");
        }
        assert!(!refusal("zzz").contains("did you mean"));
        assert!(!refusal("").contains("did you mean"));
    }

    /// Would catch a misspelt channel that is skipped in silence, a name that is compared with the wrong
    /// one, and a list of hundreds of channels in one error.
    #[test]
    fn channels_are_found_by_name() {
        let channels: Vec<String> = (0..30).map(|i| format!("channel-{i}")).collect();
        let bind = |list: &str| Lineup::parse(list).unwrap().bind(&channels);
        assert_eq!(bind("last,last-non-direct,last-paid:channel-7"), Ok(()));
        let error = bind("last-non-direct:channel-7+Chanel-12")
            .unwrap_err()
            .to_string();
        let expected = "`last-non-direct:Chanel-12+channel-7` names the channel `Chanel-12`, which is not \
                        there (did you mean `channel-12`?); channels are channel-0, ";
        assert!(error.starts_with(expected), "{error}");
        assert!(error.ends_with("channel-19 and 10 more"), "{error}");
        let error = bind("last-paid:direct").unwrap_err().to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }
}
