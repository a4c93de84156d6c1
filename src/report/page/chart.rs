//! Line charts as SVG.
//!
//! Own rather than a crate's (`plotters` was tried): its lines are drawn in fixed colours at whole pixels,
//! without classes, so that they stay as they are in the dark; nothing tells a screen reader what is to
//! be seen; a dashed line is some hundred elements; and a value that is not there cannot be left out. What
//! is needed is little: two scales, lines with gaps, a limit, a stretch that is shaded.
//!
//! Lines differ by shape as well as by colour. A picture is small by itself and grows with the page, so
//! that its letters can still be read on a phone.

mod frame;

use std::fmt::Write as _;

use crate::report::figures::brief;

use super::markup::Markup;
use super::scale::Scale;
use frame::{Frame, HIGH, WIDE, path};

/// A chart.
#[derive(Debug)]
pub(crate) struct Chart {
    /// Name of the chart in the page, unlike that of any other.
    pub id: &'static str,
    /// What is to be seen.
    pub title: String,
    /// Across.
    pub x: Axis,
    /// Upward.
    pub y: Axis,
    /// The lines, first the lowest.
    pub lines: Vec<Line>,
    /// What must not be exceeded, and its name.
    pub limit: Option<(f64, String)>,
    /// From the left to here is something else, and what.
    pub shaded: Option<(f64, &'static str)>,
    /// What marks of points mean, where there are any.
    pub marks: &'static [(Mark, &'static str)],
}

/// An axis: what stands on it, with its unit.
#[derive(Debug)]
pub(crate) struct Axis {
    /// What.
    pub title: &'static str,
    /// Where.
    pub scale: Scale,
}

/// A line.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its name in the legend.
    pub name: &'static str,
    /// How it is drawn.
    pub stroke: Stroke,
    /// Its pieces, from left to right.
    pub pieces: Vec<Piece>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// Wide and pale, under another.
    Wide,
    /// Thin.
    Thin,
    /// Dashes.
    Dashed,
    /// Bold.
    Bold,
}

impl Stroke {
    const fn class(self) -> &'static str {
        match self {
            Self::Wide => "line wide",
            Self::Thin => "line thin",
            Self::Dashed => "line dashed",
            Self::Bold => "line bold",
        }
    }
}

/// A value that holds from one place to another, or at one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    /// From here.
    pub from: f64,
    /// To here.
    pub to: f64,
    /// The value; none leaves a gap.
    pub value: Option<f64>,
    /// How the point is marked.
    pub mark: Option<Mark>,
}

/// Marks of points, told apart by shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// As it should be.
    Dot,
    /// Not so.
    Cross,
}

impl Chart {
    /// Writes the chart as a figure with its legend.
    pub(crate) fn write(&self, out: &mut Markup) {
        out.element("figure", &[], |out| {
            out.leaf("figcaption", &[], &self.title);
            self.legend(out);
            let (title, told) = (format!("{}-title", self.id), format!("{}-told", self.id));
            let frame = format!("0 0 {WIDE} {HIGH}");
            let labelled = format!("{title} {told}");
            let attributes = [
                ("class", "chart"),
                ("viewBox", frame.as_str()),
                ("role", "img"),
                ("aria-labelledby", labelled.as_str()),
            ];
            out.element("svg", &attributes, |out| {
                out.leaf("title", &[("id", &title)], &self.title);
                out.leaf("desc", &[("id", &told)], &self.told());
                self.draw(out);
            });
        });
    }

    /// The chart in words: of each line where it is lowest, highest, and where it ends.
    fn told(&self) -> String {
        let mut told = format!("{} over {}.", self.y.title, self.x.title);
        for line in &self.lines {
            let mut values = line.pieces.iter().filter_map(|piece| piece.value);
            let lowest = values.clone().reduce(f64::min);
            let highest = values.clone().reduce(f64::max);
            let last = values.next_back();
            if let (Some(lowest), Some(highest), Some(last)) = (lowest, highest, last) {
                let (lowest, highest, last) = (brief(lowest), brief(highest), brief(last));
                let name = line.name;
                let _ = write!(
                    told,
                    " {name}: from {lowest} to {highest}, at the end {last}."
                );
            }
        }
        if let Some((_, name)) = &self.limit {
            let _ = write!(told, " A line: {name}.");
        }
        told
    }

    fn legend(&self, out: &mut Markup) {
        let swatch = [
            ("class", "swatch"),
            ("viewBox", "0 0 28 12"),
            ("aria-hidden", "true"),
        ];
        out.element("ul", &[("class", "legend")], |out| {
            for line in &self.lines {
                out.element("li", &[], |out| {
                    out.element("svg", &swatch, |out| {
                        path(out, line.stroke.class(), "M1 6H27")
                    });
                    out.text(line.name);
                });
            }
            if let Some((_, name)) = self.shaded {
                out.element("li", &[], |out| {
                    out.element("svg", &swatch, |out| path(out, "shade", "M1 1H27V11H1z"));
                    out.text(name);
                });
            }
            for (mark, name) in self.marks {
                out.element("li", &[], |out| {
                    out.element("svg", &swatch, |out| mark.draw(out, (14.0, 6.0), "mark"));
                    out.text(name);
                });
            }
        });
    }

    fn draw(&self, out: &mut Markup) {
        let labels = self.y.scale.ticks().iter();
        let longest = labels.map(|tick| tick.label.chars().count()).max();
        let frame = Frame::beside(longest.unwrap_or(1), &self.x.scale, &self.y.scale);
        if let Some((until, _)) = self.shaded {
            frame.shade(out, until);
        }
        frame.axes(out, self.x.title, self.y.title);
        for line in &self.lines {
            path(out, line.stroke.class(), &frame.path(&line.pieces));
            for piece in &line.pieces {
                if let (Some(mark), Some(value)) = (piece.mark, piece.value) {
                    let place = (frame.across(piece.from), frame.up(value));
                    mark.draw(out, place, line.stroke.class());
                }
            }
        }
        if let Some((limit, name)) = &self.limit {
            frame.limit(out, *limit, name);
        }
    }
}

impl Mark {
    fn draw(self, out: &mut Markup, (x, y): (f64, f64), line: &str) {
        match self {
            Self::Dot => {
                let (x, y) = (format!("{x:.1}"), format!("{y:.1}"));
                let class = format!("{line} dot");
                let attributes = [
                    ("class", class.as_str()),
                    ("cx", &x),
                    ("cy", &y),
                    ("r", "3"),
                ];
                out.empty("circle", &attributes);
            }
            Self::Cross => {
                let (left, right, top, low) = (x - 4.0, x + 4.0, y - 4.0, y + 4.0);
                let way = format!(
                    "M{left:.1} {top:.1}L{right:.1} {low:.1}M{left:.1} {low:.1}L{right:.1} {top:.1}"
                );
                path(out, &format!("{line} cross"), &way);
            }
        }
    }
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

    /// Would catch a legend that lacks a line, marks told apart by colour alone, and a picture that says
    /// nothing to whoever cannot see it.
    #[test]
    fn a_chart_says_what_it_shows() {
        let mark = |mark| Piece {
            mark: Some(mark),
            ..piece(1.0, 1.0, Some(7.0))
        };
        let chart = Chart {
            id: "c",
            title: "A <title>".to_owned(),
            x: Axis {
                title: "s",
                scale: Scale::until(2.0),
            },
            y: Axis {
                title: "ms",
                scale: Scale::log(1.0, 50.0),
            },
            lines: vec![Line {
                name: "p99",
                stroke: Stroke::Bold,
                pieces: vec![mark(Mark::Dot), mark(Mark::Cross)],
            }],
            limit: Some((50.0, "allowed: 50 ms".to_owned())),
            shaded: Some((0.5, "warm-up")),
            marks: &[(Mark::Dot, "held"), (Mark::Cross, "not held")],
        };
        let mut out = Markup::default();
        chart.write(&mut out);
        let out = out.written();
        for part in [
            "<figcaption>A &lt;title&gt;</figcaption>",
            "aria-labelledby=\"c-title c-told\"",
            "ms over s. p99: from 7.00 to 7.00, at the end 7.00. A line: allowed: 50 ms.</desc>",
            "</svg>\np99</li>",
            "</svg>\nnot held</li>",
            "<circle class=\"line bold dot\"",
            "<path class=\"line bold cross\"",
            "</svg>\nwarm-up</li>",
            ">allowed: 50 ms</text>",
        ] {
            assert!(out.contains(part), "no {part} in {out}");
        }
    }
}
