//! Where things stand in the picture of a chart.

use std::fmt::Write as _;

use crate::report::page::markup::{Attributes, Markup};
use crate::report::page::scale::Scale;

use super::Piece;

/// Size of a picture, in units of its own.
pub(super) const WIDE: f64 = 440.0;
pub(super) const HIGH: f64 = 250.0;
/// Room above for the title of the axis, to the right for half a label, below for labels and a title.
const TOP: f64 = 24.0;
const RIGHT: f64 = 18.0;
const BOTTOM: f64 = 38.0;
/// About as wide as a digit of the letters that a phone shows, which are larger.
const DIGIT: f64 = 7.9;

/// Where things stand in the picture.
pub(super) struct Frame<'a> {
    left: f64,
    x: &'a Scale,
    y: &'a Scale,
}

impl<'a> Frame<'a> {
    /// A frame with room at the left for labels of so many letters.
    pub(super) fn beside(letters: usize, x: &'a Scale, y: &'a Scale) -> Self {
        let left = (letters as f64).mul_add(DIGIT, 10.0);
        Self { left, x, y }
    }

    /// Where a value stands across.
    pub(super) fn across(&self, x: f64) -> f64 {
        (WIDE - RIGHT - self.left).mul_add(self.x.place(x), self.left)
    }

    /// Where a value stands upward.
    pub(super) fn up(&self, y: f64) -> f64 {
        let floor = HIGH - BOTTOM;
        (TOP - floor).mul_add(self.y.place(y), floor)
    }

    /// Ticks, their labels, and what stands on the axes.
    pub(super) fn axes(&self, out: &mut Markup, across: &str, up: &str) {
        let floor = HIGH - BOTTOM;
        let mut grid = String::new();
        for tick in self.y.ticks() {
            let y = self.up(tick.at);
            let _ = write!(grid, "M{:.1} {y:.1}H{:.1}", self.left, WIDE - RIGHT);
            label(out, "end", (self.left - 6.0, y + 4.0), &tick.label);
        }
        for tick in self.x.ticks() {
            let x = self.across(tick.at);
            let _ = write!(grid, "M{x:.1} {floor:.1}v4");
            label(out, "middle", (x, floor + 17.0), &tick.label);
        }
        path(out, "grid", &grid);
        label(out, "title", (0.0, 12.0), up);
        label(out, "title end", (WIDE - RIGHT, HIGH - 4.0), across);
    }

    /// A line through the pieces, with a gap where there is no value.
    pub(super) fn path(&self, pieces: &[Piece]) -> String {
        let mut way = String::new();
        let mut drawing = false;
        for piece in pieces {
            let Some(value) = piece.value else {
                drawing = false;
                continue;
            };
            let step = if drawing { 'L' } else { 'M' };
            let (from, to, y) = (
                self.across(piece.from),
                self.across(piece.to),
                self.up(value),
            );
            let _ = write!(way, "{step}{from:.1} {y:.1}H{to:.1}");
            drawing = true;
        }
        way
    }

    /// Shades all up to here.
    pub(super) fn shade(&self, out: &mut Markup, until: f64) {
        let floor = HIGH - BOTTOM;
        let (left, right) = (self.left, self.across(until));
        let way = format!("M{left:.1} {TOP:.1}H{right:.1}V{floor:.1}H{left:.1}z");
        path(out, "shade", &way);
    }

    /// A line right across, and its name.
    pub(super) fn limit(&self, out: &mut Markup, limit: f64, name: &str) {
        let y = self.up(limit);
        let way = format!("M{:.1} {y:.1}H{:.1}", self.left, WIDE - RIGHT);
        path(out, "limit", &way);
        // Above the line, unless there the picture ends.
        let beside = if y < TOP + 14.0 { 13.0 } else { -5.0 };
        // At the left: where latency climbs, it climbs to the right.
        label(out, "note", (self.left + 4.0, y + beside), name);
    }
}

/// A path of this class.
pub(super) fn path(out: &mut Markup, class: &str, way: &str) {
    out.empty("path", &[("class", class), ("d", way)]);
}

fn label(out: &mut Markup, class: &str, (x, y): (f64, f64), text: &str) {
    let (x, y) = (format!("{x:.1}"), format!("{y:.1}"));
    let attributes: &Attributes<'_> = &[("class", class), ("x", &x), ("y", &y)];
    out.leaf("text", attributes, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: f64, to: f64, value: Option<f64>) -> Piece {
        let mark = None;
        Piece {
            from,
            to,
            value,
            mark,
        }
    }

    /// Would catch a line through a value that is not there, upside down, or out of its frame.
    #[test]
    fn a_line_has_gaps_and_stays_inside() {
        let (x, y) = (Scale::until(4.0), Scale::linear(10.0, 0.0));
        let frame = Frame {
            left: 22.0,
            x: &x,
            y: &y,
        };
        let pieces = [
            piece(0.0, 1.0, Some(0.0)),
            piece(1.0, 2.0, Some(5.0)),
            piece(2.0, 3.0, None),
            piece(3.0, 4.0, Some(99.0)),
        ];
        assert_eq!(
            frame.path(&pieces),
            "M22.0 212.0H122.0L122.0 118.0H222.0M322.0 24.0H422.0"
        );
    }
}
