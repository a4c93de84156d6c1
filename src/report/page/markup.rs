//! Markup under construction: whatever gets in is escaped, and whatever is opened is closed.
//!
//! So a page is well-formed by the way it is written, as HTML and as XML, and no name that somebody gave
//! to a scenario can become a tag. There is no way past it but the names of elements and attributes,
//! which are the program's own.

/// A piece of a page.
#[derive(Debug, Default)]
pub(crate) struct Markup(String);

/// Attributes: names and values.
pub(crate) type Attributes<'a> = [(&'static str, &'a str)];

impl Markup {
    /// What has been written.
    pub(crate) fn written(self) -> String {
        self.0
    }

    /// An element with something in it.
    pub(crate) fn element(
        &mut self,
        name: &'static str,
        attributes: &Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.tag(name, attributes, ">");
        inside(self);
        self.0.extend(["</", name, ">"]);
        // Where a space between two elements says nothing, a line of its own for whoever reads the source.
        if BLOCKS.contains(&name) {
            self.0.push('\n');
        }
    }

    /// An element with a text in it.
    pub(crate) fn leaf(&mut self, name: &'static str, attributes: &Attributes<'_>, text: &str) {
        self.element(name, attributes, |out| out.text(text));
    }

    /// An element that never has anything in it.
    pub(crate) fn empty(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.tag(name, attributes, "/>");
    }

    /// A text.
    pub(crate) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(c),
                // Neither HTML nor XML has words for these.
                '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                _ if c.is_control() => self.0.push('\u{fffd}'),
                _ => self.0.push(c),
            }
        }
    }

    fn tag(&mut self, name: &str, attributes: &Attributes<'_>, end: &str) {
        self.0.extend(["<", name]);
        for (name, value) in attributes {
            self.0.extend([" ", name, "=\""]);
            self.text(value);
            self.0.push('"');
        }
        self.0.push_str(end);
    }
}

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 18] = [
    "head",
    "title",
    "style",
    "header",
    "section",
    "figure",
    "figcaption",
    "svg",
    "ul",
    "dl",
    "div",
    "h1",
    "h2",
    "h3",
    "p",
    "caption",
    "tr",
    "table",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a text that becomes a tag, an attribute that ends early, and what XML cannot hold.
    #[test]
    fn what_gets_in_is_escaped() {
        let mut out = Markup::default();
        out.element("b", &[("title", "a\"b'<c>&amp;")], |out| {
            out.text("</b><i>&\u{0}\u{1b}\u{ffff}é\n");
            out.empty("br", &[]);
        });
        assert_eq!(
            out.written(),
            "<b title=\"a&quot;b&#39;&lt;c&gt;&amp;amp;\">&lt;/b&gt;&lt;i&gt;&amp;\u{fffd}\u{fffd}\
             \u{fffd}é\n<br/></b>"
        );
    }
}
