//! Results as a page: one HTML file that needs nothing but itself.
//!
//! A folder of numbers is read by programs; people look at it, send it on and print it. So a page has
//! no script, no font and no picture from elsewhere, and its policy forbids a browser to fetch any: it
//! shows the same in ten years, on a phone, and without a network. Colours follow the reader's choice of
//! light or dark; on paper they are light.
//!
//! A page is written from the document (`summary.json`) alone, never from what a run has in memory. So
//! it can be written again later, and cannot say anything else than the document does.
//!
//! This is the shell that pages have in common: [`markup`] is the only one that writes a `<`, and
//! escapes all else; [`scale`] and [`chart`] draw; [`block`] has tables and tiles. What a page says
//! stands with the verb that it is about.

pub(super) mod block;
pub(super) mod chart;
pub(super) mod markup;
pub(super) mod scale;

use markup::Markup;

/// How pages look.
const STYLE: &str = include_str!("page/style.css");

/// Nothing may be fetched, and nothing but the page's own style be obeyed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A whole page of this title.
pub(super) fn page(title: &str, body: impl FnOnce(&mut Markup)) -> String {
    let mut out = Markup::default();
    out.element("html", &[("lang", "en")], |out| {
        out.element("head", &[], |out| {
            out.empty("meta", &[("charset", "utf-8")]);
            let policy = ("http-equiv", "Content-Security-Policy");
            out.empty("meta", &[policy, ("content", POLICY)]);
            let phone = ("content", "width=device-width, initial-scale=1");
            out.empty("meta", &[("name", "viewport"), phone]);
            let scheme = ("content", "light dark");
            out.empty("meta", &[("name", "color-scheme"), scheme]);
            out.leaf("title", &[], title);
            out.leaf("style", &[], STYLE);
        });
        out.element("body", &[], |out| out.element("main", &[], body));
    });
    format!("<!DOCTYPE html>\n{}\n", out.written())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a style that HTML and XML read differently, and a page that fetches something.
    #[test]
    fn a_page_needs_nothing_but_itself() {
        assert!(
            !STYLE.contains(['<', '>', '&', '"', '\'']),
            "HTML takes a style as it stands"
        );
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        let page = page("a & b", |out| out.leaf("p", &[], "c"));
        assert!(
            page.starts_with("<!DOCTYPE html>\n<html lang=\"en\"><head>"),
            "{page}"
        );
        assert!(page.contains("<title>a &amp; b</title>"), "{page}");
        assert!(
            page.ends_with("<p>c</p>\n</main></body></html>\n"),
            "{page}"
        );
    }
}
