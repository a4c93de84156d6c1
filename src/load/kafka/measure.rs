//! A load test of a system behind a broker.

use std::time::Duration;

use crate::engine::Progress;
use crate::load::answers::Book;
use crate::load::measured::{Answered, Found, Measured};
use crate::load::meter::Ticks;
use crate::load::{LoadError, LoadTest};

use super::{Kafka, KafkaOptions};

impl LoadTest {
    /// Plays the stream into a broker at so many rows a second, or as fast as it takes them, and hears
    /// what comes back from the system behind it.
    ///
    /// # Errors
    /// When the broker is not there, does not answer in time, or goes away.
    pub fn broker(
        &self,
        per_s: Option<f64>,
        options: &KafkaOptions,
        progress: &dyn Progress,
    ) -> Result<Measured, LoadError> {
        let (playing, content) = (self.playing(per_s), self.content());
        let blank = Ticks::over(playing.nanos)?;
        let paced = (&blank, per_s.is_some());
        let (mut system, shared) = Kafka::connect(options, content.channels(), paced)?;
        let seen = (std::slice::from_ref(&shared.gauge), &shared.clock, &blank);
        let found = self.played(&playing, &mut system, seen, progress)?;
        let back = system.finish(Duration::from_nanos(playing.grace))?;
        let own = self.own_credit(back.sent)?;
        let with_own = back.books.into_iter().map(|book: Book| {
            let own = own.iter().find(|(model, _)| *model == book.model);
            let own = own.map(|(_, credit)| credit.by_channel().to_vec());
            (book, own)
        });
        let start = self.asked().warm_up.seconds() * 1e9;
        let answered = Answered {
            acknowledged: back.acknowledged,
            unacknowledged: back.sent - back.acknowledged,
            until_acknowledged: back.until_acknowledged.since(start as u64),
            counts: back.counts,
            books: with_own.collect(),
        };
        let answered = Some((answered, back.until_credited));
        self.told(per_s, &playing, Found { answered, ..found })
    }
}
