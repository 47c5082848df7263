//! What somebody may choose of an account: what they sign in with, what they are called, a password.
//!
//! Enters: what was typed. Leaves: whether it can be taken. Invariant: nobody is called as the office is, nor by what can't
//! be seen.

use schemas::text::fold;

use super::{NAME_CHARS_MAX, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use crate::office::author;

/// How a name to sign in with is compared.
pub(super) fn login_key(login: &str) -> Option<String> {
    let login = login.trim().to_lowercase();
    let fits = (3..=NAME_CHARS_MAX).contains(&login.len())
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    fits.then_some(login)
}

/// Whether a person may be called so: what phones show beside a decision. The office's own label is nobody's.
pub(super) fn is_name(name: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(hidden)
        && fold(name) != author::OFFICE_LABEL
}

/// Whether a password may be chosen.
pub(super) fn is_good(password: &str, login: &str) -> bool {
    let folded = password.to_lowercase();
    let distinct: std::collections::BTreeSet<char> = folded.chars().collect();
    password.chars().count() >= PASSWORD_CHARS_MIN
        && password.len() <= PASSWORD_BYTES_MAX
        && distinct.len() >= 5
        && !(login.len() >= 8 && folded.contains(login))
}
