//! The page of a load test: it must say what its document says, whatever that is, and be read by anybody.

use std::fs;

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

use super::Place;

/// A stream that any machine plays, into a folder.
fn load(place: &Place, scenario: &str, out: &str, more: &str) -> (Value, String) {
    let fixed = "--users 3000 --duration 0.8s -q --set load.warm_up=\"0.5s\" --out";
    let mut arguments = vec!["load", scenario];
    arguments.extend(fixed.split_whitespace());
    arguments.push(out);
    arguments.extend(more.split_whitespace());
    place.run(&arguments).done();
    let read = |name: &str| fs::read_to_string(place.path().join(out).join(name)).expect(name);
    let summary = serde_json::from_str(&read("summary.json")).expect("JSON");
    (summary, read("report.html"))
}

/// The page that is written again when the document of folder `l` is this one.
fn again(place: &Place, summary: &Value) -> String {
    fs::write(place.path().join("l/summary.json"), summary.to_string()).expect("written");
    place.run(&["report", "l"]).done();
    fs::read_to_string(place.path().join("l/report.html")).expect("a page")
}

/// The page as XML, which it is as well.
fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(page, options).expect("well-formed");
    for gone in ["<script", "src=", "href=", "url(", "NaN", "inf,", "null"] {
        assert!(!page.contains(gone), "{gone}");
    }
    document
}

fn text(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(Node::is_text).map(|n| n.text());
    texts.flatten().collect()
}

fn all<'a, 'b>(page: &'a Document<'b>, name: &'static str) -> impl Iterator<Item = Node<'a, 'b>> {
    page.descendants().filter(move |n| n.has_tag_name(name))
}

/// The number of a text such as `12,345 events/s`; none for what is not told.
fn number(text: &str) -> Option<f64> {
    let plain = text.replace(',', "").replace('−', "-");
    plain.split_whitespace().next()?.parse().ok()
}

/// Whether a text tells a number to the digits that it has.
#[track_caller]
fn tells(told: &str, number_of: &Value, what: &str) {
    let (told, is) = (number(told), number_of.as_f64());
    let (Some(told), Some(is)) = (told, is) else {
        assert_eq!((told, is), (None, None), "{what}");
        return;
    };
    let near = (told - is).abs() <= (0.006 * is.abs()).clamp(5e-4, 0.5);
    assert!(near, "{what}: {told} of {is}");
}

/// A key figure.
#[track_caller]
fn tile(page: &Document<'_>, name: &str) -> String {
    let mut tiles = all(page, "dt").filter(|dt| text(*dt) == name);
    let dt = tiles.next().unwrap_or_else(|| panic!("no {name}"));
    text(dt.next_sibling_element().expect("a figure"))
}

/// The rows of a table by a part of its caption.
#[track_caller]
fn rows(page: &Document<'_>, caption: &str) -> Vec<Vec<String>> {
    let mut tables = all(page, "caption").filter(|c| text(*c).contains(caption));
    let caption = tables.next().unwrap_or_else(|| panic!("no {caption}"));
    let table = caption.parent().expect("a table");
    let body = table.children().find(|n| n.has_tag_name("tbody"));
    let rows = body.expect("rows").children().filter(Node::is_element);
    rows.map(|row| row.children().filter(Node::is_element).map(text).collect())
        .collect()
}

/// A picture by the name of its chart.
fn chart<'a, 'b>(page: &'a Document<'b>, id: &str) -> Option<Node<'a, 'b>> {
    let title = format!("{id}-title");
    let of = |svg: &Node<'_, '_>| {
        svg.attribute("aria-labelledby")
            .is_some_and(|l| l.contains(&title))
    };
    all(page, "svg").find(of)
}

/// The values that a line of a picture shows, read off its axis as a person does.
fn read_off(svg: Node<'_, '_>, class: &str, log: bool) -> Vec<f64> {
    let scale = |x: f64| if log { libm::log10(x) } else { x };
    let ticks: Vec<(f64, f64)> = svg
        .children()
        .filter(|n| n.attribute("class") == Some("end"))
        .map(|n| {
            let y = n.attribute("y").unwrap().parse::<f64>().unwrap() - 4.0;
            let label = text(n).replace('\u{a0}', " ");
            let times = match label.split_once(' ').map_or("", |l| l.1) {
                "" => 1.0,
                "k" => 1e3,
                "M" => 1e6,
                other => panic!("{other}"),
            };
            (y, scale(number(&label).unwrap() * times))
        })
        .collect();
    let ((low_y, low), (high_y, high)) = (ticks[0], ticks[ticks.len() - 1]);
    let line = svg.children().find(|n| n.attribute("class") == Some(class));
    let way = line.expect(class).attribute("d").unwrap();
    let steps = way.split(['M', 'L']).filter(|step| !step.is_empty());
    steps
        .map(|step| {
            let y = step
                .split([' ', 'H'])
                .nth(1)
                .unwrap()
                .parse::<f64>()
                .unwrap();
            let value = low + (y - low_y) / (high_y - low_y) * (high - low);
            if log { libm::pow(10.0, value) } else { value }
        })
        .collect()
}

/// Would catch a figure of the page that is not that of the document, a line that shows another value than
/// the series has, and keys that the page needs and the document lacks.
#[test]
fn a_page_says_what_its_document_says() {
    let place = Place::empty();
    let (summary, page) = load(&place, "steady", "l", "--rate 20k --alone");
    let page = parsed(&page);
    assert_eq!(summary["verb"], "load");
    assert!(summary["machine"]["cores"].is_number(), "{summary}");
    let latency = &summary["latency_ms"];
    for (name, is) in [
        ("Rate asked", &summary["target_per_s"]),
        ("Rate done", &summary["achieved_per_s"]),
        ("Orders", &summary["orders_per_s"]),
        ("Latency, p50", &latency["p50"]),
        ("Latency, p99", &latency["p99"]),
        ("Latency, longest", &latency["max"]),
        ("Largest backlog", &summary["backlog"]["most"]),
        (
            "Generator late by itself, p99",
            &summary["generator"]["late_p99_ms"],
        ),
    ] {
        tells(&tile(&page, name), is, name);
    }
    assert!(
        tile(&page, "State").contains("iB"),
        "{}",
        tile(&page, "State")
    );
    let header = all(&page, "div").find(|n| {
        n.attribute("class")
            .is_some_and(|c| c.starts_with("verdict"))
    });
    let verdict = summary["verdict"].as_str().unwrap();
    assert_eq!(
        text(header.unwrap()).replace(['✓', '✗', '\n', ' '], ""),
        verdict.replace(['\n', ' '], "")
    );
    let series = summary["series"].as_array().unwrap();
    let told = rows(&page, "How it went on");
    assert_eq!(told.len(), series.len());
    assert!(series.len() > 10, "{summary}");
    for (told, tick) in told.iter().zip(series) {
        let of = &tick["latency_ms"];
        let keys = ["until_s", "due", "sent", "done", "backlog", "state_bytes"];
        let is = keys.map(|key| &tick[key]).into_iter();
        let is = is.chain([&of["orders"], &of["p50"], &of["p99"], &of["max"]]);
        for (told, is) in told.iter().zip(is) {
            tells(told, is, "series");
        }
    }
    let seen = read_off(chart(&page, "backlog").unwrap(), "line thin", false);
    let most = seen.iter().fold(1.0, |a: f64, b| a.max(*b));
    for (seen, tick) in seen.iter().zip(series) {
        let is = tick["backlog"].as_f64().unwrap();
        assert!((seen - is).abs() < 0.01 * most, "backlog: {seen} of {is}");
    }
    let seen = read_off(chart(&page, "latency").unwrap(), "line bold", true);
    let p99 = series
        .iter()
        .filter_map(|tick| tick["latency_ms"]["p99"].as_f64());
    assert_eq!(seen.len(), p99.clone().count());
    for (seen, is) in seen.iter().zip(p99) {
        assert!((seen / is - 1.0).abs() < 0.03, "p99: {seen} of {is}");
    }
    for (told, kind) in rows(&page, "What became")
        .iter()
        .zip(["touches", "orders", "refunds"])
    {
        let keys = [
            "rows",
            "used",
            "expired",
            "open",
            "late",
            "double",
            "unmatched",
        ];
        assert_eq!(told[0], kind);
        for (told, key) in told[1..].iter().zip(keys) {
            tells(told, &summary["rows"][kind][key], key);
        }
    }
    for id in ["rate", "backlog", "latency", "state"] {
        assert!(chart(&page, id).is_some(), "{id}");
    }
}

/// Would catch a search whose curve lacks a rate, or shows one as held that is not.
#[test]
fn a_search_has_its_curve() {
    let place = Place::empty();
    let more = "--rate search --p99 10s --set load.growth=1.0";
    let (mut summary, page) = load(&place, "steady", "l", more);
    parsed(&page);
    // Whether all are held hangs on the machine; the page is to tell what the document says.
    summary["curve"][1]["sustainable"] = false.into();
    summary["curve"][1]["why"] = "it is <slow>".into();
    let page = again(&place, &summary);
    let page = parsed(&page);
    let curve = summary["curve"].as_array().unwrap();
    let held = curve
        .iter()
        .filter(|rate| rate["sustainable"] == true)
        .count();
    let svg = chart(&page, "curve").expect("a curve");
    let marks = |class: &str| {
        let classes = svg.children().filter_map(|n| n.attribute("class"));
        classes.filter(|c| c.ends_with(class)).count()
    };
    assert_eq!(marks(" dot"), 3 * held);
    assert_eq!(marks(" cross"), 3 * (curve.len() - held));
    let told = rows(&page, "Rates that were played");
    assert_eq!(told.len(), curve.len());
    for (told, rate) in told.iter().zip(curve) {
        tells(&told[0], &rate["target_per_s"], "rate");
        tells(&told[5], &rate["latency_ms"]["p99"], "p99");
        let why = rate["why"].as_str().unwrap();
        let held = rate["sustainable"] == true;
        assert_eq!(
            told[8],
            if held {
                "yes".to_owned()
            } else {
                format!("no: {why}")
            }
        );
    }
}

/// Would catch an empty frame, or nonsense in one, where there is no timetable or no credit comes back.
#[test]
fn what_is_not_told_is_not_drawn() {
    let place = Place::empty();
    let (_, max) = load(&place, "steady", "max", "--rate max");
    let page = parsed(&max);
    assert!(max.contains("there is no timetable, so nothing is due"));
    assert!(
        !max.contains("class=\"limit\""),
        "what is not judged has no limit"
    );
    let rate = chart(&page, "rate").unwrap();
    assert!(
        rate.children()
            .all(|n| n.attribute("class") != Some("line wide"))
    );
    assert!(tile(&page, "Generator late by itself, p99").contains('–'));
    let (summary, pipe) = load(&place, "steady", "pipe", "--rate 5k --into stdout");
    assert!(summary["rows"].is_null(), "{summary}");
    let page = parsed(&pipe);
    for (id, there) in [
        ("rate", true),
        ("backlog", true),
        ("latency", false),
        ("state", false),
    ] {
        assert_eq!(chart(&page, id).is_some(), there, "{id}");
    }
    for told in [
        "No credit comes back from this system, so there is no latency to draw.",
        "What this system keeps in memory is not seen from here, so it is not drawn.",
    ] {
        assert!(pipe.contains(told), "{told}");
    }
}

/// Would catch a name that becomes a tag, a page that is not written again as it was, one that only its owner
/// may read, and files of the folder that are touched.
#[test]
fn a_page_is_written_again_from_its_folder() {
    let scenario =
        "extends = 'steady'\nname = 'asked'\nquestion = '''Is 1 < 2 & \"x\"'s </p><script>?'''";
    let place = Place::with(&[("case.toml", scenario)]);
    let (mut summary, first) = load(&place, "case.toml", "l", "--rate 5k");
    let page = parsed(&first);
    let question = all(&page, "p").next().unwrap();
    assert_eq!(text(question), "Is 1 < 2 & \"x\"'s </p><script>?");
    let before = place.contents();
    let path = place.path().join("l/report.html");
    fs::remove_file(&path).unwrap();
    let said = place.run(&["report", "l"]).done();
    assert_eq!(
        (said.stdout.as_str(), said.stderr.as_str()),
        ("", "page: l/report.html\n")
    );
    assert_eq!(place.contents(), before);
    let may = |path| fs::metadata(path).unwrap().permissions();
    assert_eq!(may(path), may(place.path().join("l/summary.json")));
    place.run(&["report", "l/"]).done();
    assert_eq!(place.contents(), before);
    // Of a document from elsewhere, too.
    summary["scenario"]["name"] = "a<b>&\"c".into();
    let page = again(&place, &summary);
    let page = parsed(&page);
    let title = all(&page, "h1").next().unwrap();
    assert_eq!(text(title), "a<b>&\"c: load test");
}

/// Would catch a folder that is damaged, or of another verb, and yet gets a page, or is refused without a
/// file, a key and a remedy.
#[test]
fn what_has_no_page_is_refused() {
    let place = Place::empty();
    let remedy = "redcat load SCENARIO --out DIR";
    place.refuses(&["report", "l"], 2, &["error: l: is not a folder", remedy]);
    place
        .run(&["run", "red-cat-618", "--users", "300", "-q", "--out", "run"])
        .done();
    let other =
        "error: run/summary.json: this is not of a load test, and only load tests have a page";
    place.refuses(&["report", "run"], 2, &[other, remedy]);
    let (summary, _) = load(&place, "steady", "l", "--rate 5k");
    let path = place.path().join("l/summary.json");
    let damaged = |change: &dyn Fn(&mut Value), part: &str| {
        let mut summary = summary.clone();
        change(&mut summary);
        fs::write(&path, summary.to_string()).unwrap();
        place.refuses(
            &["report", "l"],
            2,
            &["error: l/summary.json: ", part, remedy],
        );
    };
    damaged(
        &|s| drop(s.as_object_mut().unwrap().remove("target_per_s")),
        "json: missing field `target_per_s`",
    );
    damaged(
        &|s| drop(s["series"][3].as_object_mut().unwrap().remove("done")),
        "series[3]: missing field `done`",
    );
    damaged(
        &|s| s["latency_ms"]["p99"] = "soon".into(),
        "latency_ms.p99: invalid type",
    );
    damaged(
        &|s| s["backlog"]["most"] = Value::from(-1),
        "backlog.most: invalid value",
    );
    let text = summary.to_string();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let part = "error: l/summary.json: EOF while parsing";
    place.refuses(&["report", "l"], 2, &[part, "it is damaged", remedy]);
    fs::remove_file(&path).unwrap();
    place.refuses(
        &["report", "l"],
        2,
        &["error: l/summary.json: is not there", remedy],
    );
}
