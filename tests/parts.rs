//! Runs in parts and runs that go on: nobody can tell from the result.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use redcat::engine::part::{PartError, PartFile, Slice, Together};
use redcat::engine::{Gathered, Job, Keeping, Progress, RunError, RunOptions, Silent, run};
use redcat::report::{Context, document};
use redcat::scenario::{Override, Scenario};
use serde_json::Value;
use tempfile::TempDir;

/// Models of every kind of state.
const MODELS: &str = "first,time-decay,markov:2,shapley,shapley:ordered,hazard,logistic:l2=1";

fn scenario(sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with("red-cat-618".as_ref(), &sets).unwrap()
}

fn options(users: u64) -> RunOptions {
    RunOptions {
        users: Some(users),
        threads: Some(2),
        models: Some(MODELS.to_owned()),
        ..RunOptions::default()
    }
}

fn told(scenario: &Scenario, outcome: &redcat::engine::Outcome) -> Value {
    document(scenario, outcome, &Context::default())
}

fn slice(part: u64, of: u64) -> Slice {
    format!("{part}/{of}").parse().unwrap()
}

/// Simulates a part and writes it into the folder.
fn part(scenario: &Scenario, options: &RunOptions, slice: Slice, folder: &Path) -> PathBuf {
    let job = Job::new(scenario, options, slice).unwrap();
    let gathered = job.gather(job.start(), None, &Silent).unwrap();
    let path = folder.join(format!("{}-{}.redcat", slice.part(), slice.parts()));
    PartFile::write(&job, &gathered, &path).unwrap();
    path
}

fn merged(paths: &[PathBuf]) -> Value {
    let together = Together::look(paths).unwrap();
    let scenario = together.scenario().unwrap();
    let job = Job::new(&scenario, &together.options(Some(2)), Slice::WHOLE).unwrap();
    let gathered = together.gathered(&job).unwrap();
    told(&scenario, &job.conclude(gathered, &Silent).unwrap())
}

/// Would catch a field that is not kept, users simulated twice or not at all, and any trace of where
/// the borders were: for 1, 2, 3, 7 and 64 parts, in an order of no meaning, every number of the result
/// is that of the whole run.
#[test]
fn parts_make_the_run() {
    let sets = ["measure.truth.shapley=0.01", "measure.panel=0.2"];
    let (scenario, options) = (scenario(&sets), options(4_000));
    let whole = told(&scenario, &run(&scenario, &options, &Silent).unwrap());
    for of in [1, 2, 3, 7, 64] {
        let folder = TempDir::new().unwrap();
        let make = |number| part(&scenario, &options, slice(number, of), folder.path());
        let mut paths: Vec<PathBuf> = (1..=of).map(make).collect();
        paths.sort_by_key(|path| redcat::base::address::name_key(&path.to_string_lossy()));
        let mut merged = merged(&paths);
        // A scenario says where it was read from; here it was read from the parts.
        merged["threads"] = whole["threads"].clone();
        assert_eq!(merged["digest"], whole["digest"], "{of} parts");
        assert_eq!(merged, whole, "{of} parts");
    }
}

/// Would catch parts of more slices than there are blocks, of which most are empty.
#[test]
fn empty_parts_are_parts() {
    let scenario = scenario(&[]);
    let options = RunOptions {
        models: None,
        ..options(3)
    };
    let folder = TempDir::new().unwrap();
    let make = |number| part(&scenario, &options, slice(number, 5), folder.path());
    let paths: Vec<PathBuf> = (1..=5).map(make).collect();
    let whole = told(&scenario, &run(&scenario, &options, &Silent).unwrap());
    assert_eq!(merged(&paths)["digest"], whole["digest"]);
}

/// Would catch parts that do not belong together and are added up all the same. Each refusal names the
/// file and what is wrong with it.
#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let (here, options) = (scenario(&[]), options(1_000));
    let folder = TempDir::new().unwrap();
    let place = |name: &str| {
        let place = folder.path().join(name);
        fs::create_dir_all(&place).unwrap();
        place
    };
    let paths: Vec<PathBuf> = (1..=3)
        .map(|n| part(&here, &options, slice(n, 3), &place("a")))
        .collect();
    let refused = |paths: &[&PathBuf], says: &[&str]| {
        let paths: Vec<PathBuf> = paths.iter().map(|p| (*p).clone()).collect();
        let error = match Together::look(&paths) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("is not refused: {says:?}"),
        };
        for says in says {
            assert!(error.contains(says), "{error}");
        }
    };
    let [a, b, c] = &paths[..] else { panic!() };
    assert!(Together::look(&[c.clone(), a.clone(), b.clone()]).is_ok());
    refused(&[a, c], &["users 328 to 663", "part 2/3 is missing"]);
    refused(&[c], &["users 0 to 663", "parts 1/3 to 2/3 are missing"]);
    refused(&[a, b], &["users 664 to 999", "part 3/3"]);
    refused(
        &[a, b, c, b],
        &["2-3.redcat and", "both have users 328 to 663"],
    );
    refused(&[], &["no parts"]);
    let seed = RunOptions {
        seed: Some(5),
        ..options.clone()
    };
    let other = part(&here, &seed, slice(2, 3), &place("b"));
    refused(
        &[a, &other, c],
        &["b/2-3.redcat: is of another run: its seed is 5", "is 618"],
    );
    let models = RunOptions {
        models: Some("last".to_owned()),
        ..options.clone()
    };
    let other = part(&here, &models, slice(2, 3), &place("c"));
    refused(&[a, &other, c], &["its list of models is last"]);
    let regimes = RunOptions {
        regimes: Some(vec!["oracle".to_owned()]),
        ..options.clone()
    };
    let other = part(&here, &regimes, slice(2, 3), &place("d"));
    refused(&[a, &other, c], &["its list of regimes is oracle"]);
    let users = RunOptions {
        users: Some(1_001),
        ..options.clone()
    };
    let other = part(&here, &users, slice(2, 3), &place("e"));
    refused(
        &[a, &other, c],
        &["its number of users is 1,001", "is 1,000"],
    );
    let other = part(
        &scenario(&["policy.ad_load_cap=0.05"]),
        &options,
        slice(2, 3),
        &place("f"),
    );
    refused(
        &[a, &other, c],
        &["its scenario is `red-cat-618` with digest"],
    );
    // Slices of another number may fit all the same.
    let halves = part(&here, &options, slice(2, 2), &place("g"));
    refused(&[a, b, &halves], &["both have users"]);
    refused(&[a, &halves], &["users 328 to"]);
}

/// Would catch a damaged part that is merged, or one that makes the program fall over: one byte is
/// changed at a hundred places, and the file is cut at a hundred.
#[test]
fn damaged_parts_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let scenario = scenario(&[]);
    let path = part(&scenario, &options(200), slice(1, 2), folder.path());
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        let other = folder.path().join("other.redcat");
        fs::write(&other, bytes).unwrap();
        let error = PartFile::read(&other).unwrap_err();
        assert!(!error.is_io());
        let error = error.to_string();
        assert!(error.contains("other.redcat"), "{error}");
        error
    };
    for step in 0..100 {
        let place = step * (whole.len() - 1) / 99;
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (step % 8);
        refused(&bytes);
        refused(&whole[..place]);
    }
    assert!(refused(b"id,touch\n1,2\n").contains("not a part of a run"));
    assert!(refused(b"").contains("not a part of a run"));
    let later = [b"redcat part 2\n", &whole[14..]].concat();
    assert!(refused(&later).contains("its format is 2, that of this version is 1"));
    let absent = PartFile::read(&folder.path().join("absent.redcat")).unwrap_err();
    assert!(absent.is_io() && absent.to_string().contains("absent.redcat"));
}

/// Wants to stop after so many blocks.
struct After<'a>(AtomicU64, &'a AtomicBool);

impl Progress for After<'_> {
    fn advance(&self, _: u64) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.1.store(true, Ordering::Relaxed);
        }
    }
}

/// Would catch a block that is done twice or never where a run is stopped, and a checkpoint that is not
/// all of what was done: it is stopped every few blocks, and goes on with another number of threads.
#[test]
fn a_run_that_is_stopped_goes_on_as_if_it_had_not_been() {
    let (scenario, options) = (scenario(&[]), options(2_000));
    let whole = told(&scenario, &run(&scenario, &options, &Silent).unwrap());
    for (blocks, every) in [(1, None), (5, None), (50, Some(Duration::ZERO))] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("checkpoint");
        let (mut stops, mut threads) = (0, 1);
        let (job, gathered) = loop {
            let options = RunOptions {
                threads: Some(threads),
                ..options.clone()
            };
            let job = Job::new(&scenario, &options, Slice::WHOLE).unwrap();
            let before = match PartFile::read(&path) {
                Ok(file) => file.resumed(&job).unwrap(),
                Err(error) if error.is_io() => job.start(),
                Err(error) => panic!("{error}"),
            };
            let stop = AtomicBool::new(false);
            let keeping = Keeping {
                path: &path,
                every,
                stop: &stop,
            };
            let progress = After(AtomicU64::new(blocks), &stop);
            let users = before.users();
            let gathered = job.gather(before, Some(&keeping), &progress).unwrap();
            assert!(gathered.users() > users, "it gets on");
            if job.is_whole(&gathered) {
                break (job, gathered);
            }
            assert!(refused(job.conclude(gathered, &Silent)).contains("not been simulated"));
            let part = Together::look(std::slice::from_ref(&path)).unwrap_err();
            assert!(part.to_string().contains("is not finished"), "{part}");
            (stops, threads) = (stops + 1, 1 + stops as usize % 3);
        };
        assert!(stops > 0);
        let mut told = told(&scenario, &job.conclude(gathered, &Silent).unwrap());
        told["threads"] = whole["threads"].clone();
        assert_eq!(told, whole, "{blocks} blocks at a time");
    }
}

fn refused<T>(what: Result<T, RunError>) -> String {
    match what {
        Err(error) => error.to_string(),
        Ok(_) => panic!("is not refused"),
    }
}

/// Would catch a checkpoint of something else that is gone on with.
#[test]
fn a_foreign_checkpoint_is_refused() {
    let (scenario, options) = (scenario(&[]), options(500));
    let folder = TempDir::new().unwrap();
    let path = part(&scenario, &options, slice(1, 2), folder.path());
    let file = PartFile::read(&path).unwrap();
    let resumed = |options: &RunOptions, slice: Slice| -> Result<Gathered, PartError> {
        file.resumed(&Job::new(&scenario, options, slice).unwrap())
    };
    assert!(resumed(&options, slice(1, 2)).is_ok());
    let error = resumed(&options, slice(2, 2)).unwrap_err().to_string();
    assert!(
        error.contains("its part is 1/2, that of what is asked for is 2/2"),
        "{error}"
    );
    let seed = RunOptions {
        seed: Some(7),
        ..options
    };
    let error = resumed(&seed, slice(1, 2)).unwrap_err().to_string();
    assert!(
        error.contains("its seed is 618, that of what is asked for is 7"),
        "{error}"
    );
}
