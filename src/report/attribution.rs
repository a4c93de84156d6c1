//! Credit of a log, as one document, as a table, and as text.
//!
//! Amounts are in the log's own currency and in full precision. What no channel got is told apart,
//! under a key of its own and, in tables, as the channel `(unattributed)`.

use serde_json::{Map, Value, json};

use crate::attribute::{Amount, Credit};
use crate::base::Digest;
use crate::engine::attribute::Attribution;
use crate::engine::journeys::JourneyCredit;
use crate::io::log::VALUE_UNITS;
use crate::io::{Column, LogShape, Table};

use super::document::{absorb, build};

/// The channel of what no channel got.
pub const UNATTRIBUTED: &str = "(unattributed)";

/// The document. `digest` covers what was read and every number of credit, not time and memory.
#[must_use]
pub fn document(found: &Attribution, elapsed_s: f64, peak_rss_bytes: Option<u64>) -> Value {
    let mut results = json!({
        "shape": found.shape.name(),
        "rows": found.rows,
        "rows_used": found.used,
        "rejected": found.rejected,
        "journeys": found.totals.conversions + found.totals.nulls,
        "touches": found.totals.touches,
        "conversions": found.totals.conversions,
        "value": money(found.totals.value as f64),
        "credit": by_model(found, |c| channels(found, &c.by_channel())),
        "unattributed": by_model(found, |c| {
            let groups = 0..found.groups.len();
            amount(groups.map(|g| c.unattributed(g)).fold(Amount::default(), plus))
        }),
        "notes": notes(found),
    });
    if found.groups != [""] {
        let groups = found.groups.iter().enumerate().map(|(g, name)| {
            let cells = |c: &Credit| -> Vec<Amount> {
                (0..found.channels.len()).map(|i| c.cell(g, i)).collect()
            };
            let value = json!({
                "credit": by_model(found, |c| channels(found, &cells(c))),
                "unattributed": by_model(found, |c| amount(c.unattributed(g))),
            });
            (name.clone(), value)
        });
        results["merchants"] = Value::Object(groups.collect());
    }
    let mut digest = Digest::new();
    absorb(&mut digest, &results);
    let mut out = Map::new();
    out.insert("redcat".into(), build());
    out.insert("digest".into(), json!(digest.to_string()));
    out.insert("elapsed_s".into(), json!(elapsed_s));
    out.insert("peak_rss_bytes".into(), json!(peak_rss_bytes));
    out.insert("threads".into(), json!(found.threads));
    if let Value::Object(results) = results {
        out.extend(results);
    }
    Value::Object(out)
}

/// What to know when reading the credit.
#[must_use]
pub fn notes(found: &Attribution) -> Vec<String> {
    // What several models have to say is said once, with their names if it is not all of them.
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for (model, credit) in &found.credit {
        for note in credit.notes() {
            let note = note.to_string();
            match said.iter_mut().find(|(text, _)| *text == note) {
                Some((_, models)) => models.push(model),
                None => said.push((note, vec![model])),
            }
        }
    }
    let named = said.into_iter().map(|(note, models)| {
        if models.len() == found.credit.len() {
            note
        } else {
            format!("{}: {note}", models.join(", "))
        }
    });
    let mut notes: Vec<String> = named.collect();
    if found.rounded > 0 {
        let rounded = found.rounded;
        notes.push(format!(
            "{rounded} values had more than six decimals and were rounded to six"
        ));
    }
    if !found.timed && found.rows > 0 {
        notes.push("the log does not say when touches were: models of time credit nobody".into());
    }
    notes
}

/// The credit as a table: merchant (if merchants are told apart), model, channel, amounts.
#[must_use]
pub fn table(found: &Attribution) -> Table {
    let (mut merchants, mut models, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let (mut conversions, mut value) = (Vec::new(), Vec::new());
    for (group, merchant) in found.groups.iter().enumerate() {
        for (model, credit) in &found.credit {
            let cells = (0..found.channels.len()).map(|c| credit.cell(group, c));
            let cells = cells.chain([credit.unattributed(group)]);
            let channels = found.channels.iter().map(String::as_str);
            for (name, amount) in channels.chain([UNATTRIBUTED]).zip(cells) {
                merchants.push(merchant.clone());
                models.push(model.clone());
                names.push(name.to_owned());
                conversions.push(amount.conversions);
                value.push(money(amount.value));
            }
        }
    }
    let mut table = Table::new("credit");
    if found.groups != [""] {
        table = table.with("merchant", Column::Text(merchants));
    }
    table
        .with("model", Column::Text(models))
        .with("channel", Column::Text(names))
        .with("conversions", Column::Float(conversions))
        .with("value", Column::Float(value))
}

/// Credit of single journeys as a table: journey, user and time (if the log has events), merchant (if
/// merchants are told apart), model, channel, amounts.
#[must_use]
pub fn journey_table(found: &Attribution, rows: &[JourneyCredit]) -> Table {
    let mut table = Table::new("journeys");
    let whole = |of: fn(&JourneyCredit) -> i64| Column::Whole(rows.iter().map(of).collect());
    table = table.with("journey", whole(|row| row.journey as i64));
    if found.shape == LogShape::Events {
        let user = |row: &JourneyCredit| row.user.clone().unwrap_or_default();
        let time = |row: &JourneyCredit| row.time.unwrap_or(0).div_euclid(1_000);
        table = table
            .with("user", Column::Text(rows.iter().map(user).collect()))
            .with("time", Column::Time(rows.iter().map(time).collect()));
    }
    let labels = |names: Vec<String>, of: &dyn Fn(&JourneyCredit) -> u16| {
        Column::Label(rows.iter().map(of).collect(), names.into())
    };
    if found.groups != [""] {
        table = table.with("merchant", labels(found.groups.clone(), &|row| row.group));
    }
    let models = found.credit.iter().map(|(model, _)| model.clone());
    let mut channels = found.channels.clone();
    let nobody = channels.len() as u16;
    channels.push(UNATTRIBUTED.to_owned());
    let float = |of: fn(&JourneyCredit) -> f64| Column::Float(rows.iter().map(of).collect());
    table
        .with("model", labels(models.collect(), &|row| row.model))
        .with(
            "channel",
            labels(channels, &|row| row.channel.unwrap_or(nobody)),
        )
        .with("conversions", float(|row| row.amount.conversions))
        .with("value", float(|row| money(row.amount.value)))
}

/// What was read, then channels × models in conversions and in value.
#[cfg(feature = "cli")]
#[must_use]
pub fn text(found: &Attribution, elapsed_s: f64, peak_rss_bytes: Option<u64>) -> String {
    use super::figures::{bytes, count, decimals, of_them, rounded};
    use super::layout::{section, table};

    let totals = &found.totals;
    let mut out = format!(
        "{} rows as {}: {} used, {} left out\n{} journeys, {} conversions, value {}\n{:.2} s on {}{}",
        count(found.rows),
        found.shape.name(),
        count(found.used),
        count(found.rejected),
        count(totals.conversions + totals.nulls),
        count(totals.conversions),
        rounded(money(totals.value as f64)),
        elapsed_s,
        of_them(found.threads as u64, "thread"),
        peak_rss_bytes.map_or(String::new(), |b| format!("; peak memory {}", bytes(b))),
    );
    out.push('\n');
    let mut header = vec!["channel"];
    header.extend(found.credit.iter().map(|(model, _)| model.as_str()));
    let columns: Vec<Vec<Amount>> = found.credit.iter().map(|(_, c)| with_nobody(c)).collect();
    let rows = |pick: &dyn Fn(&Amount) -> f64| -> Vec<Vec<String>> {
        let names = found
            .channels
            .iter()
            .map(String::as_str)
            .chain([UNATTRIBUTED]);
        // Decimals only where whole numbers would hide the difference.
        let most = columns.iter().flatten().map(pick).fold(0.0, f64::max);
        let number = |x: f64| match most < 1_000.0 {
            true => decimals(x, 2),
            false => rounded(x),
        };
        let row = |(place, name): (usize, &str)| {
            let cells = columns.iter().map(|c| number(pick(&c[place])));
            [name.to_owned()].into_iter().chain(cells).collect()
        };
        names.enumerate().map(row).collect()
    };
    let conversions = table(&header, 1, rows(&|a| a.conversions));
    section(&mut out, "Conversions by channel", &conversions);
    let value = table(&header, 1, rows(&|a| money(a.value)));
    section(&mut out, "Value by channel", &value);
    for note in notes(found) {
        out += &format!("Note: {note}.\n");
    }
    out
}

#[cfg(feature = "cli")]
fn with_nobody(credit: &Credit) -> Vec<Amount> {
    let groups = 0..credit.shape().groups;
    let nobody = groups
        .map(|g| credit.unattributed(g))
        .fold(Amount::default(), plus);
    let mut amounts = credit.by_channel();
    amounts.push(nobody);
    amounts
}

fn money(units: f64) -> f64 {
    units / VALUE_UNITS
}

fn plus(a: Amount, b: Amount) -> Amount {
    Amount {
        conversions: a.conversions + b.conversions,
        value: a.value + b.value,
    }
}

fn amount(amount: Amount) -> Value {
    json!({ "conversions": amount.conversions, "value": money(amount.value) })
}

fn channels(found: &Attribution, amounts: &[Amount]) -> Value {
    let pairs = found.channels.iter().zip(amounts);
    Value::Object(pairs.map(|(name, a)| (name.clone(), amount(*a))).collect())
}

fn by_model(found: &Attribution, of: impl Fn(&Credit) -> Value) -> Value {
    let models = found.credit.iter();
    Value::Object(models.map(|(model, c)| (model.clone(), of(c))).collect())
}
