//! What an import tells the person who ran it.
//!
//! Invariant: what is printed or logged names rows, headings and codes, never what stands in a cell. Only
//! the file of refused rows, which somebody asked for, repeats rows, so that they can be repaired.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use sync_core::id::DocumentId;

use super::columns::MappingFile;

macro_rules! codes {
    ($(#[$kind_doc:meta])* $kind:ident {
        $($(#[$doc:meta])* $name:ident = $code:literal, $message:literal, $english:literal;)*
    }) => {
        $(#[$kind_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kind {
            $($(#[$doc])* $name,)*
        }

        impl $kind {
            /// All of them, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What to do about it, in Vietnamese.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }

            /// The same in English.
            #[must_use]
            pub fn message_en(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }
        }
    };
}

codes! {
    /// Why a row is refused whole.
    RowProblem {
        /// A date nobody can read.
        UnreadableDate = "unreadable_date",
            "Không đọc được ngày. Viết ngày/tháng/năm (03/05/2019), tháng/năm hoặc năm.",
            "The date can't be read. Write day/month/year (03/05/2019), month/year, or a year.";
        /// No village in the row.
        VillageMissing = "village_missing",
            "Thiếu tên thôn.",
            "The village is missing.";
        /// A village the register does not have.
        UnknownVillage = "unknown_village",
            "Xã không có thôn này. Sửa tên hoặc mã thôn.",
            "The commune has no such village. Correct its name or code.";
        /// Neither the household's number nor its head, or no number and no child.
        MissingIdentity = "missing_identity",
            "Thiếu số hộ: không biết dòng này thuộc hộ nào.",
            "The household's number is missing: nobody knows which household the row is of.";
        /// A circumstance that no catalogue has, or a line that is only a total.
        UnknownCircumstance = "unknown_circumstance",
            "Không có mã hoàn cảnh này trong danh mục, hoặc đó là dòng tổng.",
            "No catalogue has this circumstance, or it is the line of a total.";
        /// Longer than the field takes.
        TextTooLong = "text_too_long",
            "Chữ dài quá mức cho phép của cột này.",
            "The text is longer than this column takes.";
        /// A word the column does not know.
        UnknownWord = "unknown_word",
            "Cột này không có giá trị như vậy. Sửa theo danh mục.",
            "This column has no such value. Correct it after the catalogue.";
        /// Not a whole number.
        UnreadableNumber = "unreadable_number",
            "Không đọc được số.",
            "The number can't be read.";
        /// A number no such field can have.
        NumberOutOfRange = "number_out_of_range",
            "Số nằm ngoài khoảng cho phép.",
            "The number is out of range.";
        /// An error value of a spreadsheet.
        CellFault = "cell_fault",
            "Ô bị lỗi công thức hoặc ngày sai (#N/A, #REF!…).",
            "The cell has a faulty formula or date (#N/A, #REF!…).";
        /// As many values as there should be answers to, or one.
        ValueCount = "value_count",
            "Số giá trị không khớp: ghi một giá trị cho tất cả, hoặc mỗi mục một giá trị, cách nhau bằng dấu chấm phẩy.",
            "The values don't match: write one for all, or one for each item, separated by semicolons.";
        /// Too many values in one cell.
        TooManyValues = "too_many_values",
            "Quá nhiều giá trị trong một ô.",
            "Too many values in one cell.";
        /// The same child again.
        RowRepeated = "row_repeated",
            "Trẻ này đã có ở một dòng phía trên của cùng hộ.",
            "This child already stands in a row above, of the same household.";
        /// Too many rows of one household.
        HouseholdTooLarge = "household_too_large",
            "Hộ này có quá nhiều dòng. Kiểm tra số hộ.",
            "This household has too many rows. Check its number.";
    }
}

codes! {
    /// What is worth a second look in a row that was imported.
    Doubt {
        /// See [`schemas::format::FormatWarning`].
        IdentityNumberLength = "identity_number.length",
            "Số định danh không đủ 12 chữ số.",
            "The identity number does not have 12 digits.";
        /// Letters in it.
        IdentityNumberOtherPaper = "identity_number.other_paper",
            "Số định danh có chữ cái: có thể là giấy tờ khác.",
            "The identity number has letters: perhaps another paper's.";
        /// Nine digits.
        IdentityNumberOldCard = "identity_number.old_card",
            "Đây là số chứng minh nhân dân cũ (9 số), không phải số định danh.",
            "This is an old identity card's number (9 digits), not an identity number.";
        /// A stopgap.
        IdentityNumberStopgap = "identity_number.stopgap",
            "Số định danh có vẻ ghi tạm.",
            "The identity number looks like a stopgap.";
        /// Another sex.
        IdentityNumberSex = "identity_number.sex",
            "Số định danh không khớp với giới tính.",
            "The identity number says another sex.";
        /// Another year.
        IdentityNumberBirthYear = "identity_number.birth_year",
            "Số định danh không khớp với năm sinh.",
            "The identity number says another year of birth.";
        /// Length of a card's number.
        HealthInsuranceLength = "health_insurance_number.length",
            "Số thẻ BHYT không đúng độ dài.",
            "The health-insurance number does not have the right length.";
        /// Shape of a card's number.
        HealthInsuranceShape = "health_insurance_number.shape",
            "Số thẻ BHYT không đúng dạng.",
            "The health-insurance number does not have the right shape.";
        /// Somebody else's identity number.
        HealthInsuranceOtherIdentity = "health_insurance_number.other_identity",
            "Số thẻ BHYT là số định danh của người khác.",
            "The health-insurance number is somebody else's identity number.";
        /// No number in it.
        BirthRegistrationShape = "birth_registration_number.shape",
            "Số giấy khai sinh không có số.",
            "The number of the birth certificate has no digits.";
        /// Year before birth.
        BirthRegistrationYear = "birth_registration_number.year",
            "Năm trong số giấy khai sinh không hợp lý.",
            "The year in the birth certificate's number can't be right.";
        /// No telephone number.
        PhoneShape = "phone.shape",
            "Số điện thoại không đúng dạng.",
            "The telephone number does not have the right shape.";
        /// A row without the child's name.
        ChildNameMissing = "child_name_missing",
            "Trẻ chưa có tên.",
            "The child has no name.";
        /// Without a birth date no line counts the child for sure.
        BirthDateMissing = "birth_date_missing",
            "Trẻ chưa có ngày sinh.",
            "The child has no date of birth.";
        /// Nobody is born after the day of the import.
        BirthDateFuture = "birth_date_future",
            "Ngày sinh sau ngày nhập sổ: cần kiểm tra.",
            "The date of birth is after the day of the import: to be checked.";
        /// An answer to nothing.
        ValueWithoutCode = "value_without_code",
            "Có ngày hoặc ghi chú nhưng không có mã hay mục để ghi vào.",
            "There is a day or a note, but no code or item that it belongs to.";
        /// III.1 does not say which.
        PovertyAssumed = "poverty_assumed_near_poor",
            "Mã III.1 không nói rõ nghèo hay cận nghèo: đã ghi hộ cận nghèo, cần kiểm tra.",
            "Code III.1 does not say poor or near-poor: near-poor was written, to be checked.";
        /// The column says otherwise.
        PovertyContradicts = "poverty_contradicts",
            "Mã III.1 không khớp với cột hộ nghèo: đã ghi theo cột hộ nghèo.",
            "Code III.1 contradicts the poverty column: the column was followed.";
        /// Rows of one household.
        HouseholdContradicts = "household_contradicts",
            "Các dòng của cùng một hộ ghi khác nhau: đã lấy theo dòng đầu.",
            "The rows of one household differ: the first was followed.";
    }
}

codes! {
    /// Why something of a row was not written.
    DifferenceKind {
        /// Somebody changed the field after the import before.
        FieldChanged = "field_changed",
            "Sổ trên máy đã được sửa sau lần nhập trước: giữ nguyên, không ghi đè.",
            "The register was changed after the last import: it stays as it is.";
        /// People wrote different things.
        FieldDisputed = "field_disputed",
            "Sổ trên máy đang có nhiều giá trị khác nhau: chờ xã quyết định.",
            "The register has several different values: the commune has to decide.";
        /// The row no longer says it.
        GoneFromRow = "gone_from_row",
            "Dòng không còn ghi mục này: sổ trên máy vẫn giữ. Ghi ngày kết thúc hoặc rút bỏ nếu cần.",
            "The row no longer says it: the register keeps it. Record its end or withdraw it if need be.";
        /// What is sealed can't be compared.
        SealedChanged = "sealed_changed",
            "Hoàn cảnh cần giữ kín của dòng này đã thay đổi: ghi lại bằng báo cáo kín.",
            "A restricted circumstance of this row has changed: record it by a sealed report.";
    }
}

impl Doubt {
    /// The doubt that a format raises.
    #[must_use]
    pub fn of_format(warning: schemas::format::FormatWarning) -> Option<Self> {
        Self::ALL.iter().copied().find(|doubt| doubt.code() == warning.code())
    }
}

/// A row that was refused whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// As a spreadsheet counts, from 1.
    pub row: usize,
    /// Heading of the column at fault.
    pub heading: String,
    /// What is wrong.
    pub problem: RowProblem,
}

/// A doubt about a row that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowWarning {
    /// As a spreadsheet counts, from 1.
    pub row: usize,
    /// Heading of the column in doubt.
    pub heading: String,
    /// What it is.
    pub doubt: Doubt,
}

/// Something a row says that was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// As a spreadsheet counts, from 1.
    pub row: usize,
    /// The household's document.
    pub document: DocumentId,
    /// Field, as in a mapping: `children.school`; the container alone where it is about a whole fact.
    pub field: String,
    /// Why.
    pub kind: DifferenceKind,
}

/// A child that an earlier run imported and this file does not have. Nothing was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRow {
    /// Village code.
    pub village: String,
    /// The household's document.
    pub document: DocumentId,
    /// Key of the child in it.
    pub person: String,
}

/// A refused row with what stood in it. Personal data: for the file of refused rows only.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RefusedRow {
    pub(super) row: usize,
    pub(super) cells: Vec<String>,
}

impl core::fmt::Debug for RefusedRow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RefusedRow({})", self.row)
    }
}

/// What an import came to.
#[derive(Debug, Clone)]
pub struct ImportReport {
    /// Rows below the headings that say anything. The sum of `imported`, `changed`, `unchanged` and
    /// refused rows.
    pub rows: usize,
    /// Rows whose child (or household, where a row names no child) was new.
    pub imported: usize,
    /// Rows of known children of which something was written.
    pub changed: usize,
    /// Rows of known children of which nothing was written.
    pub unchanged: usize,
    /// What was left as the register has it.
    pub differs: Vec<Difference>,
    /// Refused rows, in the order of the file; a row may have several problems.
    pub errors: Vec<RowError>,
    /// Doubts about imported rows, in the order of the file.
    pub warnings: Vec<RowWarning>,
    /// Children of earlier runs that are not in this file.
    pub missing_from_file: Vec<MissingRow>,
    /// New documents.
    pub households_created: usize,
    /// Changes put on disk (or that would be, in a dry run).
    pub changes: usize,
    /// Restricted circumstances sealed.
    pub sealed: usize,
    /// Headings that nobody understood.
    pub unmapped: Vec<String>,
    /// The mapping used.
    pub mapping: MappingFile,
    /// Whether nothing was to be written.
    pub dry_run: bool,
    pub(super) headings: Vec<String>,
    pub(super) refused: Vec<RefusedRow>,
}

/// Lines of one kind that a summary spells out.
const SHOWN_MAX: usize = 50;
/// Rows that a doubt names.
const ROWS_NAMED_MAX: usize = 10;

impl ImportReport {
    /// Rows refused.
    #[must_use]
    pub fn rows_refused(&self) -> usize {
        self.refused.len()
    }

    /// A summary for the terminal, in Vietnamese; no cell's contents.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        if self.dry_run {
            line("Chạy thử: không ghi gì vào sổ.".to_owned());
        }
        line(format!(
            "Số dòng: {}; nhập mới: {}; có thay đổi: {}; không đổi: {}; không nhập được: {}.",
            self.rows,
            self.imported,
            self.changed,
            self.unchanged,
            self.rows_refused()
        ));
        line(format!(
            "Hộ mới: {}; bản ghi thay đổi: {}; báo cáo kín: {}.",
            self.households_created, self.changes, self.sealed
        ));
        if !self.unmapped.is_empty() {
            line(format!("Cột chưa hiểu, bỏ qua: {}.", self.unmapped.join(", ")));
        }
        let mut listed = |title: &str, lines: Vec<String>| {
            if lines.is_empty() {
                return;
            }
            let _ = writeln!(out, "{title}: {}", lines.len());
            lines.iter().take(SHOWN_MAX).for_each(|text| {
                let _ = writeln!(out, "  {text}");
            });
            if lines.len() > SHOWN_MAX {
                let _ = writeln!(out, "  … và {} dòng nữa", lines.len() - SHOWN_MAX);
            }
        };
        let of_row = |row: usize, heading: &str, code: &str, message: &str| {
            format!("dòng {row}, cột {heading}: {message} [{code}]")
        };
        listed(
            "Lỗi ở các dòng không nhập được",
            self.errors
                .iter()
                .map(|e| of_row(e.row, &e.heading, e.problem.code(), e.problem.message()))
                .collect(),
        );
        listed(
            "Khác với sổ trên máy, giữ nguyên",
            self.differs.iter().map(|d| of_row(d.row, &d.field, d.kind.code(), d.kind.message())).collect(),
        );
        listed("Cần xem lại", self.warnings_by_kind());
        listed(
            "Có ở lần nhập trước, không còn trong tệp (không xóa gì)",
            self.missing_from_file
                .iter()
                .map(|m| format!("thôn {}, hộ {}, trẻ {}", m.village, m.document, m.person))
                .collect(),
        );
        out
    }

    /// Doubts told once a column and kind, with the first rows they stand in.
    fn warnings_by_kind(&self) -> Vec<String> {
        let mut kinds: std::collections::BTreeMap<(&str, &str), (&str, Vec<usize>)> = Default::default();
        for warning in &self.warnings {
            let (code, message) = (warning.doubt.code(), warning.doubt.message());
            kinds.entry((&warning.heading, code)).or_insert((message, Vec::new())).1.push(warning.row);
        }
        let told = |((heading, code), (message, rows)): ((&str, &str), (&str, Vec<usize>))| {
            let first: Vec<String> = rows.iter().take(ROWS_NAMED_MAX).map(usize::to_string).collect();
            let more = if rows.len() > ROWS_NAMED_MAX { ", …" } else { "" };
            format!("cột {heading}: {message} [{code}] {} dòng: {}{more}", rows.len(), first.join(", "))
        };
        kinds.into_iter().map(told).collect()
    }

    /// Refused rows as CSV, the reason in front of each: personal data. Repaired, they can be imported under the
    /// same source.
    ///
    /// # Errors
    /// The writer's.
    pub fn refused_csv(&self, out: impl io::Write) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
        // A spreadsheet takes text for UTF-8 only with this mark.
        let front = ["\u{feff}Dòng trong tệp", "Cột sai", "Lỗi"].map(str::to_owned);
        writer.write_record(front.into_iter().chain(self.headings.iter().map(|heading| inert(heading))))?;
        for refused in &self.refused {
            let own: Vec<&RowError> = self.errors.iter().filter(|error| error.row == refused.row).collect();
            let join = |parts: Vec<&str>| parts.join("; ");
            let front = [
                refused.row.to_string(),
                inert(&join(own.iter().map(|error| error.heading.as_str()).collect())),
                join(own.iter().map(|error| error.problem.message()).collect()),
            ];
            writer.write_record(front.into_iter().chain(refused.cells.iter().map(|cell| inert(cell))))?;
        }
        writer.flush()
    }

    /// The same into a file readable by the owner alone. A file that exists is replaced.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write_refused(&self, path: &Path) -> io::Result<()> {
        self.refused_csv(private_file(path)?)
    }
}

/// A spreadsheet would take a cell that begins so for a formula.
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<std::fs::File> {
    std::fs::File::create(path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemas::format::FormatWarning;

    use super::*;

    #[test]
    fn codes_are_distinct_and_have_words() {
        let all: Vec<(&str, &str)> = RowProblem::ALL
            .iter()
            .map(|p| (p.code(), p.message()))
            .chain(Doubt::ALL.iter().map(|d| (d.code(), d.message())))
            .chain(DifferenceKind::ALL.iter().map(|d| (d.code(), d.message())))
            .collect();
        let distinct: BTreeSet<&str> = all.iter().map(|(code, _)| *code).collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|(_, message)| message.ends_with('.')));
        let english = RowProblem::ALL.iter().map(|p| p.message_en());
        let english = english.chain(Doubt::ALL.iter().map(|d| d.message_en()));
        let english: BTreeSet<&str> =
            english.chain(DifferenceKind::ALL.iter().map(|d| d.message_en())).collect();
        assert_eq!(english.len(), all.len());
    }

    #[test]
    fn every_doubt_about_a_number_has_its_words() {
        for warning in FormatWarning::ALL {
            assert!(Doubt::of_format(warning).is_some(), "{warning}");
        }
    }

    #[test]
    fn a_cell_that_looks_like_a_formula_is_made_inert() {
        assert_eq!((inert("=1+1").as_str(), inert("Lý A").as_str()), ("'=1+1", "Lý A"));
    }
}
