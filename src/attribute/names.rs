//! From the names people type to models.
//!
//! ```text
//! first   last   last-click   linear[:distinct]   shapley   markov[:1..4][:collapse]
//! position[:F/M/L][:renormalise]      time-decay[:7d|:24h][:floor]      hazard[:100][:fixed][:64k]
//! ```
//!
//! A model's own name is the shortest that parses back to it.

use super::decay::TimeDecay;
use super::grams::MarkovGrams;
use super::hazard::Hazard;
use super::position::{Position, TwoTouches};

const NAMES: [&str; 9] = [
    "first",
    "last",
    "last-click",
    "linear",
    "position",
    "time-decay",
    "markov",
    "shapley",
    "hazard",
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

fn hint(nearest: &Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

impl ModelError {
    fn unknown(name: &str) -> Self {
        // A third of the letters may be wrong; beyond that a suggestion is noise.
        let near = |known: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), known);
        let nearest = NAMES.into_iter().min_by_key(near);
        Self::Unknown {
            name: name.to_owned(),
            nearest: nearest.filter(|known| near(known) <= 1 + known.len() / 3),
        }
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

    pub(super) fn half_life(hours: f64) -> Self {
        Self::parameter("time-decay", format!("{hours}h"), DECAY)
    }

    pub(super) fn kept(thousands: u32) -> Self {
        Self::parameter("hazard", format!("{thousands}k"), HAZARD)
    }
}

const POSITION: &str = "give weights of first, middle and last that are not negative and not all \
                        zero, as in `position:30/40/30`, and `:renormalise` if two touches should \
                        not share the middle's";
const DECAY: &str = "give a half-life above zero in days or hours, as in `time-decay:7d` or \
                     `time-decay:24h`, and `:floor` if age counts in whole half-lives";
const HAZARD: &str = "give, in this order, the most iterations as in `hazard:100`, `:fixed` if all of \
                      them should be taken, and how many thousand touches are kept, from `:1k` to \
                      `:1000000k`";

/// A model asked for by name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Request {
    First,
    Last,
    LastClick,
    Linear,
    LinearDistinct,
    Position(Position),
    TimeDecay(TimeDecay),
    Markov,
    MarkovGrams(MarkovGrams),
    Shapley,
    Hazard(Hazard),
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
        "shapley" => plain("shapley", Request::Shapley),
        "linear" => match given[..] {
            [] => Ok(Request::Linear),
            ["distinct"] => Ok(Request::LinearDistinct),
            _ => Err(ModelError::parameter("linear", options, LINEAR)),
        },
        "markov" => match given[..] {
            [] | ["1"] => Ok(Request::Markov),
            _ => grams(&given).ok_or_else(|| ModelError::parameter("markov", options, MARKOV)),
        },
        "position" => position(&given, options).map(Request::Position),
        "time-decay" => time_decay(&given, options).map(Request::TimeDecay),
        "hazard" => hazard(&given, options).map(Request::Hazard),
        "exec" => Err(ModelError::Exec {
            name: text.to_owned(),
        }),
        _ => Err(ModelError::unknown(text)),
    }
}

const LINEAR: &str = "the only parameter is `distinct`, one share for each distinct channel";
const MARKOV: &str = "give the order, 1 to 4, as in `markov:3`, and from 2 on `:collapse` if touches of \
                      one channel in a row are one";

/// A chain of higher order.
fn grams(given: &[&str]) -> Option<Request> {
    let (order, collapse) = match given {
        [order] => (order, false),
        [order, "collapse"] => (order, true),
        _ => return None,
    };
    let order = order.parse().ok()?;
    MarkovGrams::new(order, collapse).map(Request::MarkovGrams)
}

fn position(given: &[&str], options: &str) -> Result<Position, ModelError> {
    let wrong = || ModelError::parameter("position", options, POSITION);
    let (given, two) = match given {
        [rest @ .., "renormalise"] => (rest, TwoTouches::Renormalise),
        all => (all, TwoTouches::Split),
    };
    let weights = match given {
        [] => [40.0, 20.0, 40.0],
        [weights] => {
            let parts: Result<Vec<f64>, _> = weights.split('/').map(str::parse).collect();
            parts
                .ok()
                .and_then(|p| p.try_into().ok())
                .ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    Position::new(weights, two)
}

fn time_decay(given: &[&str], options: &str) -> Result<TimeDecay, ModelError> {
    let wrong = || ModelError::parameter("time-decay", options, DECAY);
    let (given, floor) = match given {
        [rest @ .., "floor"] => (rest, true),
        all => (all, false),
    };
    let hours = match given {
        [] => 168.0,
        [span] => {
            let (number, unit) = match (span.strip_suffix('d'), span.strip_suffix('h')) {
                (Some(days), _) => (days, 24.0),
                (_, Some(hours)) => (hours, 1.0),
                _ => return Err(wrong()),
            };
            number.parse::<f64>().map_err(|_| wrong())? * unit
        }
        _ => return Err(wrong()),
    };
    TimeDecay::new(hours, floor)
}

fn hazard(given: &[&str], options: &str) -> Result<Hazard, ModelError> {
    let whole = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse().ok())
    };
    let (given, thousands) = match given {
        [rest @ .., kept] if kept.ends_with('k') => (rest, whole(&kept[..kept.len() - 1])),
        all => (all, Some(Some(Hazard::THOUSANDS))),
    };
    let (given, fixed) = match given {
        [rest @ .., "fixed"] => (rest, true),
        all => (all, false),
    };
    let iterations = match given {
        [] => Some(Some(Hazard::ITERATIONS)),
        [number] => whole(number),
        _ => None,
    };
    match (iterations.flatten(), thousands.flatten()) {
        (Some(iterations), Some(thousands)) => Hazard::new(iterations, fixed, thousands),
        _ => Err(ModelError::parameter("hazard", options, HAZARD)),
    }
}

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
        let list = "first,last,last-click,linear,linear:distinct,position,position:30/40/30,\
                    position:50/20/30:renormalise,position:renormalise,time-decay,time-decay:24h,\
                    time-decay:2d,time-decay:1.5h:floor,time-decay:floor,markov:1,shapley,\
                    hazard,hazard:0,hazard:50:fixed,hazard:fixed:64k,hazard:7:1k";
        let lineup = Lineup::parse(list).unwrap();
        assert_eq!(lineup.names().join(","), list);
        for (long, short) in [
            ("time-decay:168h", "time-decay"),
            ("time-decay:1d", "time-decay:24h"),
            ("position:40/20/40", "position"),
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
            ("markov:5", "give the order, 1 to 4"),
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
}
