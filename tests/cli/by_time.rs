//! Logs in the order of time, as files.

use std::collections::BTreeMap;
use std::fs;

use super::Place;
use super::attribute::credit;

const MAKE: [&str; 5] = ["generate", "red-cat-618", "--quiet", "--users", "3000"];

fn make(place: &Place, more: &[&str]) {
    place.run(&[&MAKE[..], more].concat()).done();
}

/// The parts of a log, by name.
fn parts(place: &Place, log: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(place.path().join(log).join("events")).expect("parts");
    let part = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.expect("a part");
        let name = entry.file_name().into_string().expect("text");
        (name, fs::read(entry.path()).expect("bytes"))
    };
    entries.map(part).collect()
}

/// Would catch bytes that hang on threads or on memory, in any format; parts of other names than those
/// of a log by user; and models that find other credit in a log because it is sorted by time.
#[test]
fn a_log_by_time_is_the_same_in_any_format_with_any_threads_and_memory() {
    let place = Place::empty();
    let mut digests = Vec::new();
    let models = [
        "--conversion-event",
        "order",
        "--merchant",
        "merchant",
        "--map",
        "value=value_fen",
        "--touch-event",
        "visit,cart,like,collect,share,comment,follow,ask-link,refund",
        "--on-bad-row",
        "skip",
    ];
    let of =
        |log: String| credit(&place, &[&[log.as_str()][..], &models].concat())["digest"].clone();
    make(&place, &["--out", "user"]);
    digests.push(of("user/events/*.parquet".to_owned()));
    for format in ["parquet", "csv", "jsonl", "arrow"] {
        let common = ["--order", "time", "--truth", "--format", format, "--out"];
        let (one, three) = (format!("{format}-1"), format!("{format}-3"));
        let roomy = [one.as_str(), "--threads", "1"];
        let narrow = [&three, "--threads", "3", "--memory", "100k", "--temp", "."];
        make(&place, &[&common[..], &roomy].concat());
        make(&place, &[&common[..], &narrow].concat());
        let parts = (parts(&place, &one), parts(&place, &three));
        assert!(parts.0 == parts.1, "{format}");
        assert!(parts.0.keys().eq([&format!("part-000000.{format}")]));
        digests.push(of(format!("{one}/events/*.{format}")));
    }
    assert!(digests.iter().all(|d| *d == digests[0]), "{digests:?}");
    let left = fs::read_dir(place.path()).expect("a folder").count();
    assert_eq!(left, 1 + 4 * 2, "the temporary file has no name");
}

/// Would catch a temporary file or a part that cannot be written taken for success or for a mistake of
/// the user, told without its place, or followed by half a log.
#[test]
#[cfg(unix)]
fn a_refusing_disk_leaves_nothing_and_says_where() {
    let place = Place::empty();
    let nowhere = [
        "--order", "time", "--out", "log", "--memory", "1MiB", "--temp", "nowhere",
    ];
    let says = ["temporary file in nowhere", "No such file", "--temp DIR"];
    place.refuses(&[&MAKE[..], &nowhere].concat(), 3, &says);
    // No file may be longer than 64 KiB: first the temporary file, then, with memory enough, a part.
    for (memory, says) in [("1MiB", "temporary file in ."), ("1GiB", "part-000000.")] {
        for format in ["parquet", "arrow", "csv"] {
            let line = format!(
                "trap '' XFSZ; ulimit -f 64; exec \"$0\" {} --order time --format {format} --out log --memory {memory} --temp .",
                MAKE.join(" ")
            );
            let command = assert_cmd::cargo::cargo_bin!("redcat");
            let output = std::process::Command::new("sh")
                .args(["-c", &line])
                .arg(command)
                .current_dir(place.path())
                .output()
                .expect("starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{format} {memory}: {said}");
            assert!(said.contains(says) && said.contains("too large"), "{said}");
            assert!(place.contents().is_empty(), "{:?}", place.contents().keys());
        }
    }
}
