//! Bars drawn where looking beats reading: an SVG that needs neither colour nor script, and the same numbers as a table.
//!
//! Enters: texts and numbers ([`BarChart`]). Leaves: markup. Pure: knows no office, no request and no language.
//! Invariants: whatever is drawn is in the table too, so nobody needs the drawing; parts are told apart by
//! pattern and not by colour alone, so that a black-and-white print says the same; no style attribute, no script.

use maud::{Markup, html};

/// Width of the drawing in its own units; a page scales it.
const WIDTH: usize = 720;
/// Where the bars begin; left of it stand the labels.
const BARS_AT: usize = 262;
/// Length of the longest bar.
const BARS_WIDTH: usize = 346;
/// Between a bar and the number behind it.
const GAP: usize = 6;
/// Height of a line of text.
const LINE: usize = 16;
/// Free space above and below a row.
const PADDING: usize = 5;
/// Characters of a label that fit on a line.
const LINE_CHARS_MAX: usize = 35;
/// Lines of a label; what is longer ends in an ellipsis, and the table has the whole.
const LINES_MAX: usize = 3;

/// How a part of a bar is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Full: what is certain or done.
    Solid,
    /// Diagonal lines: what is open.
    Hatched,
    /// An outline: what is left.
    Outline,
}

impl Mark {
    fn fill(self, id: &str) -> String {
        match self {
            Self::Solid => "currentColor".to_owned(),
            Self::Hatched => format!("url(#{id}-hatch)"),
            Self::Outline => "none".to_owned(),
        }
    }
}

/// What a part of every bar means.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// In the legend, and heading of a column of the table.
    pub(super) label: String,
    /// How it is drawn.
    pub(super) mark: Mark,
}

/// One bar.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    /// What it is about.
    pub(super) label: String,
    /// Where its row of the table leads.
    pub(super) href: Option<String>,
    /// Length of each part, in the chart's order.
    pub(super) parts: Vec<u64>,
    /// The number as it is read, behind the bar and in the table: `10–12`, `35/120`.
    pub(super) text: String,
}

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// By its number: the largest is the longest.
    Common,
    /// All equally long: parts are shares of their own bar.
    Share,
}

/// Horizontal bars of one or several parts.
#[derive(Debug, Clone)]
pub(super) struct BarChart {
    /// Unique on the page, letters and dashes: names of the drawing's own parts begin with it.
    pub(super) id: &'static str,
    /// What it shows.
    pub(super) title: String,
    /// What it says, for who can't see it.
    pub(super) description: String,
    /// Heading of the table's first column.
    pub(super) heading: String,
    /// Heading of the table's last column, the numbers as read.
    pub(super) total: String,
    /// What opens the table.
    pub(super) table: String,
    /// What the parts are.
    pub(super) parts: Vec<Part>,
    /// From top to bottom.
    pub(super) bars: Vec<Bar>,
    /// How long the bars are.
    pub(super) scale: Scale,
}

/// Draws the chart, its legend, and its numbers as a table that opens.
pub(super) fn bars(chart: &BarChart) -> Markup {
    html! {
        figure.chart {
            figcaption { (chart.title) }
            (drawing(chart))
            details.chart-numbers {
                summary { (chart.table) }
                (table(chart))
            }
        }
    }
}

fn table(chart: &BarChart) -> Markup {
    html! {
        table.grid {
            caption { (chart.title) }
            thead {
                tr {
                    th scope="col" { (chart.heading) }
                    @for part in &chart.parts { th.num scope="col" { (part.label) } }
                    th.num scope="col" { (chart.total) }
                }
            }
            tbody {
                @for bar in &chart.bars {
                    tr {
                        th scope="row" {
                            @match &bar.href {
                                Some(href) => a href=(href) { bdi { (bar.label) } },
                                None => bdi { (bar.label) },
                            }
                        }
                        @for part in &bar.parts { td.num { (part) } }
                        td.num { (bar.text) }
                    }
                }
            }
        }
    }
}

fn drawing(chart: &BarChart) -> Markup {
    let id = chart.id;
    let labels: Vec<Vec<String>> = chart.bars.iter().map(|bar| lines(&bar.label)).collect();
    let heights: Vec<usize> = labels.iter().map(|lines| lines.len() * LINE + 2 * PADDING).collect();
    let tops: Vec<usize> = heights
        .iter()
        .scan(legend_height(chart), |top, height| {
            let this = *top;
            *top += height;
            Some(this)
        })
        .collect();
    let height = legend_height(chart) + heights.iter().sum::<usize>();
    let longest = chart.bars.iter().map(whole).max().unwrap_or(0);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby={ (id) "-title " (id) "-desc" }
            viewBox={ "0 0 " (WIDTH) " " (height) } width="100%" font-size="13" {
            title id={ (id) "-title" } { (chart.title) }
            desc id={ (id) "-desc" } { (chart.description) }
            defs {
                pattern id={ (id) "-hatch" } width="6" height="6" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)" {
                    line x1="0" y1="0" x2="0" y2="6" stroke="currentColor" stroke-width="3" {}
                }
            }
            (legend(chart))
            @for (((bar, label), top), height) in chart.bars.iter().zip(&labels).zip(&tops).zip(&heights) {
                @let longest = match chart.scale { Scale::Common => longest, Scale::Share => whole(bar) };
                @for (number, line) in label.iter().enumerate() {
                    text x=(BARS_AT - GAP) y=(top + PADDING + LINE * number + 12) text-anchor="end"
                        fill="currentColor" unicode-bidi="isolate" { (line) }
                }
                @let bar_top = top + (height - LINE) / 2;
                @for (part, (from, to)) in chart.parts.iter().zip(spans(&bar.parts, longest)) {
                    @if to > from {
                        rect class="chart-bar" x=(BARS_AT + from) y=(bar_top + 1) width=(to - from) height=(LINE - 2)
                            fill=(part.mark.fill(id)) stroke="currentColor" {}
                    }
                }
                @let end = spans(&bar.parts, longest).last().map_or(0, |(_, to)| *to);
                text x=(BARS_AT + end + GAP) y=(bar_top + 12) fill="currentColor" { (bar.text) }
            }
            line x1=(BARS_AT) y1=(legend_height(chart)) x2=(BARS_AT) y2=(height) stroke="currentColor" {}
        }
    }
}

fn legend_height(chart: &BarChart) -> usize {
    if chart.parts.len() > 1 { LINE + 2 * PADDING } else { 0 }
}

/// One line that says how each part is drawn; a chart of one part needs none.
fn legend(chart: &BarChart) -> Markup {
    let step = WIDTH / chart.parts.len().max(1);
    html! {
        @if chart.parts.len() > 1 {
            @for (number, part) in chart.parts.iter().enumerate() {
                rect class="chart-bar" x=(number * step + 1) y=(PADDING + 1) width="26" height=(LINE - 4)
                    fill=(part.mark.fill(chart.id)) stroke="currentColor" {}
                text x=(number * step + 34) y=(PADDING + 12) fill="currentColor" { (part.label) }
            }
        }
    }
}

fn whole(bar: &Bar) -> u64 {
    bar.parts.iter().fold(0, |sum, part| sum.saturating_add(*part))
}

/// Where each part begins and ends. What is more than nothing is at least one unit long, so that it is seen.
fn spans(parts: &[u64], longest: u64) -> Vec<(usize, usize)> {
    let place = |sum: u64| {
        let scaled = u128::from(sum) * (BARS_WIDTH as u128) / u128::from(longest.max(1));
        usize::try_from(scaled).unwrap_or(BARS_WIDTH).min(BARS_WIDTH)
    };
    let mut sum = 0u64;
    let mut spans = Vec::with_capacity(parts.len());
    for part in parts {
        let from = spans.last().map_or(0, |(_, to)| *to);
        sum = sum.saturating_add(*part);
        let to = place(sum).max(from);
        spans.push((from, if *part > 0 { to.max(from + 1) } else { from }));
    }
    spans
}

/// A label broken between words.
fn lines(label: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in label.split_whitespace() {
        let word: String = word.chars().take(LINE_CHARS_MAX).collect();
        let last = lines.last_mut().expect("there is a line from the beginning");
        if last.is_empty() {
            *last = word;
        } else if last.chars().count() + 1 + word.chars().count() <= LINE_CHARS_MAX {
            last.push(' ');
            last.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        lines.last_mut().expect("not truncated to none").push('…');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(scale: Scale, bars: Vec<Bar>) -> BarChart {
        BarChart {
            id: "groups",
            title: "Trẻ theo nhóm".to_owned(),
            description: "Ba nhóm".to_owned(),
            heading: "Nhóm".to_owned(),
            total: "Số trẻ".to_owned(),
            table: "Bảng số".to_owned(),
            parts: vec![
                Part { label: "Chắc chắn".to_owned(), mark: Mark::Solid },
                Part { label: "Chưa rõ".to_owned(), mark: Mark::Hatched },
            ],
            bars,
            scale,
        }
    }

    fn bar(label: &str, parts: &[u64], text: &str) -> Bar {
        Bar { label: label.to_owned(), href: None, parts: parts.to_vec(), text: text.to_owned() }
    }

    #[test]
    fn the_longest_bar_fills_the_width_and_a_small_part_is_still_seen() {
        assert_eq!(spans(&[50, 50], 100), [(0, 173), (173, 346)]);
        assert_eq!(spans(&[0, 100], 100), [(0, 0), (0, 346)]);
        assert_eq!(spans(&[1], 1_000_000), [(0, 1)]);
        assert_eq!(spans(&[0, 0], 0), [(0, 0), (0, 0)]);
        assert_eq!(spans(&[u64::MAX, u64::MAX], u64::MAX).first(), Some(&(0, 346)));
    }

    #[test]
    fn every_number_drawn_is_in_the_table_and_markup_in_a_label_stays_text() {
        let hostile = "<script>alert(1)</script>";
        let shown = bars(&chart(Scale::Common, vec![bar(hostile, &[7, 3], "7–10"), bar("Ba", &[0, 0], "0")]))
            .into_string();
        assert!(!shown.contains("<script>"), "{shown}");
        assert!(shown.contains("&lt;script&gt;"), "{shown}");
        assert!(
            shown.contains(r#"<td class="num">7</td><td class="num">3</td><td class="num">7–10</td>"#),
            "{shown}"
        );
        assert!(shown.contains(r#"aria-labelledby="groups-title groups-desc""#), "{shown}");
        assert!(!shown.contains("style="), "{shown}");
    }

    #[test]
    fn parts_are_told_apart_without_colour() {
        let shown = bars(&chart(Scale::Share, vec![bar("Một", &[1, 1], "1/2")])).into_string();
        assert!(shown.contains(r#"fill="url(#groups-hatch)""#), "{shown}");
        assert!(shown.contains(r#"fill="currentColor""#), "{shown}");
    }

    #[test]
    fn a_long_label_is_broken_between_words_and_ends() {
        let long = "Trẻ em bị tổn hại nghiêm trọng về thể chất và tinh thần do bị bạo lực";
        assert_eq!(lines(long).concat().replace(' ', ""), long.replace(' ', ""));
        assert!(lines(long).iter().all(|line| line.chars().count() <= LINE_CHARS_MAX));
        assert_eq!(lines("").len(), 1);
        let endless = "chữ ".repeat(10_000);
        assert_eq!(lines(&endless).len(), LINES_MAX);
        assert!(lines(&"x".repeat(10_000)).iter().all(|line| line.chars().count() <= LINE_CHARS_MAX + 1));
    }
}
