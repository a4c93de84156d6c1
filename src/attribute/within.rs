//! Credit journey by journey.
//!
//! A credit by channel answers "how much did search bring"; whoever pays commissions, or joins
//! credit with data of their own, asks "who gets how much of *this* order". Rules answer that by
//! their definition. A fitted model answers it where its literature says how; one that only knows
//! channels in sum answers nothing, rather than something made up.
//!
//! The answer needs a second look at the journeys, once the model is fitted: [`Model::within`]
//! (see [`Model`](super::Model)) hands out a [`Within`], which takes batches as a fold does.
//!
//! [`Model::within`]: super::Model::within

use crate::journey::{JourneyBatch, Outcome};

use super::credit::Amount;
use super::distinct::Distinct;
use super::ledger::Ledger;
use super::model::Shape;
use super::rule::Rule;

/// What one channel gets of one journey.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Place of the journey in its batch.
    pub journey: u32,
    /// Channel.
    pub channel: u16,
    /// Credit: of all conversions that the journey's row stands for, and of their value.
    pub amount: Amount,
}

/// A fitted model that divides journeys one at a time.
pub trait Within: Send + Sync {
    /// Appends what each channel gets of each converting journey of the batch, in the order of
    /// journeys, each channel at most once a journey. What is missing to the whole goes to nobody.
    fn divide(&self, batch: &JourneyBatch, out: &mut Vec<Share>);
}

/// A rule needs no fitting.
pub(super) struct ByRule<'a, R>(pub &'a R);

impl<R: Rule> Within for ByRule<'_, R> {
    fn divide(&self, batch: &JourneyBatch, out: &mut Vec<Share>) {
        let mut scratch = R::Scratch::default();
        let mut distinct = Distinct::default();
        let mut books = Ledger::new(Shape::default());
        for (place, journey) in batch.converting_places() {
            let channels = distinct.of(journey.channels);
            let most = channels.iter().max().map_or(0, |c| usize::from(*c) + 1);
            books.widen(most);
            let outcome = Outcome {
                group: 0,
                ..journey.outcome
            };
            self.0
                .divide(&journey, &mut books.split(&outcome), &mut scratch);
            for channel in channels {
                let amount = books.take(*channel);
                if amount != Amount::default() {
                    out.push(Share {
                        journey: place,
                        channel: *channel,
                        amount,
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::attribute::{Amount, Lineup, Shape};
    use crate::journey::{JourneyBatch, Outcome, Touch, TouchKind};

    /// Would catch credit that stays behind from the journey before, or is told of the wrong one.
    #[test]
    fn rules_divide_each_journey() {
        let mut batch = JourneyBatch::new();
        let mut add = |path: &[u16], conversions, value| {
            for channel in path {
                batch.touch(Touch {
                    channel: *channel,
                    kind: TouchKind::Read,
                    hours_before_end: 1.0,
                });
            }
            let nulls = u64::from(conversions == 0);
            batch.end(Outcome {
                group: 2,
                conversions,
                nulls,
                value,
            });
        };
        add(&[7, 3, 7, 1], 2, 800);
        add(&[3], 0, 0);
        add(&[], 1, 50);
        add(&[1, 3], 1, 10);
        let lineup = Lineup::parse("linear,last-click").unwrap();
        let shape = Shape {
            channels: 8,
            groups: 3,
        };
        let state = lineup.start(shape);
        let mut found = Vec::new();
        for (name, within) in lineup.within(&state) {
            let mut shares = Vec::new();
            within.unwrap().unwrap().divide(&batch, &mut shares);
            let plain = |s: &super::Share| (s.journey, s.channel, s.amount);
            found.push((name, shares.iter().map(plain).collect::<Vec<_>>()));
        }
        let of = |conversions, value| Amount { conversions, value };
        let linear = vec![
            (0, 7, of(1.0, 400.0)),
            (0, 3, of(0.5, 200.0)),
            (0, 1, of(0.5, 200.0)),
            (3, 1, of(0.5, 5.0)),
            (3, 3, of(0.5, 5.0)),
        ];
        let expected = [
            ("linear".to_owned(), linear),
            ("last-click".to_owned(), vec![]),
        ];
        assert_eq!(found, expected);
    }
}
