//! What is done to every text of a person's before it is printed, and how numbers are written.

use std::fmt;

/// The longest text a cell holds: below Excel's 32,767.
const CELL_CHARS_MAX: usize = 32_000;

/// A text made safe to print anywhere: one line, without control characters and without the marks that turn
/// the direction of what follows (a name with one inside would rearrange the columns beside it).
#[must_use]
pub fn clean(text: &str) -> String {
    let kept = text.chars().filter_map(|character| match character {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => None,
        control if control.is_control() => None,
        other => Some(other),
    });
    let mut kept = kept;
    let mut text: String = kept.by_ref().take(CELL_CHARS_MAX).collect();
    if kept.next().is_some() {
        text.push('…');
    }
    text.trim().to_owned()
}

/// A text for a cell of a CSV file: what a spreadsheet would take for a formula gets an apostrophe before it.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let text = clean(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

/// A number with a fixed count of decimals, at most three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    digits: u64,
    decimals: u8,
}

/// Decimals an officer may type.
const DECIMALS_MAX: usize = 3;
/// Digits that a spreadsheet keeps exactly.
const DIGITS_MAX: usize = 15;

impl Decimal {
    /// A whole number.
    #[must_use]
    pub fn whole(number: u64) -> Self {
        Self { digits: number, decimals: 0 }
    }

    /// Tenths, as shares are kept.
    #[must_use]
    pub fn tenths(tenths: u64) -> Self {
        Self { digits: tenths, decimals: 1 }
    }

    /// A number as it is kept in [`TypedIn`](super::TypedIn): `12.5`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let fits = !whole.is_empty() && part.len() <= DECIMALS_MAX && whole.len() + part.len() <= DIGITS_MAX;
        if !fits || !plain(whole) || !plain(part) || text.ends_with('.') {
            return None;
        }
        let digits = format!("{whole}{part}").parse().ok()?;
        Some(Self { digits, decimals: u8::try_from(part.len()).ok()? })
    }

    /// Thousandths, without decimals that say nothing.
    #[must_use]
    pub(super) fn of_thousandths(thousandths: u64) -> Self {
        let mut number = Self { digits: thousandths, decimals: 3 };
        while number.decimals > 0 && number.digits.is_multiple_of(10) {
            number = Self { digits: number.digits / 10, decimals: number.decimals - 1 };
        }
        number
    }

    /// The number in thousandths, to reckon with.
    #[must_use]
    pub(super) fn thousandths(self) -> i64 {
        let decimals = DECIMALS_MAX.saturating_sub(usize::from(self.decimals));
        let whole = (0..decimals).fold(self.digits, |digits, _| digits.saturating_mul(10));
        i64::try_from(whole).unwrap_or(i64::MAX / 4)
    }

    /// For a spreadsheet, which knows nothing else.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of children and typed numbers stay below 2^53")]
    pub fn value(self) -> f64 {
        self.digits as f64 / 10f64.powi(i32::from(self.decimals))
    }

    /// Digits after the comma.
    #[must_use]
    pub fn decimals(self) -> u8 {
        self.decimals
    }

    /// For a program: `1234.5`.
    #[must_use]
    pub fn plain(self) -> String {
        let (whole, part) = self.parts();
        if part.is_empty() { whole } else { format!("{whole}.{part}") }
    }

    fn parts(self) -> (String, String) {
        let width = usize::from(self.decimals) + 1;
        let mut whole = format!("{:0>width$}", self.digits);
        let part = whole.split_off(whole.len() - usize::from(self.decimals));
        (whole, part)
    }
}

impl fmt::Display for Decimal {
    /// The Vietnamese way: `1.234,5`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = self.parts();
        for (index, digit) in whole.char_indices() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                formatter.write_str(".")?;
            }
            write!(formatter, "{digit}")?;
        }
        if part.is_empty() { Ok(()) } else { write!(formatter, ",{part}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_the_vietnamese_way() {
        for (typed, shown, plain) in [
            ("0", "0", "0"),
            ("999", "999", "999"),
            ("1000", "1.000", "1000"),
            ("1234567.25", "1.234.567,25", "1234567.25"),
            ("0.05", "0,05", "0.05"),
        ] {
            let number = Decimal::parse(typed).expect("a number");
            assert_eq!((number.to_string().as_str(), number.plain().as_str()), (shown, plain));
        }
        assert_eq!(Decimal::tenths(5).to_string(), "0,5");
        for wrong in ["", ".", "1.", ".5", "-1", "1,5", "1.2345", "1e9", "９", "1234567890123456"] {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_text_of_a_person_is_a_formula_or_turns_the_line_around() {
        for (typed, shown) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+84", "'+84"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'=1"),
            ("\u{202e}=1", "'=1"),
            ("Nguyễn\u{2066} Văn\u{0}\nAn", "Nguyễn Văn An"),
        ] {
            assert_eq!(csv_cell(typed), shown);
        }
        assert_eq!(clean(&"ă".repeat(40_000)).chars().count(), CELL_CHARS_MAX + 1);
    }
}
