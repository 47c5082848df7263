//! The Vietnamese words a register holds, beside the catalogue codes they stand for.
//!
//! An import that maps columns needs the same tables; tests compare with these.

/// What every exported file says of itself.
pub const MARK: &str = "DỮ LIỆU GIẢ LẬP – SYNTHETIC";

/// (code, word) pairs of one column.
pub type Words = &'static [(&'static str, &'static str)];

/// Column "Giới tính".
pub const SEX: Words = &[("male", "Nam"), ("female", "Nữ")];

/// Column "Dân tộc": the groups that live in the synthetic commune.
pub const ETHNICITY: Words = &[("01", "Kinh"), ("02", "Tày"), ("04", "Hoa"), ("07", "Nùng"), ("09", "Dao")];

/// Column "Hộ nghèo/cận nghèo".
pub const POVERTY: Words = &[("poor", "Hộ nghèo"), ("near_poor", "Hộ cận nghèo"), ("neither", "Không")];

/// Column "Quan hệ với chủ hộ".
pub const RELATION: Words = &[
    ("head", "Chủ hộ"),
    ("spouse", "Vợ/chồng"),
    ("child", "Con"),
    ("grandchild", "Cháu"),
    ("parent", "Cha/mẹ"),
    ("sibling", "Anh/chị/em"),
    ("other_relative", "Họ hàng khác"),
    ("not_related", "Không họ hàng"),
];

/// Column "Khai sinh".
pub const BIRTH_REGISTRATION: Words =
    &[("registered", "Đã đăng ký"), ("not_registered", "Chưa đăng ký"), ("in_progress", "Đang làm")];

/// Column "Cấp học".
pub const SCHOOLING: Words = &[
    ("not_yet", "Chưa đi học"),
    ("preschool", "Mầm non"),
    ("primary", "Tiểu học"),
    ("lower_secondary", "THCS"),
    ("upper_secondary", "THPT"),
    ("vocational", "Học nghề"),
    ("dropped_out", "Bỏ học"),
    ("completed", "Đã học xong"),
    ("never", "Không đi học"),
];

/// Column "Hình thức trợ giúp"; several are separated by `;`. One that is needed and not yet received
/// is written with [`NEEDED`] behind it.
pub const SUPPORT_FORM: Words = &[
    ("social_allowance", "Trợ cấp xã hội"),
    ("medical", "Khám chữa bệnh, phục hồi chức năng"),
    ("education", "Hỗ trợ giáo dục"),
    ("counselling", "Tư vấn, tiếp cận dịch vụ"),
    ("other", "Hình thức khác"),
];

/// Written behind a form of support that a child needs and does not receive.
pub const NEEDED: &str = " (cần)";

/// Column "Biến động"; several are separated by `;`. A cause follows in brackets: `Chết (Đuối nước)`.
pub const EVENT: Words = &[
    ("birth", "Sinh"),
    ("moved_in", "Chuyển đến"),
    ("moved_out", "Chuyển đi"),
    ("death", "Chết"),
    ("turned_16", "Đủ 16 tuổi"),
    ("injury", "Bị tai nạn thương tích"),
];

/// Causes of deaths and injuries, as written in brackets in the column "Biến động".
pub const CAUSE: Words = &[
    ("injury_drowning", "Đuối nước"),
    ("injury_traffic", "Tai nạn giao thông"),
    ("injury_fall", "Ngã"),
    ("injury_burn", "Bỏng"),
    ("injury_poisoning", "Ngộ độc"),
    ("injury_other", "Tai nạn thương tích khác"),
    ("illness", "Bệnh tật"),
    ("other", "Nguyên nhân khác"),
    ("unknown", "Không rõ"),
];

/// The word for a code.
///
/// # Panics
/// When the code is not in the table: the generator and its tables disagree.
#[must_use]
pub fn word(words: Words, code: &str) -> &'static str {
    words
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, word)| *word)
        .expect("the generator uses listed codes only")
}
