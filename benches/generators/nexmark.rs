//! `nexmark EVENTS THREADS rows|lean|FOLDER`: NEXMark's events, counted or written.
//!
//! Each thread takes every so manieth event, as the crate offers for that (`with_offset`, `with_step`).
//! `rows` makes each event and drops it, `lean` does so without the filler that pads events to their
//! usual sizes, and a folder gets a file of JSON Lines a thread, the text that the crate's own command
//! prints, but buffered.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::{env, io, thread};

use mimalloc::MiMalloc;
use nexmark::EventGenerator;
use nexmark::config::NexmarkConfig;
use nexmark::event::Event;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Midnight of the first day of redcat's season, in milliseconds: the same events at every run.
const BEGIN: u64 = 1_747_065_600_000;

fn write(events: impl Iterator<Item = Event>, path: &Path) -> io::Result<u64> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut written = 0;
    for event in events {
        serde_json::to_writer(&mut file, &event)?;
        file.write_all(b"\n")?;
        written += 1;
    }
    file.flush()?;
    Ok(written)
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [events, threads, sink] = &arguments[..] else {
        return Err(io::Error::other("nexmark EVENTS THREADS rows|lean|FOLDER"));
    };
    let number = |text: &String| text.parse::<u64>().map_err(io::Error::other);
    let (events, threads) = (number(events)?, number(threads)?);
    let mut config = NexmarkConfig {
        base_time: BEGIN,
        ..NexmarkConfig::default()
    };
    if sink == "lean" {
        config.avg_person_byte_size = 0;
        config.avg_auction_byte_size = 0;
        config.avg_bid_byte_size = 0;
    }
    let part = |place: u64| {
        let all = EventGenerator::new(config.clone())
            .with_offset(place)
            .with_step(threads);
        let mine = all.take((events + threads - 1 - place) as usize / threads as usize);
        match sink.as_str() {
            "rows" | "lean" => Ok(mine.map(black_box).count() as u64),
            folder => write(mine, &Path::new(folder).join(format!("{place}.jsonl"))),
        }
    };
    let made = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|p| scope.spawn(move || part(p))).collect();
        parts
            .into_iter()
            .map(|p| p.join().expect("a thread that does not panic"))
            .sum::<io::Result<u64>>()
    })?;
    println!("{{\"events\":{made}}}");
    Ok(())
}
