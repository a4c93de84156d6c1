//! Regimes of data sharing: names to places, dates to seconds.

use crate::scenario::checked::{ReportRule, Watch};
use crate::scenario::units::Span;
use crate::scenario::wire::{RegimeWire, Wire};

use super::{Checked, Checker};

/// Longest window and delay of a report in days: what is gathered grows with them.
const MAX_REPORT_DAYS: f64 = 90.0;

impl Checker<'_> {
    /// What regimes mean, in the order of the file.
    pub fn watches(&self, wire: &Wire) -> Checked<Vec<Watch>> {
        let regimes = wire.measure.regimes.iter();
        regimes.map(|regime| self.watch(wire, regime)).collect()
    }

    fn watch(&self, wire: &Wire, regime: &RegimeWire) -> Checked<Watch> {
        let key = |k: &str| format!("measure.regimes[{}].{k}", regime.name);
        for name in regime.destinations.iter().flatten() {
            let names = wire.destinations.iter().map(|d| &d.name);
            self.known(&key("destinations"), name, names)?;
        }
        let spans = regime.suspended.iter();
        let spans =
            spans.map(|span| self.span(wire, (span.from, span.until), key("suspended[].until")));
        Ok(Watch {
            suspended: spans.collect::<Checked<_>>()?,
            report: self.report(wire, regime)?,
        })
    }

    fn report(&self, wire: &Wire, regime: &RegimeWire) -> Checked<ReportRule> {
        let key = |k: &str| format!("measure.regimes[{}].report.{k}", regime.name);
        let report = &regime.report;
        let look_back = regime.click_window.days().max(regime.read_window.days());
        let windows = match &report.windows {
            None => vec![look_back.ceil().clamp(1.0, MAX_REPORT_DAYS) as u32],
            Some(windows) => windows
                .iter()
                .map(|window| self.days(key("windows"), *window, 1.0))
                .collect::<Checked<_>>()?,
        };
        if windows.is_empty() || !windows.is_sorted_by(|a, b| a < b) {
            let value = report.windows.iter().flatten();
            let value: Vec<String> = value.map(ToString::to_string).collect();
            let remedy = "write at least one, each longer than the one before it";
            let value = format!("[{}]", value.join(", "));
            return self.refuse(key("windows"), value, "is not a list of windows", remedy);
        }
        let delay = report
            .delay
            .map(|delay| self.days(key("delay"), delay, 0.0));
        Ok(ReportRule {
            delay: delay.transpose()?.unwrap_or(0),
            refund_after: wire.behaviour.funnel.refund_delay.days().ceil() as u32,
            windows,
            suppress_below: report.suppress_below.map_or(0, u64::from),
            back_fill: report.back_fill.unwrap_or(true),
            include_refunds: report.include_refunds.unwrap_or(true),
        })
    }

    /// A span in whole days.
    fn days(&self, key: String, span: Span, least: f64) -> Checked<u32> {
        let days = span.days();
        if days.fract() == 0.0 && (least..=MAX_REPORT_DAYS).contains(&days) {
            return Ok(days as u32);
        }
        let remedy = format!("write \"{least}d\" to \"{MAX_REPORT_DAYS}d\"");
        self.refuse(key, span, "is not a number of whole days in range", remedy)
    }
}
