//! The link by which a phone's browser opens the app and enrols, and its picture for the phone's camera.
//!
//! The code stands behind `#`: that part of a link stays in the browser and reaches neither the office's
//! log nor anything on the way (RFC 9110 section 7.1).

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use fast_qr::qr::QRCodeError;
use fast_qr::{ECL, QRBuilder};

/// Light modules around the picture, without which cameras don't find it (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// The office's address as phones reach it: `https://`, a name, perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfficeAddress(String);

/// Why a text is no [`OfficeAddress`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write it as phones reach the office: https://NAME or https://NAME:PORT, nothing after it")]
pub(super) struct AddressError;

impl FromStr for OfficeAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim().trim_end_matches('/');
        let uri: Uri = text.parse().map_err(|_| AddressError)?;
        let authority = uri.authority().ok_or(AddressError)?.as_str();
        let bare = text.split_once("://").map(|(_, rest)| rest);
        if uri.scheme_str() == Some("https")
            && !uri.host().unwrap_or_default().is_empty()
            && !authority.contains('@')
            && bare == Some(authority)
        {
            Ok(Self(format!("https://{authority}")))
        } else {
            Err(AddressError)
        }
    }
}

impl fmt::Display for OfficeAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The link of a code at an address.
pub(super) fn link(address: &impl fmt::Display, code: &str) -> String {
    format!("{address}/#enrol={code}")
}

/// The QR code of `text` as lines of half blocks, two modules a character. Light is what is painted: a
/// terminal is dark, or is made so by `coloured`.
///
/// # Errors
/// If the text is too long for any QR code.
pub(super) fn picture(text: &str, coloured: bool) -> Result<String, QRCodeError> {
    let code = QRBuilder::new(text).ecl(ECL::M).build()?;
    let inside = QUIET_ZONE..QUIET_ZONE + code.size;
    let dark = |row: usize, column: usize| {
        inside.contains(&row)
            && inside.contains(&column)
            && code[row - QUIET_ZONE][column - QUIET_ZONE].value()
    };
    let (begin, end) = if coloured { ("\x1b[97;40m", "\x1b[0m") } else { ("", "") };
    let side = code.size + 2 * QUIET_ZONE;
    let lines = (0..side).step_by(2).map(|row| {
        let blocks = (0..side).map(|column| match (dark(row, column), dark(row + 1, column)) {
            (false, false) => '█',
            (false, true) => '▀',
            (true, false) => '▄',
            (true, true) => ' ',
        });
        format!("{begin}{}{end}", blocks.collect::<String>())
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a camera would read of the picture.
    fn read(picture: &str) -> String {
        const PIXELS: usize = 4;
        let lines: Vec<Vec<char>> = picture.lines().map(|line| line.chars().collect()).collect();
        let light = |x: usize, y: usize| {
            let block = lines[y / 2][x];
            block == '█' || block == if y.is_multiple_of(2) { '▀' } else { '▄' }
        };
        let (width, height) = (lines[0].len() * PIXELS, lines.len() * 2 * PIXELS);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if light(x / PIXELS, y / PIXELS) { 255 } else { 0 }
        });
        image.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn a_camera_reads_the_link_off_the_picture() {
        let address: OfficeAddress = "https://so.example.vn:8443".parse().unwrap();
        let link = link(&address, "ABCD-EFGH-JKMN");
        assert_eq!(link, "https://so.example.vn:8443/#enrol=ABCD-EFGH-JKMN");
        let plain = picture(&link, false).unwrap();
        assert_eq!(read(&plain), link);

        let coloured = picture(&link, true).unwrap();
        assert!(coloured.lines().all(|line| line.starts_with("\x1b[97;40m") && line.ends_with("\x1b[0m")));
        assert_eq!(read(&coloured.replace("\x1b[97;40m", "").replace("\x1b[0m", "")), link);
    }

    #[test]
    fn the_picture_fits_a_terminal_even_with_a_long_name() {
        let name = format!("https://{}.vn:8443", "a".repeat(60));
        let picture = picture(&link(&name, "ABCD-EFGH-JKMN"), false).unwrap();
        let (columns, lines) =
            (picture.lines().map(|line| line.chars().count()).max().unwrap(), picture.lines().count());
        assert!(columns <= 80 && lines <= 40, "{columns} × {lines}");
    }

    #[test]
    fn an_address_is_https_and_a_name_and_nothing_else() {
        for (text, address) in [
            ("https://so.example.vn", "https://so.example.vn"),
            ("https://so.example.vn:8443/", "https://so.example.vn:8443"),
            (" https://192.168.1.10:8443 ", "https://192.168.1.10:8443"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("HTTPS://so.example.vn", "https://so.example.vn"),
        ] {
            assert_eq!(text.parse::<OfficeAddress>().unwrap().to_string(), address, "{text}");
        }
        for text in [
            "",
            "so.example.vn",
            "so.example.vn:8443",
            "http://so.example.vn",
            "https://",
            "https://user@so.example.vn",
            "https://so.example.vn/app",
            "https://so.example.vn/?a=b",
            "https://so.example.vn/#enrol=X",
            "https://so.example.vn#enrol=X",
            "https://so example.vn",
            "https://sổ.vn",
            "javascript:alert(1)",
        ] {
            assert_eq!(text.parse::<OfficeAddress>(), Err(AddressError), "{text}");
        }
    }
}
