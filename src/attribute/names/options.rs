//! What follows a colon: the options of each model.

use super::{
    CLIMBS, DECAY, GEOMETRIC, HAZARD, MARKOV, ModelError, POSITION, RANK, Request, Use, W_SHAPE,
};
use crate::attribute::climb::{Geometric, PositionDecay, TimeRank};
use crate::attribute::decay::TimeDecay;
use crate::attribute::grams::MarkovGrams;
use crate::attribute::hazard::Hazard;
use crate::attribute::milestones::WShape;
use crate::attribute::position::{Position, TwoTouches};

/// A chain of any order.
pub(super) fn markov(given: &[&str], options: &str) -> Result<Request, ModelError> {
    let wrong = || ModelError::parameter("markov", options, MARKOV);
    let mut wanted = Use::default();
    let given = match given {
        [_, rest @ .., "within"] => {
            wanted.within = true;
            &given[..=rest.len()]
        }
        all => all,
    };
    let given = match given {
        [_, rest @ .., "conversions-only"] => {
            wanted.conversions_only = true;
            &given[..=rest.len()]
        }
        all => all,
    };
    let (order, collapse) = match given {
        ["auto"] => return Ok(Request::MarkovAuto(wanted)),
        [] | ["1"] => return Ok(Request::Markov(wanted)),
        [order] => (order, false),
        [order, "collapse"] => (order, true),
        _ => return Err(wrong()),
    };
    let order = order.parse().map_err(|_| wrong())?;
    let model = MarkovGrams::new(order, collapse).ok_or_else(wrong)?;
    Ok(Request::MarkovGrams(model, wanted))
}

/// Numbers with a slash between them.
fn weights<const N: usize>(text: &str) -> Option<[f64; N]> {
    let parts: Result<Vec<f64>, _> = text.split('/').map(str::parse).collect();
    parts.ok()?.try_into().ok()
}

pub(super) fn position(given: &[&str], options: &str) -> Result<Request, ModelError> {
    let wrong = |expected| ModelError::parameter("position", options, expected);
    match given {
        ["w"] => Ok(Request::WShape(WShape::default())),
        ["w", text] => {
            let weights = weights(text).ok_or_else(|| wrong(W_SHAPE))?;
            WShape::new(weights).map(Request::WShape)
        }
        ["w", ..] => Err(wrong(W_SHAPE)),
        ["decay"] => Ok(Request::PositionDecay(PositionDecay)),
        ["decay", ..] => Err(wrong(CLIMBS)),
        ["geometric"] => Ok(Request::Geometric(Geometric::default())),
        ["geometric", ratio] => {
            let ratio = ratio.parse().map_err(|_| wrong(GEOMETRIC))?;
            Geometric::new(ratio).map(Request::Geometric)
        }
        ["geometric", ..] => Err(wrong(GEOMETRIC)),
        _ => u_shape(given, options).map(Request::Position),
    }
}

fn u_shape(given: &[&str], options: &str) -> Result<Position, ModelError> {
    let wrong = || ModelError::parameter("position", options, POSITION);
    let (given, two) = match given {
        [rest @ .., "renormalise"] => (rest, TwoTouches::Renormalise),
        all => (all, TwoTouches::Split),
    };
    let weights = match given {
        [] => [40.0, 20.0, 40.0],
        [text] => weights(text).ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    Position::new(weights, two)
}

pub(super) fn time_decay(given: &[&str], options: &str) -> Result<Request, ModelError> {
    let wrong = || ModelError::parameter("time-decay", options, DECAY);
    match given {
        ["rank"] => return Ok(Request::TimeRank(TimeRank)),
        ["rank", ..] => return Err(ModelError::parameter("time-decay", options, RANK)),
        _ => {}
    }
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
    TimeDecay::new(hours, floor).map(Request::TimeDecay)
}

pub(super) fn hazard(given: &[&str], options: &str) -> Result<Hazard, ModelError> {
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
