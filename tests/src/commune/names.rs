//! Tables of names: plausible for a commune of Lạng Sơn, and of nobody in particular.
//!
//! Surnames go by ethnic group (weights of the table are rough impressions, not statistics). Village
//! names are put together from common Tày–Nùng place words; none is a village of Hoàng Đồng.

use super::dice::Dice;
use super::model::Sex;

/// (ethnic group, share of households out of 100).
pub(super) const ETHNIC_SHARES: &[(&str, usize)] =
    &[("07", 45), ("02", 31), ("01", 20), ("09", 2), ("04", 2)];

type Weighted = &'static [(&'static str, usize)];

const TAY: Weighted = &[
    ("Hoàng", 20),
    ("Nông", 16),
    ("Lương", 9),
    ("Vi", 8),
    ("Lộc", 7),
    ("Hứa", 6),
    ("Bế", 5),
    ("Đàm", 4),
    ("Ma", 4),
    ("Triệu", 4),
    ("Dương", 5),
    ("Lý", 6),
    ("Chu", 4),
    ("Mã", 2),
];
const NUNG: Weighted = &[
    ("Nông", 15),
    ("Hoàng", 18),
    ("Lý", 9),
    ("Lương", 8),
    ("Vy", 6),
    ("Chu", 7),
    ("Lăng", 5),
    ("Mông", 4),
    ("Lâm", 5),
    ("Linh", 4),
    ("Phùng", 4),
    ("Tô", 4),
    ("Hà", 4),
    ("Lô", 4),
    ("Luân", 3),
];
const KINH: Weighted = &[
    ("Nguyễn", 36),
    ("Trần", 12),
    ("Lê", 10),
    ("Phạm", 9),
    ("Vũ", 7),
    ("Đặng", 4),
    ("Bùi", 5),
    ("Đỗ", 5),
    ("Ngô", 4),
    ("Phan", 3),
    ("Trịnh", 3),
    ("Hồ", 2),
];
const DAO: Weighted = &[("Triệu", 35), ("Bàn", 20), ("Đặng", 18), ("Phùng", 12), ("Lý", 10), ("Dương", 5)];
const HOA: Weighted = &[("Lâm", 22), ("Trương", 20), ("Vương", 18), ("Hoàng", 16), ("Trần", 14), ("Lý", 10)];

const MIDDLE_MALE: Weighted = &[
    ("Văn", 22),
    ("Đức", 8),
    ("Minh", 9),
    ("Quang", 7),
    ("Xuân", 4),
    ("Hữu", 4),
    ("Gia", 8),
    ("Quốc", 6),
    ("Thành", 4),
    ("Anh", 4),
    ("Hải", 5),
    ("Tuấn", 5),
    ("Trung", 4),
    ("Công", 4),
    ("Đình", 4),
    ("Ngọc", 4),
    ("Thế", 3),
    ("Bảo", 7),
    ("Nhật", 5),
    ("Hoàng", 5),
];
const MIDDLE_FEMALE: Weighted = &[
    ("Thị", 20),
    ("Thu", 6),
    ("Ngọc", 8),
    ("Thanh", 6),
    ("Bảo", 7),
    ("Khánh", 6),
    ("Kim", 4),
    ("Phương", 5),
    ("Minh", 5),
    ("Diệu", 4),
    ("Hồng", 5),
    ("Mai", 4),
    ("Thùy", 5),
    ("Hà", 4),
    ("Như", 4),
    ("Quỳnh", 4),
    ("Ánh", 3),
    ("Tuyết", 2),
    ("Thị Thu", 5),
    ("Thị Ngọc", 5),
    ("Thị Thanh", 4),
    ("Thị Hồng", 3),
    ("Thị Bích", 3),
];
const GIVEN_MALE: &[&str] = &[
    "An",
    "Bình",
    "Bách",
    "Cường",
    "Chiến",
    "Công",
    "Duy",
    "Dũng",
    "Đạt",
    "Đăng",
    "Đông",
    "Giang",
    "Hải",
    "Hiếu",
    "Hiệp",
    "Hùng",
    "Huy",
    "Khang",
    "Khánh",
    "Khoa",
    "Khôi",
    "Kiên",
    "Lâm",
    "Long",
    "Lộc",
    "Mạnh",
    "Minh",
    "Nam",
    "Nghĩa",
    "Nguyên",
    "Nhật",
    "Phong",
    "Phúc",
    "Quân",
    "Quang",
    "Quyết",
    "Sơn",
    "Tài",
    "Tâm",
    "Thái",
    "Thắng",
    "Thành",
    "Thiện",
    "Thịnh",
    "Tiến",
    "Toàn",
    "Trường",
    "Tuấn",
    "Tùng",
    "Việt",
    "Vinh",
    "Vũ",
];
const GIVEN_FEMALE: &[&str] = &[
    "Anh", "Bích", "Chi", "Châu", "Dung", "Duyên", "Diệp", "Đào", "Giang", "Hà", "Hạnh", "Hằng", "Hiền",
    "Hoa", "Hồng", "Huệ", "Huyền", "Hương", "Khuê", "Lan", "Liên", "Linh", "Loan", "Ly", "Mai", "My", "Nga",
    "Ngân", "Ngọc", "Nguyệt", "Nhàn", "Nhi", "Nhung", "Oanh", "Phương", "Quyên", "Quỳnh", "Sen", "Tâm",
    "Thảo", "Thoa", "Thơm", "Thu", "Thúy", "Trang", "Trâm", "Trinh", "Tuyết", "Uyên", "Vân", "Vy", "Xuân",
    "Yến",
];

const PLACE_FIRST: &[&str] = &["Nà", "Bản", "Pò", "Khuổi", "Lũng", "Cốc", "Pác", "Khau"];
const PLACE_SECOND: &[&str] =
    &["Phai", "Mười", "Slàng", "Vài", "Chuông", "Lặc", "Sung", "Tẩu", "Khoang", "Mạ", "Tràm", "Loỏng"];

/// Occupations of adults who raise children there.
pub(super) const OCCUPATIONS: Weighted = &[
    ("Làm ruộng", 44),
    ("Công nhân", 16),
    ("Buôn bán", 12),
    ("Lái xe", 6),
    ("Thợ xây", 8),
    ("Giáo viên", 4),
    ("Bốc vác cửa khẩu", 5),
    ("Công chức", 2),
    ("Lao động tự do", 14),
];

/// The `i`-th village name; 96 differ.
pub(super) fn village(i: usize) -> String {
    let first = PLACE_FIRST[i % PLACE_FIRST.len()];
    let second = PLACE_SECOND[(5 * i + i / PLACE_FIRST.len()) % PLACE_SECOND.len()];
    format!("{first} {second}")
}

/// A surname usual in the ethnic group of that code.
pub(super) fn surname(dice: &mut Dice, ethnicity: &str) -> &'static str {
    dice.weighted(match ethnicity {
        "02" => TAY,
        "07" => NUNG,
        "09" => DAO,
        "04" => HOA,
        _ => KINH,
    })
}

/// A child's full name under `surname`.
pub(super) fn child(dice: &mut Dice, surname: &str, sex: Sex) -> String {
    let (middles, givens) = match sex {
        Sex::Male => (MIDDLE_MALE, GIVEN_MALE),
        Sex::Female => (MIDDLE_FEMALE, GIVEN_FEMALE),
    };
    loop {
        let (middle, given) = (dice.weighted(middles), dice.pick(givens));
        if fold(middle) != fold(given) && middle != surname && given != surname && !middle.ends_with(given) {
            return format!("{surname} {middle} {given}");
        }
    }
}

/// An adult's full name: mostly the older Văn and Thị.
pub(super) fn adult(dice: &mut Dice, surname: &str, sex: Sex) -> String {
    if dice.percent(35) {
        return child(dice, surname, sex);
    }
    match sex {
        Sex::Male => format!("{surname} Văn {}", dice.pick(GIVEN_MALE)),
        Sex::Female => format!("{surname} Thị {}", dice.pick(GIVEN_FEMALE)),
    }
}

/// Lower case without diacritics, as people search: `Nông Thị Huệ` gives `nong thi hue`.
#[must_use]
pub fn fold(text: &str) -> String {
    const ROWS: [&str; 7] = [
        "aàáảãạăằắẳẵặâầấẩẫậ",
        "dđ",
        "eèéẻẽẹêềếểễệ",
        "iìíỉĩị",
        "oòóỏõọôồốổỗộơờớởỡợ",
        "uùúủũụưừứửữự",
        "yỳýỷỹỵ",
    ];
    let plain = |letter: char| {
        let row = ROWS.iter().find(|row| row.contains(letter));
        row.and_then(|row| row.chars().next()).unwrap_or(letter)
    };
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn village_names_differ() {
        let names: BTreeSet<String> = (0..96).map(village).collect();
        assert_eq!(names.len(), 96);
    }

    #[test]
    fn folding_drops_every_mark_and_case() {
        assert_eq!(fold("NÔNG Thị Huệ Đỗ Ngữ"), "nong thi hue do ngu");
    }
}
