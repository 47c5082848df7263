//! The narrative report of six months or a year: the outline a commune was given (Phụ lục 1), with every figure the
//! forms hold, compared with the same period of the year before.
//!
//! Enters: a [`Narrative`]. Leaves: [`Section`]s of plain texts and one table, which `docx` sets. What only a person
//! can write is left as [`BLANK`]; nothing here counts, and no name of a child enters.

use schemas::form::ColumnKind;
use sync_core::tally::Bounds;
use sync_core::tally::changes::{ChangeKind, Flow};

use super::layout::{day, label};
use super::{Change, Decimal, Filled, Shown, signed};

/// Stands for what only a person can write.
pub(super) const BLANK: &str = "…";

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Of six months.
    HalfYear,
    /// Of a year.
    Year,
}

/// What is known of one period.
#[derive(Debug, Clone)]
pub struct Figures {
    /// 01/TE.
    pub basic: Filled,
    /// 02/TE.
    pub system: Filled,
    /// 03/TE.
    pub special: Filled,
    /// Children who came and went.
    pub flow: Flow,
}

/// A target of a plan, and how far the commune is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetFigure {
    /// Its number in the plan.
    pub number: String,
    /// What it measures.
    pub what: String,
    /// What is promised: `≥ 76,9% (năm 2025)`.
    pub promised: String,
    /// What is reached: `80% (120/150 trẻ em)`; none where nobody typed it in.
    pub reached: Option<String>,
}

/// A plan the commune follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name in addresses.
    pub set: String,
    /// Its title.
    pub title: String,
    /// Its targets, in its order.
    pub figures: Vec<TargetFigure>,
}

/// Everything the narrative report says by itself.
#[derive(Debug, Clone)]
pub struct Narrative {
    /// Which report.
    pub span: Span,
    /// The period it is of.
    pub now: Figures,
    /// The same period a year before.
    pub before: Figures,
    /// The plans the commune follows.
    pub plans: Vec<Plan>,
}

/// A heading of the outline and what stands below it.
pub(super) struct Section {
    /// As the outline words it.
    pub(super) heading: String,
    /// 1: I–IV; 2: their numbers.
    pub(super) level: u8,
    pub(super) paragraphs: Vec<String>,
    /// The comparison stands here.
    pub(super) table: bool,
}

/// A row of the comparison: what it is of, now, then, difference, in percent.
pub(super) type Row = [String; 5];

/// What fills a heading.
enum Fill {
    /// A person.
    Person,
    Children,
    Protection,
    Care,
    Schooling,
    /// Lines of 01/TE and 02/TE that officers typed in, by the code of what they lie beneath.
    Typed {
        basic: &'static [&'static str],
        system: &'static [&'static str],
    },
    Comparison,
    Targets,
}

const NOTHING: Fill = Fill::Person;

/// Phụ lục 1, "Đề cương báo cáo 6 tháng và báo cáo năm", of the plan of Hoàng Đồng of 12/4/2024.
const OUTLINE: [(u8, &str, Fill); 23] = [
    (1, "I. Đặc điểm tình hình", NOTHING),
    (
        2,
        "1. Tình hình kinh tế - xã hội tác động đến trẻ em, tình hình trẻ em và công tác trẻ em tại địa phương",
        Fill::Children,
    ),
    (2, "2. Những vấn đề về trẻ em và công tác trẻ em phát sinh hoặc chưa được giải quyết", NOTHING),
    (1, "II. Kết quả thực hiện", NOTHING),
    (
        2,
        "1. Công tác tham mưu, chỉ đạo, giám sát, đánh giá thực hiện công tác trẻ em",
        Fill::Typed { basic: &["III", "IV", "VI"], system: &["I"] },
    ),
    (2, "2. Công tác bảo vệ trẻ em (ở 3 cấp độ)", Fill::Protection),
    (2, "3. Công tác chăm sóc trẻ em", Fill::Care),
    (2, "4. Công tác giáo dục trẻ em", Fill::Schooling),
    (
        2,
        "5. Công tác văn hóa, thông tin, thể thao, du lịch cho trẻ em",
        Fill::Typed { basic: &["V", "VII", "IX"], system: &[] },
    ),
    (2, "6. Thực hiện quyền tham gia của trẻ em", Fill::Typed { basic: &["VIII"], system: &[] }),
    (
        2,
        "7. Kết quả các dự án, chương trình, mô hình hợp tác quốc tế hoặc vận động xã hội",
        Fill::Typed { basic: &["II.2.2"], system: &[] },
    ),
    (2, "8. Hoạt động của Quỹ bảo trợ trẻ em cấp huyện, xã", Fill::Typed { basic: &["II.2.1"], system: &[] }),
    (2, "9. Kinh phí đầu tư cho công tác trẻ em", Fill::Typed { basic: &["II"], system: &[] }),
    (1, "III. Đánh giá kết quả đạt được", NOTHING),
    (2, "1. So sánh kết quả, hiệu quả so với cùng kỳ năm {before}", Fill::Comparison),
    (2, "2. Những tồn tại, hạn chế", NOTHING),
    (
        2,
        "3. Nguyên nhân của tồn tại, hạn chế (quản lý nhà nước, phối hợp liên ngành, tác động khách quan,…)",
        NOTHING,
    ),
    (1, "IV. Kế hoạch {next}", NOTHING),
    (2, "1. Mục tiêu chung", NOTHING),
    (2, "2. Các mục tiêu cụ thể", NOTHING),
    (2, "3. Các chỉ tiêu cần đạt", Fill::Targets),
    (
        2,
        "4. Nội dung các chương trình, đề án, hoạt động trọng tâm và các mô hình tiếp tục thực hiện",
        NOTHING,
    ),
    (2, "5. Dự kiến tổng kinh phí hoạt động", NOTHING),
];

impl Narrative {
    fn year(&self) -> i16 {
        self.now.special.tally.period.as_of().year()
    }

    /// Whether a half-year's report is of the second half: counted up to a day after June.
    fn is_second_half(&self) -> bool {
        self.now.special.tally.period.as_of().month() > 6
    }

    /// The two lines of its title.
    pub(super) fn title(&self) -> [String; 2] {
        let year = self.year();
        match self.span {
            Span::HalfYear if self.is_second_half() => [
                format!("Kết quả công tác trẻ em 6 tháng cuối năm {year}"),
                format!("và phương hướng nhiệm vụ 6 tháng đầu năm {}", year + 1),
            ],
            Span::HalfYear => [
                format!("Kết quả công tác trẻ em 6 tháng đầu năm {year}"),
                format!("và phương hướng nhiệm vụ 6 tháng cuối năm {year}"),
            ],
            Span::Year => [
                format!("Kết quả công tác trẻ em năm {year}"),
                format!("và phương hướng nhiệm vụ năm {}", year + 1),
            ],
        }
    }

    /// The outline, filled.
    pub(super) fn sections(&self) -> Vec<Section> {
        let year = self.year();
        let next = match self.span {
            Span::HalfYear if self.is_second_half() => format!("6 tháng đầu năm {}", year + 1),
            Span::HalfYear => format!("6 tháng cuối năm {year}"),
            Span::Year => format!("năm {}", year + 1),
        };
        let section = |(level, heading, fill): &(u8, &str, Fill)| {
            let heading = heading.replace("{before}", &(year - 1).to_string()).replace("{next}", &next);
            let mut paragraphs = match fill {
                Fill::Person => Vec::new(),
                Fill::Children => self.children(),
                Fill::Protection => self.protection(),
                Fill::Care => self.care(),
                Fill::Schooling => self.lines(&["II.8", "III.2"]),
                Fill::Typed { basic, system } => {
                    let basic = basic.iter().flat_map(|code| typed(&self.now.basic, code));
                    basic.chain(system.iter().flat_map(|code| typed(&self.now.system, code))).collect()
                }
                Fill::Comparison => Vec::new(),
                Fill::Targets => self.targets(),
            };
            if *level == 2 {
                paragraphs.push(BLANK.into());
            }
            Section { heading, level: *level, paragraphs, table: matches!(fill, Fill::Comparison) }
        };
        OUTLINE.iter().map(section).collect()
    }

    fn children(&self) -> Vec<String> {
        let (special, basic) = (&self.now.special, &self.now.basic);
        let count = |code| count(special, code);
        let mut said = vec![format!(
            "Số liệu {}. Đến ngày {}, toàn xã có {} trẻ em dưới 16 tuổi, trong đó có {} trẻ em nam, {} trẻ em nữ; {} trẻ em dân tộc Kinh, {} trẻ em dân tộc khác.",
            special.days().to_lowercase(),
            day(special.tally.period.as_of()),
            count("I.1"),
            count("I.1.1"),
            count("I.1.2"),
            count("I.1.3-1"),
            count("I.1.3-2"),
        )];
        let of = |code| self::count(basic, code);
        said.push(format!(
            "Có {} trẻ em dưới 6 tuổi và {} người chưa thành niên từ 16 tuổi đến dưới 18 tuổi.",
            of("I.2"),
            of("I.4")
        ));
        if let Some(Shown::Exact(_) | Shown::Range { .. }) = shown(basic, "I.1-1") {
            said.push(format!("Trẻ em dưới 16 tuổi chiếm {}% tổng dân số.", of("I.1-1")));
        }
        let change = |kind| bounds(self.now.flow.of(kind));
        said.push(format!(
            "Trong kỳ có {} trẻ em được sinh ra, {} trẻ em chuyển đến, {} trẻ em chuyển đi, {} trẻ em tử vong, {} em đủ 16 tuổi.",
            change(ChangeKind::Born),
            change(ChangeKind::Arrived),
            change(ChangeKind::Left),
            change(ChangeKind::Died),
            change(ChangeKind::CameOfAge),
        ));
        said
    }

    fn protection(&self) -> Vec<String> {
        let special = &self.now.special;
        let all = special.form.total_column();
        let mut said = Vec::new();
        for (code, what) in [
            ("II", "Trẻ em có hoàn cảnh đặc biệt"),
            ("III", "Trẻ em có nguy cơ rơi vào hoàn cảnh đặc biệt"),
            ("IV", "Trẻ em có hoàn cảnh khác"),
        ] {
            said.push(format!("{what}: {} em, gồm:", count(special, code)));
            said.extend(groups(special, code).filter(|index| !is_zero(&special.shown(*index, all))).map(
                |index| {
                    format!("- {}: {} em;", special.form.lines[index].label, special.shown(index, all).text())
                },
            ));
        }
        said.push("Một trẻ em có thể thuộc nhiều nhóm; tổng số tính mỗi em một lần.".into());
        said.push(format!(
            "Trong kỳ có {} trẻ em bị tai nạn thương tích, {} trẻ em tử vong do tai nạn thương tích (trong đó {} do đuối nước, {} do tai nạn giao thông).",
            count(special, "IV.2.1"),
            count(special, "IV.2.2"),
            count(special, "IV.2.2-1"),
            count(special, "IV.2.2-2"),
        ));
        said.extend(typed(&self.now.system, "II"));
        said
    }

    fn care(&self) -> Vec<String> {
        let (special, basic) = (&self.now.special, &self.now.basic);
        let mut said = vec![format!(
            "{} trẻ em dưới 6 tuổi được cấp thẻ bảo hiểm y tế, {} trẻ em dưới 6 tuổi được khám chữa bệnh bằng thẻ bảo hiểm y tế.",
            count(basic, "I.3"),
            count(basic, "I.3-2")
        )];
        let Some(line) = special.form.lines.iter().position(|line| line.code == "II") else { return said };
        let supports = special.form.columns.iter().enumerate().filter(
            |(_, column)| matches!(&column.kind, ColumnKind::Children(filter) if !filter.supports.is_empty()),
        );
        for (index, column) in supports {
            said.push(format!(
                "- Trẻ em có hoàn cảnh đặc biệt – {}: {} em;",
                special.header(column),
                special.shown(line, index).text()
            ));
        }
        said
    }

    fn lines(&self, codes: &[&str]) -> Vec<String> {
        let special = &self.now.special;
        let of = |code: &&str| {
            let line = special.form.line(code)?;
            Some(format!("- {}: {} em;", line.label, count(special, code)))
        };
        codes.iter().filter_map(of).collect()
    }

    /// What is promised for the coming period, and where the commune stands.
    fn targets(&self) -> Vec<String> {
        let as_of = day(self.now.special.tally.period.as_of());
        let mut said = Vec::new();
        for plan in &self.plans {
            said.push(format!("Theo {}; kết quả tính đến ngày {as_of}:", plan.title));
            said.extend(plan.figures.iter().map(|figure| {
                let reached = figure.reached.as_deref().unwrap_or(BLANK);
                format!(
                    "- {}. {}: cần đạt {}; đã đạt {reached};",
                    figure.number, figure.what, figure.promised
                )
            }));
        }
        said
    }

    /// The comparison with the same period of the year before.
    pub(super) fn comparison(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let forms = [
            (&self.now.special, &self.before.special, "Người"),
            (&self.now.basic, &self.before.basic, ""),
            (&self.now.system, &self.before.system, ""),
        ];
        for (now, before, unit) in forms {
            for (index, line) in now.form.lines.iter().enumerate() {
                let (ours, theirs) = (
                    now.shown(index, now.form.total_column()),
                    shown(before, &line.code).unwrap_or(Shown::Empty),
                );
                let blank = |shown: &Shown| matches!(shown, Shown::Empty | Shown::Missing | Shown::NoShare);
                // Children are told in 03/TE: here its groups, in the other forms everything that has a value.
                let told = if unit.is_empty() { !line.code.starts_with("I.1") } else { line.depth <= 1 };
                if !told || (blank(&ours) && blank(&theirs)) {
                    continue;
                }
                let unit = if unit.is_empty() { line.unit.as_str() } else { unit };
                let name = if unit.is_empty() {
                    named(now, index)
                } else {
                    format!("{} ({unit})", named(now, index))
                };
                let [difference, percent] = compare(&ours, &theirs);
                rows.push([name, ours.text(), theirs.text(), difference, percent]);
            }
        }
        rows
    }

    /// Notes below the comparison.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.now.special.unconfirmed().into_iter().collect();
        notes.extend(self.now.special.notes());
        notes.push(self.now.special.provenance());
        notes
    }
}

fn shown(filled: &Filled, code: &str) -> Option<Shown> {
    Some(
        filled
            .shown(filled.form.lines.iter().position(|line| line.code == code)?, filled.form.total_column()),
    )
}

fn count(filled: &Filled, code: &str) -> String {
    shown(filled, code)
        .map(|shown| shown.text())
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| BLANK.into())
}

fn bounds(bounds: Bounds) -> String {
    let number = Decimal::whole;
    match bounds.exact() {
        Some(exact) => number(exact).to_string(),
        None => format!("{}–{}", number(bounds.least), number(bounds.most)),
    }
}

fn is_zero(shown: &Shown) -> bool {
    matches!(shown, Shown::Exact(number) if number.value() == 0.0)
}

/// The numbered groups right below a section.
fn groups(filled: &Filled, section: &str) -> impl Iterator<Item = usize> {
    let lines = filled.form.lines.iter().enumerate();
    let beneath = lines.filter(move |(_, line)| {
        line.depth == 1 && !line.number.is_empty() && schemas::form::is_within(&line.code, section)
    });
    beneath.map(|(index, _)| index)
}

/// A line's label, after that of the line above it where it says little alone ("Số lớp").
fn named(filled: &Filled, index: usize) -> String {
    let lines = &filled.form.lines;
    let line = &lines[index];
    let above =
        lines[..index].iter().rev().find(|above| above.depth < line.depth && above.label != "Trong đó:");
    match above {
        Some(above) if line.depth > 1 => format!("{}: {}", above.label.trim_end_matches(':'), label(line)),
        _ => label(line),
    }
}

/// What officers typed into the lines beneath a code.
fn typed(filled: &Filled, code: &str) -> Vec<String> {
    let lines = filled.form.lines.iter().enumerate();
    let beneath = lines.filter(|(_, line)| {
        schemas::form::is_within(&line.code, code) && line.source == schemas::form::LineSource::Typed
    });
    let said = beneath.filter_map(|(index, line)| match filled.shown(index, filled.form.total_column()) {
        Shown::Missing | Shown::Empty => None,
        Shown::Answer(answer) => Some(format!("- {}: {answer};", named(filled, index))),
        value => Some(format!("- {}: {} {};", named(filled, index), value.text(), line.unit.to_lowercase())),
    });
    said.collect()
}

/// Difference and change in percent of two cells, as far as they are certain.
fn compare(now: &Shown, before: &Shown) -> [String; 2] {
    match Change::between(before, now) {
        Change::NoNumber => Default::default(),
        Change::Unclear => ["chưa rõ".into(), String::new()],
        Change::By(least, most) if least != most => {
            [format!("{} đến {}", signed(least), signed(most)), String::new()]
        }
        Change::By(by, _) => {
            let before = match before {
                Shown::Exact(number) => number.thousandths(),
                _ => 0,
            };
            let percent = if before > 0 { signed(round(by * 1_000, before) * 100) } else { String::new() };
            [signed(by), percent]
        }
    }
}

/// A quotient rounded half away from zero.
fn round(number: i64, by: i64) -> i64 {
    (number.abs() * 2 + by) / (by * 2) * number.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_says_what_follows_and_nothing_else() {
        let exact = |number| Shown::Exact(Decimal::whole(number));
        let range = |least, most| Shown::Range {
            least: Decimal::whole(least),
            most: Decimal::whole(most),
            sealed: false,
        };
        let typed = |text| Shown::Exact(Decimal::parse(text).expect("a number"));
        for (now, before, difference, percent) in [
            (exact(110), exact(100), "+10", "+10"),
            (exact(2), exact(3), "−1", "−33,3"),
            (exact(5), exact(0), "+5", ""),
            (exact(1_500), exact(1_500), "0", "0"),
            (typed("12.5"), exact(10), "+2,5", "+25"),
            (range(5, 7), exact(6), "chưa rõ", ""),
            (range(5, 7), range(5, 7), "chưa rõ", ""),
            (range(5, 7), exact(3), "+2 đến +4", ""),
            (Shown::Missing, exact(6), "", ""),
        ] {
            assert_eq!(
                compare(&now, &before),
                [difference.to_owned(), percent.to_owned()],
                "{now:?} {before:?}"
            );
        }
    }
}
