//! What pages are made of besides charts: key figures, tables of numbers, tables of facts.

use super::markup::Markup;

/// One key figure.
#[derive(Debug)]
pub(crate) struct Tile {
    /// Of what.
    pub name: &'static str,
    /// The number.
    pub value: String,
    /// Its unit.
    pub unit: &'static str,
    /// What else there is to know; empty if nothing.
    pub aside: String,
}

/// Key figures, side by side where there is room.
pub(crate) fn tiles(out: &mut Markup, tiles: &[Tile]) {
    out.element("dl", &[("class", "tiles")], |out| {
        for tile in tiles {
            out.element("div", &[], |out| {
                out.leaf("dt", &[], tile.name);
                out.element("dd", &[], |out| {
                    out.leaf("b", &[], &tile.value);
                    out.text(" ");
                    out.text(tile.unit);
                });
                if !tile.aside.is_empty() {
                    out.leaf("dd", &[("class", "aside")], &tile.aside);
                }
            });
        }
    });
}

/// A table of numbers. The first column names the rows if `named`; all others stand to the right, but
/// for a last one of words.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    /// What it is about.
    pub caption: &'a str,
    /// Names of the columns.
    pub header: &'a [&'a str],
    /// Whether the first column names the rows.
    pub named: bool,
    /// Whether the last column is of words.
    pub words_last: bool,
    /// The cells.
    pub rows: Vec<Vec<String>>,
}

impl Table<'_> {
    /// Writes it, in a frame that scrolls by itself where it is too wide.
    pub(crate) fn write(&self, out: &mut Markup) {
        let frame = [
            ("class", "scroll"),
            // What scrolls must be reached without a mouse, and then have a name.
            ("role", "region"),
            ("tabindex", "0"),
            ("aria-label", self.caption),
        ];
        let class = |place: usize| {
            let words = self.words_last && place + 1 == self.header.len();
            let words = words || (self.named && place == 0);
            if words { "words" } else { "number" }
        };
        out.element("div", &frame, |out| {
            out.element("table", &[], |out| {
                out.leaf("caption", &[], self.caption);
                out.element("thead", &[], |out| {
                    out.element("tr", &[], |out| {
                        for (place, name) in self.header.iter().enumerate() {
                            let class = ("class", class(place));
                            if name.is_empty() {
                                out.leaf("td", &[class], "");
                            } else {
                                out.leaf("th", &[("scope", "col"), class], name);
                            }
                        }
                    });
                });
                out.element("tbody", &[], |out| {
                    for row in &self.rows {
                        out.element("tr", &[], |out| {
                            for (place, cell) in row.iter().enumerate() {
                                let class = ("class", class(place));
                                if self.named && place == 0 {
                                    out.leaf("th", &[("scope", "row"), class], cell);
                                } else {
                                    out.leaf("td", &[class], cell);
                                }
                            }
                        });
                    }
                });
            });
        });
    }
}

/// A table of facts: names and what they are.
pub(crate) fn facts(out: &mut Markup, caption: &str, facts: &[(&str, String)]) {
    out.element("table", &[("class", "facts")], |out| {
        out.leaf("caption", &[], caption);
        out.element("tbody", &[], |out| {
            for (name, fact) in facts {
                out.element("tr", &[], |out| {
                    out.leaf("th", &[("scope", "row")], name);
                    out.leaf("td", &[], fact);
                });
            }
        });
    });
}
