//! What the commands share: the folder, the clock, randomness, keys.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use sync_core::random::Random;
use sync_core::seal::ConfidentialKey;

use crate::office::{Author, Office, OfficeOptions};

/// Environment variable that names the confidential key's file.
pub(super) const CONFIDENTIAL_KEY_ENV: &str = "SOTHON_CONFIDENTIAL_KEY";

/// The folder of a register and the outside world.
#[derive(Debug, Clone)]
pub struct Context {
    data: PathBuf,
}

impl Context {
    pub(super) fn new(data: PathBuf) -> Self {
        Self { data }
    }

    /// The folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn database(&self) -> PathBuf {
        self.data.join("register.sqlite")
    }

    pub(super) fn office_key(&self) -> PathBuf {
        self.data.join("office.key")
    }

    pub(super) fn options() -> OfficeOptions {
        OfficeOptions { random: Box::new(random()) }
    }

    pub(super) fn office(&self) -> anyhow::Result<Office> {
        let path = self.database();
        Office::open(&path, Self::options()).with_context(|| format!("opening {}", path.display()))
    }

    pub(super) fn author(&self) -> anyhow::Result<Author> {
        Ok(Author::from_bytes(&read_key(&self.office_key())?))
    }
}

/// Seconds since 1970, by this machine's clock.
pub(super) fn clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

/// Việt Nam's time all year round.
const VIETNAM: jiff::tz::Offset = jiff::tz::Offset::constant(7);

fn in_vietnam(seconds: i64) -> jiff::civil::DateTime {
    VIETNAM.to_datetime(jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
}

/// The day it is in Việt Nam.
pub(super) fn today() -> jiff::civil::Date {
    in_vietnam(clock()).date()
}

/// The day in Việt Nam at a moment: `23/11/2026`.
pub(super) fn day_of(seconds: i64) -> String {
    in_vietnam(seconds).strftime("%d/%m/%Y").to_string()
}

/// The minute in Việt Nam: `23/11/2026 08:05`.
pub(super) fn minute_of(seconds: i64) -> String {
    in_vietnam(seconds).strftime("%d/%m/%Y %H:%M").to_string()
}

/// A generator seeded by the operating system.
pub(super) fn random() -> impl Random + Send {
    StdRng::try_from_rng(&mut SysRng).expect("the operating system has randomness")
}

/// Reads a key file: 64 hexadecimal digits.
pub(super) fn read_key(path: &Path) -> anyhow::Result<[u8; 32]> {
    let text =
        fs::read_to_string(path).with_context(|| format!("reading the key file {}", path.display()))?;
    let id: sync_core::id::ChangeHash = text
        .trim()
        .parse()
        .ok()
        .with_context(|| format!("{} is not a key file of sothon", path.display()))?;
    Ok(id.0)
}

/// Writes a key file that only its owner can read; never over another.
pub(super) fn write_key(path: &Path, key: &[u8; 32]) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("creating the key file {}", path.display()))?;
    writeln!(file, "{}", sync_core::id::ChangeHash(*key))?;
    file.sync_all()?;
    Ok(())
}

/// The confidential key, if its file was named. A file inside the register's folder is refused: the key
/// must lie beside neither the database nor its backups.
pub(super) fn confidential_key(
    context: &Context,
    path: Option<&Path>,
) -> anyhow::Result<Option<ConfidentialKey>> {
    let Some(path) = path else { return Ok(None) };
    refuse_inside(context, path)?;
    let key = ConfidentialKey::from_bytes(read_key(path)?);
    Ok(Some(key))
}

pub(super) fn refuse_inside(context: &Context, path: &Path) -> anyhow::Result<()> {
    let folder = context.data().canonicalize().unwrap_or_else(|_| context.data().to_owned());
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent =
        parent.canonicalize().with_context(|| format!("finding the folder of {}", path.display()))?;
    if parent.starts_with(&folder) {
        bail!(
            "the confidential key may not lie in {}: whoever copies the database would have both",
            folder.display()
        );
    }
    Ok(())
}
