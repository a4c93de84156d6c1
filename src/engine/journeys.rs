//! Credit by journey: a second look at a log, once the models are fitted.
//!
//! Threads take parts of the log in blocks, and a block is handed on in the order of its parts, so the
//! rows are the same, in the same order, whatever the number of threads; and no more than a block is
//! held in memory.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::attribute::{Amount, FitError, Lineup, LineupState, Within};
use crate::io::{Log, Scratch};
use crate::journey::JourneyBatch;

use super::attribute::AttributeError;
use super::run::{pool, threads};

/// Parts that a thread takes before they are handed on.
const PARTS: usize = 8;

/// What one model gives one channel of one journey.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyCredit {
    /// Number of the journey among those that converted, from 1.
    pub journey: u64,
    /// Whose journey it was, if the log has events.
    pub user: Option<String>,
    /// When it converted, in microseconds since 1970, if the log has events.
    pub time: Option<i64>,
    /// Merchant, by its number in the log.
    pub group: u16,
    /// Model, by its number in the lineup.
    pub model: u16,
    /// Channel by its number in the log; none for what no channel gets.
    pub channel: Option<u16>,
    /// Credit.
    pub amount: Amount,
}

/// Hands on the credit of every journey that converted, block by block, by every model of the lineup
/// that divides single journeys; and names the others.
///
/// # Errors
/// When a model has no fit, the log cannot be read back, or `take` refuses.
pub fn by_journey<E: From<AttributeError>>(
    log: &Log,
    lineup: &Lineup,
    state: &LineupState,
    wanted: Option<usize>,
    mut take: impl FnMut(Vec<JourneyCredit>) -> Result<(), E>,
) -> Result<Vec<String>, E> {
    let (mut models, mut others) = (Vec::new(), Vec::new());
    for (number, (model, fitted)) in (0..).zip(lineup.within(state)) {
        match fitted {
            Ok(Some(within)) => models.push((number, within)),
            Ok(None) => others.push(model),
            Err(source) => return Err(no_fit(model, source).into()),
        }
    }
    let threads = threads(wanted);
    let pool = pool(threads).map_err(AttributeError::Threads)?;
    let (mut journeys, mut from) = (0, 0);
    while from < log.parts() {
        let upto = (from + PARTS * threads).min(log.parts());
        let parts = (from..upto).into_par_iter();
        let parts: Vec<_> = pool.install(|| parts.map(|part| one(log, &models, part)).collect());
        for part in parts {
            let (mut rows, converted) = part?;
            for row in &mut rows {
                row.journey += journeys;
            }
            journeys += converted;
            take(rows)?;
        }
        from = upto;
    }
    Ok(others)
}

fn no_fit(model: String, source: FitError) -> AttributeError {
    AttributeError::Fit { model, source }
}

type Fitted<'a> = (u16, Box<dyn Within + 'a>);

/// The credit of a part, and how many of its journeys converted.
fn one(
    log: &Log,
    models: &[Fitted<'_>],
    part: usize,
) -> Result<(Vec<JourneyCredit>, u64), AttributeError> {
    let mut scratch = Scratch::default().count_nulls(true).name_journeys();
    let mut batch = JourneyBatch::new();
    log.part(part, &mut scratch, &mut batch)?;
    let mut shares = Vec::new();
    let mut given: Vec<_> = Vec::new();
    for (_, model) in models {
        shares.clear();
        model.divide(&batch, &mut shares);
        given.push(shares.clone().into_iter().peekable());
    }
    let (mut rows, mut converted) = (Vec::new(), 0);
    for (place, journey) in batch.converting_places() {
        converted += 1;
        let (user, time) = log.ended(&scratch, place as usize).unzip();
        for ((model, _), shares) in models.iter().zip(&mut given) {
            let mut left = Amount {
                conversions: journey.outcome.conversions as f64,
                value: journey.outcome.value as f64,
            };
            let whole = left;
            let row = |channel, amount| JourneyCredit {
                journey: converted,
                user: user.clone(),
                time,
                group: journey.outcome.group,
                model: *model,
                channel,
                amount,
            };
            while let Some(share) = shares.next_if(|share| share.journey == place) {
                left.conversions -= share.amount.conversions;
                left.value -= share.amount.value;
                rows.push(row(Some(share.channel), share.amount));
            }
            // What rounding leaves is nothing.
            let much = |left: f64, whole: f64| left.abs() > 1e-9 * whole.abs();
            if much(left.conversions, whole.conversions) || much(left.value, whole.value) {
                rows.push(row(None, left));
            }
        }
    }
    Ok((rows, converted))
}
