//! Every limit of the console, named in one place. What the register itself limits is in
//! [`sync_core::limits`], what an import limits in `import::limits`, what passwords are in `office::accounts`.

use std::time::Duration;

/// A form's body, bytes.
pub const FORM_BYTES_MAX: usize = 512 * 1024;
/// A form's fields.
pub const FORM_FIELDS_MAX: usize = 4_000;
/// A body with files, bytes.
pub const UPLOAD_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Pages made at once; each may hold a copy of what it shows.
pub const PAGES_AT_ONCE_MAX: usize = 4;
/// Passwords tried at once: each takes 64 MiB.
pub const SIGN_INS_AT_ONCE_MAX: usize = 1;
/// A session ends after so long without a request (TCVN 14423, level 2).
pub const SESSION_IDLE: Duration = Duration::from_secs(15 * 60);
/// A session ends after so long, whatever is asked.
pub const SESSION_AGE_MAX: Duration = Duration::from_secs(12 * 3600);
/// People signed in at once; the one idle longest gives way.
pub const SESSIONS_MAX: usize = 100;
/// The confidential key is forgotten after so long without a request that needs it.
pub const KEY_IDLE: Duration = Duration::from_secs(15 * 60);
/// Searches a session remembers.
pub const SEARCHES_MAX: usize = 20;
/// Longest search, characters.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Messages that wait for the next page.
pub const MESSAGES_MAX: usize = 10;
/// Rows of a list's page.
pub const ROWS_A_PAGE: usize = 50;
/// Children on a list that is printed from a page; a longer one is a file.
pub const PRINTED_ROWS_MAX: usize = 2_000;
/// What is missing or malformed, on a data-cleaning list that is printed: a village has less, and a whole commune is
/// printed by village.
pub const ISSUES_PRINTED_MAX: usize = 3_000;
/// The same in a workbook: more than a commune's register has.
pub const ISSUES_IN_A_FILE_MAX: usize = 50_000;
/// A commune's own form as a file, bytes.
pub const FORM_FILE_BYTES_MAX: usize = 256 * 1024;
/// Characters of a free text an officer types (a reason, a note).
pub const TEXT_CHARS_MAX: usize = 2_000;
/// What is carried over a sign-in so that nothing typed is lost, bytes.
pub const RESUME_BYTES_MAX: usize = 64 * 1024;
/// Wrong invitation codes in a window before all wait for its end.
pub const CODES_WRONG_MAX: u32 = 20;
/// Length of that window, seconds.
pub const CODES_WINDOW_SECONDS: i64 = 600;
