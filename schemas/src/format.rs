//! Formats of numbers on paper: checked, warned about, never a reason not to save.
//!
//! Enters: what was written, and what else is known of the person. Leaves: [`FormatWarning`]s, which
//! carry no personal data and have stable codes; their words are in the translations. The first three
//! digits of an identity number name the place of birth registration under the old provinces: they are
//! never compared with where somebody lives.

use std::fmt;

use serde::Deserialize;

/// A field's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Số định danh cá nhân.
    IdentityNumber,
    /// Số thẻ or mã số bảo hiểm y tế.
    HealthInsuranceNumber,
    /// Số giấy khai sinh.
    BirthRegistrationNumber,
    /// Telephone number.
    Phone,
}

/// Sex, as far as a format depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

impl Sex {
    /// From the code of the catalogue `sexes`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "male" => Some(Self::Male),
            "female" => Some(Self::Female),
            _ => None,
        }
    }
}

/// What else the record says of the person; every part may be unknown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Known<'a> {
    /// Sex.
    pub sex: Option<Sex>,
    /// Year of birth.
    pub birth_year: Option<i16>,
    /// Identity number, as written.
    pub identity_number: Option<&'a str>,
}

impl fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known(…)")
    }
}

/// Something about a number that is worth a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormatWarning {
    /// An identity number has 12 digits.
    IdentityNumberLength,
    /// It has letters: a passport or another paper, perhaps a foreigner's.
    IdentityNumberOtherPaper,
    /// Nine digits: the old identity card (chứng minh nhân dân), not the identity number.
    IdentityNumberOldCard,
    /// All digits alike, or in sequence: a stopgap.
    IdentityNumberStopgap,
    /// The fourth digit says the other sex.
    IdentityNumberSex,
    /// The fourth to sixth digits say another year of birth.
    IdentityNumberBirthYear,
    /// A health-insurance number has 10 or 15 characters, or is the identity number.
    HealthInsuranceLength,
    /// 15 characters that are not two letters, a digit 1–5 and 12 digits, or a shorter number with letters.
    HealthInsuranceShape,
    /// 12 digits that are not this person's identity number.
    HealthInsuranceOtherIdentity,
    /// A birth-registration number has a number in it, usually `12/2019`.
    BirthRegistrationShape,
    /// The year of registration lies before the year of birth, or is no year.
    BirthRegistrationYear,
    /// A telephone number has 10 digits from 0 (11 for a landline), or the country code 84.
    PhoneShape,
}

impl FormatWarning {
    /// Stable code, the key of its translation.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IdentityNumberLength => "identity_number.length",
            Self::IdentityNumberOtherPaper => "identity_number.other_paper",
            Self::IdentityNumberOldCard => "identity_number.old_card",
            Self::IdentityNumberStopgap => "identity_number.stopgap",
            Self::IdentityNumberSex => "identity_number.sex",
            Self::IdentityNumberBirthYear => "identity_number.birth_year",
            Self::HealthInsuranceLength => "health_insurance_number.length",
            Self::HealthInsuranceShape => "health_insurance_number.shape",
            Self::HealthInsuranceOtherIdentity => "health_insurance_number.other_identity",
            Self::BirthRegistrationShape => "birth_registration_number.shape",
            Self::BirthRegistrationYear => "birth_registration_number.year",
            Self::PhoneShape => "phone.shape",
        }
    }

    /// Every warning there is.
    pub const ALL: [Self; 12] = [
        Self::IdentityNumberLength,
        Self::IdentityNumberOtherPaper,
        Self::IdentityNumberOldCard,
        Self::IdentityNumberStopgap,
        Self::IdentityNumberSex,
        Self::IdentityNumberBirthYear,
        Self::HealthInsuranceLength,
        Self::HealthInsuranceShape,
        Self::HealthInsuranceOtherIdentity,
        Self::BirthRegistrationShape,
        Self::BirthRegistrationYear,
        Self::PhoneShape,
    ];
}

impl fmt::Display for FormatWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Checks `text` against a field's format.
#[must_use]
pub fn check(format: Format, text: &str, known: Known<'_>) -> Vec<FormatWarning> {
    match format {
        Format::IdentityNumber => identity_number(text, known.sex, known.birth_year),
        Format::HealthInsuranceNumber => health_insurance_number(text, known.identity_number),
        Format::BirthRegistrationNumber => birth_registration_number(text, known.birth_year),
        Format::Phone => phone(text),
    }
}

/// The number without the spaces, dots and dashes people group digits with.
#[must_use]
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit())
}

/// Số định danh: 12 digits = 3 place of registration, 1 century and sex (20th: male 0, female 1; 21st:
/// 2, 3; and so on), 2 year of birth, 6 random. There is no check digit. Empty text has no warnings.
#[must_use]
pub fn identity_number(text: &str, sex: Option<Sex>, birth_year: Option<i16>) -> Vec<FormatWarning> {
    let number = bare(text);
    if number.is_empty() {
        return Vec::new();
    }
    if !is_digits(&number) {
        return vec![FormatWarning::IdentityNumberOtherPaper];
    }
    match number.len() {
        12 => {}
        9 => return vec![FormatWarning::IdentityNumberOldCard],
        _ => return vec![FormatWarning::IdentityNumberLength],
    }
    let digits: Vec<i16> = number.bytes().map(|c| i16::from(c - b'0')).collect();
    let step = (digits[1] - digits[0]).rem_euclid(10);
    if matches!(step, 0 | 1 | 9) && digits.windows(2).all(|d| (d[1] - d[0]).rem_euclid(10) == step) {
        return vec![FormatWarning::IdentityNumberStopgap];
    }
    let (said_sex, said_year) = (
        if digits[3] % 2 == 0 { Sex::Male } else { Sex::Female },
        1900 + 100 * (digits[3] / 2) + 10 * digits[4] + digits[5],
    );
    let mut warnings = Vec::new();
    if sex.is_some_and(|sex| sex != said_sex) {
        warnings.push(FormatWarning::IdentityNumberSex);
    }
    if birth_year.is_some_and(|year| year != said_year) {
        warnings.push(FormatWarning::IdentityNumberBirthYear);
    }
    warnings
}

/// Thẻ bảo hiểm y tế: 10 digits (mã số BHXH, cards since 1 April 2021), 15 characters (2 letters, a
/// digit 1–5, 12 digits) or the identity number. Empty text has no warnings.
#[must_use]
pub fn health_insurance_number(text: &str, identity: Option<&str>) -> Vec<FormatWarning> {
    let number = bare(text);
    match number.chars().count() {
        0 => Vec::new(),
        10 if is_digits(&number) => Vec::new(),
        12 if is_digits(&number) => match identity.map(bare) {
            Some(own) if !own.is_empty() && own != number => {
                vec![FormatWarning::HealthInsuranceOtherIdentity]
            }
            _ => Vec::new(),
        },
        15 if number.is_ascii() => {
            let (letters, rest) = number.split_at(2);
            let fits = letters.bytes().all(|c| c.is_ascii_alphabetic())
                && matches!(rest.as_bytes()[0], b'1'..=b'5')
                && is_digits(rest);
            if fits { Vec::new() } else { vec![FormatWarning::HealthInsuranceShape] }
        }
        10 | 12 | 15 => vec![FormatWarning::HealthInsuranceShape],
        _ => vec![FormatWarning::HealthInsuranceLength],
    }
}

/// Số giấy khai sinh: `12/2019`, often with letters (`TLKS-12/2019`), on old papers only `12`. Lenient:
/// a number must be in it, and a year after the slash must be one. Empty text has no warnings.
#[must_use]
pub fn birth_registration_number(text: &str, birth_year: Option<i16>) -> Vec<FormatWarning> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let (number, rest) = text.split_once('/').unwrap_or((text, ""));
    if !number.bytes().any(|c| c.is_ascii_digit()) {
        return vec![FormatWarning::BirthRegistrationShape];
    }
    let year: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    let plausible = match year.parse::<i16>() {
        _ if rest.is_empty() => true,
        Ok(year) => (1900..=2200).contains(&year) && birth_year.is_none_or(|birth| birth <= year),
        Err(_) => false,
    };
    if plausible { Vec::new() } else { vec![FormatWarning::BirthRegistrationYear] }
}

/// Telephone: 10 digits from 03, 05, 07, 08 or 09, or 11 from 02; `+84` or `84` may stand for the 0.
/// Empty text has no warnings.
#[must_use]
pub fn phone(text: &str) -> Vec<FormatWarning> {
    let number = bare(text);
    if number.is_empty() {
        return Vec::new();
    }
    let local = match number.strip_prefix("+84").or_else(|| number.strip_prefix("84")) {
        Some(rest) => format!("0{rest}"),
        None => number,
    };
    let fits = is_digits(&local)
        && match local.as_bytes() {
            [b'0', b'3' | b'5' | b'7' | b'8' | b'9', ..] => local.len() == 10,
            [b'0', b'2', ..] => local.len() == 11,
            _ => false,
        };
    if fits { Vec::new() } else { vec![FormatWarning::PhoneShape] }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::FormatWarning as W;
    use super::*;

    #[test]
    fn identity_numbers_are_checked_against_sex_and_year() {
        let (male, female) = (Some(Sex::Male), Some(Sex::Female));
        type Case = (&'static str, Option<Sex>, Option<i16>, &'static [W]);
        let cases: [Case; 14] = [
            ("", male, Some(2015), &[]),
            ("020215123456", male, Some(2015), &[]),
            ("020 315 123 456", female, Some(2015), &[]),
            ("020215123456", None, None, &[]),
            ("020215123456", female, Some(2015), &[W::IdentityNumberSex]),
            ("020215123456", male, Some(2014), &[W::IdentityNumberBirthYear]),
            ("020099123456", male, Some(1999), &[]),
            ("020199123456", male, Some(2015), &[W::IdentityNumberSex, W::IdentityNumberBirthYear]),
            ("02021512345", male, None, &[W::IdentityNumberLength]),
            ("082345678", male, None, &[W::IdentityNumberOldCard]),
            ("C1234567", male, None, &[W::IdentityNumberOtherPaper]),
            ("000000000000", male, Some(2015), &[W::IdentityNumberStopgap]),
            ("012345678901", None, None, &[W::IdentityNumberStopgap]),
            ("０２０２１５１２３４５６", None, None, &[W::IdentityNumberOtherPaper]),
        ];
        for (text, sex, year, expected) in cases {
            assert_eq!(identity_number(text, sex, year), expected, "{text}");
        }
    }

    #[test]
    fn the_place_of_registration_is_never_judged() {
        for place in ["001", "096", "020", "301", "999"] {
            assert_eq!(identity_number(&format!("{place}215123456"), Some(Sex::Male), Some(2015)), []);
        }
    }

    #[test]
    fn health_insurance_numbers_of_all_three_kinds_pass() {
        let cases: [(&str, Option<&str>, &[W]); 10] = [
            ("", None, &[]),
            ("2020123456", None, &[]),
            ("TE1 20 2020123456", None, &[]),
            ("020215123456", Some("020215123456"), &[]),
            ("020215123456", None, &[]),
            ("020215123456", Some("020215654321"), &[W::HealthInsuranceOtherIdentity]),
            ("TE9202020123456", None, &[W::HealthInsuranceShape]),
            ("202012345X", None, &[W::HealthInsuranceShape]),
            ("đđđđđđđđđđđđđđđ", None, &[W::HealthInsuranceShape]),
            ("12345", None, &[W::HealthInsuranceLength]),
        ];
        for (text, identity, expected) in cases {
            assert_eq!(health_insurance_number(text, identity), expected, "{text}");
        }
    }

    #[test]
    fn birth_registration_numbers_are_read_leniently() {
        let cases: [(&str, Option<i16>, &[W]); 9] = [
            ("12/2019", Some(2019), &[]),
            ("TLKS-12/2019-BS", Some(2018), &[]),
            ("12", None, &[]),
            ("", None, &[]),
            ("12 / 2019", None, &[]),
            ("có", None, &[W::BirthRegistrationShape]),
            ("12/2018", Some(2019), &[W::BirthRegistrationYear]),
            ("12/19", None, &[W::BirthRegistrationYear]),
            ("12/x", None, &[W::BirthRegistrationYear]),
        ];
        for (text, year, expected) in cases {
            assert_eq!(birth_registration_number(text, year), expected, "{text}");
        }
    }

    #[test]
    fn telephone_numbers_with_and_without_country_code_pass() {
        for text in ["", "0912 345 678", "+84 912.345.678", "84912345678", "0205 3812 345"] {
            assert_eq!(phone(text), [], "{text}");
        }
        for text in ["912345678", "0112345678", "09123456789", "gọi bà Hai"] {
            assert_eq!(phone(text), [W::PhoneShape], "{text}");
        }
    }

    #[test]
    fn warning_codes_are_distinct() {
        let codes: BTreeSet<_> = W::ALL.iter().map(|w| w.code()).collect();
        assert_eq!(codes.len(), W::ALL.len());
    }

    proptest! {
        #[test]
        fn any_text_is_checked_without_panic_and_without_being_repeated(text in any::<String>(), year in any::<i16>()) {
            let known = Known { sex: Some(Sex::Male), birth_year: Some(year), identity_number: Some(&text) };
            for format in [Format::IdentityNumber, Format::HealthInsuranceNumber, Format::BirthRegistrationNumber, Format::Phone] {
                for warning in check(format, &text, known) {
                    prop_assert!(W::ALL.contains(&warning));
                }
            }
        }
    }
}
