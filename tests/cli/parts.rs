//! `run --part` and `merge` as they are typed.

use super::Place;

const RUN: [&str; 5] = ["run", "degenerate", "--users", "3000", "--quiet"];

fn digest(place: &Place, more: &[&str]) -> String {
    let said = place.run(&[&RUN[..], &["--json"], more].concat()).done();
    said.json()["digest"].as_str().expect("a digest").to_owned()
}

/// Would catch parts that cannot be merged by naming their folder, a merge that says something else
/// than the run, a run folder that it does not write, and the time of merging taken for that of the run.
#[test]
fn parts_are_merged_to_what_the_run_would_have_said() {
    let place = Place::empty();
    let whole = digest(&place, &[]);
    for part in ["1/3", "2/3", "3/3"] {
        let said = place.run(&[&RUN[..], &["--part", part, "--out", "parts"]].concat());
        let said = said.done();
        assert!(said.stdout.contains(&format!("part {part}")), "{said:?}");
        assert!(said.stdout.contains("redcat merge parts"), "{said:?}");
    }
    let said = place
        .run(&["merge", "parts", "--json", "--out", "all", "--quiet"])
        .done();
    assert_eq!(said.json()["digest"], whole.as_str());
    assert!(place.path().join("all/summary.json").exists());
    let text = place.run(&["merge", "parts", "--quiet"]).done().stdout;
    let run = place.run(&RUN).done().stdout;
    let first = |text: &str| text.lines().next().map(str::to_owned);
    assert_eq!(first(&text), first(&run));
    assert!(run.contains(" million events/s"), "{run}");
    let put = "to put together what was simulated before; peak memory";
    assert!(text.contains(put) && !text.contains("events/s"), "{text}");
    // One is done again: it is there already.
    let again = [&RUN[..], &["--part", "2/3", "--out", "parts"]].concat();
    let said = place.run(&again).refused(2);
    assert!(
        said.stderr.contains("part-2-of-3.redcat: is there already"),
        "{said:?}"
    );
    place.run(&[&again[..], &["--resume"]].concat()).done();
    place.run(&[&again[..], &["--force"]].concat()).done();
    std::fs::remove_file(place.path().join("parts/part-2-of-3.redcat")).expect("removed");
    let said = place.run(&["merge", "parts"]).refused(2);
    assert!(said.stderr.contains("part 2/3 is missing"), "{said:?}");
}

/// Would catch a part without a place to go to, and nonsense that is taken for one.
#[test]
fn parts_that_make_no_sense_are_refused() {
    let place = Place::empty();
    for (more, says) in [
        (&["--part", "1/3"][..], "--out"),
        (&["--part", "4/3", "--out", "x"], "I from 1 to N"),
        (&["--part", "x", "--out", "x"], "I from 1 to N"),
        (&["--resume"], "--out"),
        (&["--checkpoint", "soon", "--out", "x"], "write seconds"),
    ] {
        let said = place.run(&[&RUN[..], more].concat()).refused(2);
        assert!(said.stderr.contains(says), "{said:?}");
    }
    let said = place.run(&["merge", "nowhere"]).refused(3);
    assert!(said.stderr.contains("nowhere"), "{said:?}");
    let said = place.run(&["merge", "."]).refused(2);
    assert!(said.stderr.contains("has no parts"), "{said:?}");
    assert!(place.contents().is_empty());
}
