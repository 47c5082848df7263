//! Who may sign in at the office, and the keys they sign with.
//!
//! Enters: invitations by the keeper, passwords, sign-ins. Leaves: [`Officer`], who may do what their roles say and
//! signs with a key of their own. Invariants: no account has a password that somebody else chose; of a password
//! only what Argon2id makes of it is stored, and half of that is not stored at all but opens the signing key, so that
//! neither the database nor its keeper can sign for an officer; wrong passwords are slowed down for each account.

mod chosen;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rusqlite::{Connection, OptionalExtension as _, params};
use schemas::text::fold;
use serde_json::json;
use sync_core::id::DeviceId;
use zeroize::{Zeroize as _, Zeroizing};

use self::chosen::{is_good, is_name, login_key};
use super::{Author, Office, admin, author};
use crate::problem::{Code, Problem};

/// Shortest password, in characters (TCVN 14423, level 2, without a second factor).
pub const PASSWORD_CHARS_MIN: usize = 14;
/// Longest, in bytes: Argon2id reads it whole.
pub const PASSWORD_BYTES_MAX: usize = 512;
/// Longest name of an account or a person, in characters.
pub const NAME_CHARS_MAX: usize = 60;
/// Accounts an office can have.
pub const ACCOUNTS_MAX: usize = 50;
/// Invitations that wait at once.
pub const INVITATIONS_MAX: usize = 50;
/// An invitation may be used for so long.
pub const INVITATION_SECONDS: i64 = 7 * 24 * 3600;
/// Wrong passwords in a row before an account waits.
const FAILURES_MAX: u32 = 5;
/// How long it waits after that and after each wrong password more. Not longer: whoever knows a name could keep its
/// owner out, and four tries an hour find no password of fourteen characters.
const LOCK_SECONDS: i64 = 15 * 60;
/// An account nobody signed in to for so long must be invited anew (TCVN 14423, level 2).
pub const IDLE_SECONDS_MAX: i64 = 45 * 24 * 3600;
/// Argon2id (RFC 9106) for new passwords: 64 MiB, three passes, one lane.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const KEY_PURPOSE: &[u8] = b"so-thon officer key v1";

/// What somebody may do. Several are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads the register, decides, counts, files.
    Officer,
    /// Opens sealed reports, with the commune's confidential key in hand.
    Confidential,
    /// Accounts, devices, set-up, backups. No personal data by itself.
    Keeper,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Officer, Self::Confidential, Self::Keeper];

    /// As it is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Confidential => "confidential",
            Self::Keeper => "keeper",
        }
    }
}

/// The roles of an account.
pub type Roles = std::collections::BTreeSet<Role>;

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Officer {
    /// Number of the account.
    pub account: u64,
    /// What they sign in with.
    pub login: String,
    /// As shown.
    pub name: String,
    /// What they may do.
    pub roles: Roles,
    /// Signs what they decide.
    pub author: Author,
}

impl core::fmt::Debug for Officer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Officer({})", self.account)
    }
}

/// An account as the keeper sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub id: u64,
    /// What they sign in with.
    pub login: String,
    /// As shown.
    pub name: String,
    /// What they may do.
    pub roles: Roles,
    /// Their signing key's device.
    pub device: DeviceId,
    /// Last sign-in, office clock.
    pub seen_at: i64,
    /// Since when nobody can sign in to it.
    pub disabled_at: Option<i64>,
    /// Until when it waits after wrong passwords.
    pub locked_until: i64,
}

/// An invitation, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// As it is given to the person: `XXXX-XXXX-XXXX`.
    pub text: String,
    /// When it ends, seconds since 1970.
    pub expires_at: i64,
}

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// No such account, a wrong password, or an account that is closed: never said which.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many wrong passwords: wait until then, office clock.
    #[error("too many wrong passwords")]
    Wait(i64),
    /// Nobody signed in for too long.
    #[error("the account was idle for too long")]
    Idle,
    /// The invitation is not known, was used or has ended.
    #[error("the invitation is not good")]
    Invitation,
    /// Somebody else signs in with that name.
    #[error("the name is taken")]
    Taken,
    /// Shorter than [`PASSWORD_CHARS_MIN`], longer than [`PASSWORD_BYTES_MAX`], or the name itself.
    #[error("the password is too easy")]
    Password,
    /// A name to sign in with: 3 to [`NAME_CHARS_MAX`] of a-z, 0-9, dot, dash.
    #[error("the name has characters it can't have")]
    Login,
    /// The person's name is empty, too long, somebody else's or the office's.
    #[error("the person's name can't be taken")]
    Name,
    /// The office's.
    #[error(transparent)]
    Office(#[from] Problem),
}

impl From<rusqlite::Error> for SignInError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Office(error.into())
    }
}

/// What a password becomes: what is compared, and what opens the key.
struct Derived {
    verifier: [u8; 32],
    key: Zeroizing<[u8; 32]>,
}

fn derive(password: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<Derived, Problem> {
    let parameters = Params::new(memory_kib, passes, 1, Some(64)).map_err(|_| Code::Internal)?;
    let mut bytes = Zeroizing::new([0; 64]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(password.as_bytes(), salt, &mut *bytes)
        .map_err(|_| Code::Internal)?;
    let mut verifier = [0; 32];
    let mut key = Zeroizing::new([0; 32]);
    verifier.copy_from_slice(&bytes[..32]);
    key.copy_from_slice(&bytes[32..]);
    Ok(Derived { verifier, key })
}

fn wrap(key: &[u8; 32], seed: &[u8; 32], nonce: &[u8; NONCE_BYTES]) -> Result<Vec<u8>, Problem> {
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let payload = Payload { msg: seed, aad: KEY_PURPOSE };
    let closed = cipher.encrypt(&XNonce::from(*nonce), payload).map_err(|_| Code::Internal)?;
    Ok([&nonce[..], &closed].concat())
}

fn unwrap(key: &[u8; 32], wrapped: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let (nonce, closed) = wrapped.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let mut opened = cipher.decrypt(&XNonce::from(nonce), Payload { msg: closed, aad: KEY_PURPOSE }).ok()?;
    let seed = opened.as_slice().try_into().ok().map(Zeroizing::new);
    opened.zeroize();
    seed
}

struct Stored {
    id: u64,
    name: String,
    roles: Roles,
    salt: Vec<u8>,
    memory_kib: u32,
    passes: u32,
    verifier: Vec<u8>,
    wrapped_key: Vec<u8>,
    seen_at: i64,
    disabled: bool,
    failures: u32,
    locked_until: i64,
}

fn roles_of(text: &str) -> Roles {
    serde_json::from_str(text).unwrap_or_default()
}

fn stored(sql: &Connection, login: &str) -> Result<Option<Stored>, rusqlite::Error> {
    sql.prepare_cached(
        "SELECT id, name, roles, salt, memory_kib, passes, verifier, wrapped_key, seen_at, disabled_at IS NOT NULL,
                failures, locked_until FROM account WHERE login = ?1",
    )?
    .query_row([login], |row| {
        Ok(Stored {
            id: row.get(0)?,
            name: row.get(1)?,
            roles: roles_of(&row.get::<_, String>(2)?),
            salt: row.get(3)?,
            memory_kib: row.get(4)?,
            passes: row.get(5)?,
            verifier: row.get(6)?,
            wrapped_key: row.get(7)?,
            seen_at: row.get(8)?,
            disabled: row.get(9)?,
            failures: row.get(10)?,
            locked_until: row.get(11)?,
        })
    })
    .optional()
}

impl Office {
    /// Whether nobody has an account yet.
    ///
    /// # Errors
    /// The database's.
    pub fn has_no_account(&self) -> Result<bool, Problem> {
        self.read(|sql| Ok(!sql.prepare_cached("SELECT 1 FROM account")?.exists([])?))
    }

    /// Invites a person to an account; `account` names one whose password and key are to be made anew.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`], [`Code::NotFound`]; the database's.
    pub fn invite(
        &self,
        by: Option<&Author>,
        name: &str,
        roles: &Roles,
        account: Option<u64>,
        clock: i64,
    ) -> Result<Invitation, Problem> {
        let text = self.draw(|random| admin::draw_code(random));
        let hash = admin::code_hash(&text);
        let expires_at = clock.saturating_add(INVITATION_SECONDS);
        let roles_text = json!(roles).to_string();
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || roles.is_empty() {
            return Err(Code::LimitExceeded.into());
        }
        let by = by.cloned();
        self.writer.write(move |sql, commune| {
            sql.execute("DELETE FROM invitation WHERE expires_at < ?1", [clock])?;
            let waiting: usize =
                sql.query_row("SELECT count(*) FROM invitation WHERE used_at IS NULL", [], |row| row.get(0))?;
            let accounts: usize = sql.query_row("SELECT count(*) FROM account", [], |row| row.get(0))?;
            if waiting >= INVITATIONS_MAX || (account.is_none() && accounts >= ACCOUNTS_MAX) {
                return Err(Code::LimitExceeded.into());
            }
            if let Some(account) = account
                && !sql.prepare("SELECT 1 FROM account WHERE id = ?1")?.exists([account])?
            {
                return Err(Code::NotFound.into());
            }
            // Of several codes for one account only the newest is good.
            sql.execute("DELETE FROM invitation WHERE account = ?1 AND used_at IS NULL", [account])?;
            sql.execute(
                "INSERT INTO invitation (hash, account, name, roles, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![hash, account, name, roles_text, expires_at],
            )?;
            let act = json!({ "act": "invite", "account": account, "roles": roles_text });
            admin::act_by(sql, commune, by.as_ref(), clock, &act)?;
            Ok(())
        })?;
        Ok(Invitation { text, expires_at })
    }

    /// Everything that is wrong with what somebody types to take an invitation up. Whose a name is already, only
    /// [`Office::accept`] says, and only to whoever has a good code.
    ///
    /// # Errors
    /// The database's.
    pub fn accept_errors(
        &self,
        code: &str,
        login: &str,
        name: &str,
        password: &str,
        clock: i64,
    ) -> Result<Vec<SignInError>, SignInError> {
        let key = login_key(login);
        let is_known = self.read(|sql| {
            sql.prepare_cached(
                "SELECT 1 FROM invitation WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2",
            )?
            .exists(params![admin::code_hash(code), clock])
        })?;
        let found = [
            (key.is_none(), SignInError::Login),
            (!is_name(name.trim()), SignInError::Name),
            (!is_good(password, key.as_deref().unwrap_or_default()), SignInError::Password),
            (!is_known, SignInError::Invitation),
        ];
        Ok(found.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, wrong)| wrong).collect())
    }

    /// Takes an invitation up: the person chooses what to sign in with, and a key is drawn that only they can use.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub fn accept(
        &self,
        code: &str,
        login: &str,
        name: &str,
        password: &str,
        clock: i64,
    ) -> Result<(), SignInError> {
        // Before the costly derivation, so that a wrong code costs nothing.
        if let Some(wrong) = self.accept_errors(code, login, name, password, clock)?.into_iter().next() {
            return Err(wrong);
        }
        let login = login_key(login).ok_or(SignInError::Login)?;
        let name = name.trim().to_owned();
        let hash = admin::code_hash(code);
        let (mut salt, mut seed, mut nonce) = ([0; SALT_BYTES], Zeroizing::new([0; 32]), [0; NONCE_BYTES]);
        self.draw(|random| {
            random.fill(&mut salt);
            random.fill(&mut *seed);
            random.fill(&mut nonce);
        });
        let derived = derive(password, &salt, MEMORY_KIB, PASSES)?;
        let wrapped = wrap(&derived.key, &seed, &nonce)?;
        let author = Author::officer(&seed, &name);
        let device = author.device();
        self.writer.write(move |sql, commune| {
            let invited: Option<(Option<u64>, String)> = sql
                .prepare("SELECT account, roles FROM invitation WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2")?
                .query_row(params![hash, clock], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((account, roles)) = invited else { return Ok(Err(SignInError::Invitation)) };
            let taken: Option<u64> = sql
                .prepare("SELECT id FROM account WHERE login = ?1")?
                .query_row([&login], |row| row.get(0))
                .optional()?;
            if taken.is_some() && taken != account {
                return Ok(Err(SignInError::Taken));
            }
            // Two people of one name could not be told apart beside what they decided.
            let mut others = sql.prepare("SELECT name FROM account WHERE id IS NOT ?1")?;
            let mut others = others.query([account])?;
            while let Some(row) = others.next()? {
                if fold(&row.get::<_, String>(0)?) == fold(&name) {
                    return Ok(Err(SignInError::Name));
                }
            }
            match account {
                None => sql.execute(
                    "INSERT INTO account (login, name, roles, salt, memory_kib, passes, verifier, device, wrapped_key,
                        created_at, seen_at, failures, locked_until)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 0, 0)",
                    params![
                        login, name, roles, salt, MEMORY_KIB, PASSES, derived.verifier, device.0, wrapped, clock
                    ],
                )?,
                Some(account) => sql.execute(
                    "UPDATE account SET login = ?1, name = ?2, roles = ?3, salt = ?4, memory_kib = ?5, passes = ?6,
                        verifier = ?7, device = ?8, wrapped_key = ?9, seen_at = ?10, failures = 0, locked_until = 0
                     WHERE id = ?11",
                    params![
                        login, name, roles, salt, MEMORY_KIB, PASSES, derived.verifier, device.0, wrapped, clock,
                        account
                    ],
                )?,
            };
            sql.execute("UPDATE invitation SET used_at = ?2 WHERE hash = ?1", params![hash, clock])?;
            // Its public key is known from now on: what it signs can be verified, and phones are told its name.
            author::register(sql, &author, clock)?;
            let act = json!({ "act": "account", "device": device, "roles": roles });
            admin::act_by(sql, commune, Some(&author), clock, &act)?;
            Ok(Ok(()))
        })?
    }

    /// Signs somebody in.
    ///
    /// # Errors
    /// See [`SignInError`]; a wrong name costs as much time as a wrong password.
    pub fn sign_in(&self, login: &str, password: &str, clock: i64) -> Result<Officer, SignInError> {
        let login = login_key(login).unwrap_or_default();
        let password = if password.len() <= PASSWORD_BYTES_MAX { password } else { "" };
        let Some(found) = self.read(|sql| stored(sql, &login))? else {
            derive(password, &[0; SALT_BYTES], MEMORY_KIB, PASSES)?;
            return Err(SignInError::Wrong);
        };
        if found.locked_until > clock {
            return Err(SignInError::Wait(found.locked_until));
        }
        // Counted before it is tried, so that tries at the same time are all counted.
        let account = found.id;
        let counted = self.writer.write(move |sql, _| {
            sql.execute(
                "UPDATE account SET failures = failures + 1 WHERE id = ?1 AND locked_until <= ?2",
                params![account, clock],
            )?;
            let failures: u32 =
                sql.query_row("SELECT failures FROM account WHERE id = ?1", [account], |row| row.get(0))?;
            if failures >= FAILURES_MAX {
                sql.execute(
                    "UPDATE account SET locked_until = ?2 WHERE id = ?1",
                    params![account, clock + LOCK_SECONDS],
                )?;
            }
            Ok(failures)
        })?;
        if counted > found.failures + FAILURES_MAX {
            return Err(SignInError::Wait(clock + LOCK_SECONDS));
        }
        let derived = derive(password, &found.salt, found.memory_kib, found.passes)?;
        let seed = unwrap(&derived.key, &found.wrapped_key);
        let Some(seed) = seed.filter(|_| derived.verifier[..] == found.verifier && !found.disabled) else {
            return Err(SignInError::Wrong);
        };
        if clock - found.seen_at > IDLE_SECONDS_MAX {
            return Err(SignInError::Idle);
        }
        self.writer.write(move |sql, _| {
            sql.execute(
                "UPDATE account SET failures = 0, locked_until = 0, seen_at = ?2 WHERE id = ?1",
                params![account, clock],
            )?;
            Ok(())
        })?;
        let author = Author::officer(&seed, &found.name);
        Ok(Officer { account, login, name: found.name, roles: found.roles, author })
    }

    /// Whether somebody who signed in earlier is still who they were: the account is open, with these roles and this
    /// key. Asked at every request, because accounts change at other desks and on the command line.
    ///
    /// # Errors
    /// The database's.
    pub fn is_current(&self, officer: &Officer) -> Result<bool, Problem> {
        self.read(|sql| {
            Ok(sql
                .prepare_cached(
                    "SELECT 1 FROM account WHERE id = ?1 AND device = ?2 AND roles = ?3 AND disabled_at IS NULL",
                )?
                .exists(params![
                    officer.account,
                    officer.author.device().0,
                    json!(officer.roles).to_string()
                ])?)
        })
    }

    /// Changes a password; the signing key stays.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub fn change_password(
        &self,
        officer: &Officer,
        old: &str,
        new: &str,
        clock: i64,
    ) -> Result<(), SignInError> {
        if !is_good(new, &officer.login) {
            return Err(SignInError::Password);
        }
        self.sign_in(&officer.login, old, clock)?;
        let found = self.read(|sql| stored(sql, &officer.login))?.ok_or(SignInError::Wrong)?;
        let opened = derive(old, &found.salt, found.memory_kib, found.passes)?;
        let seed = unwrap(&opened.key, &found.wrapped_key).ok_or(SignInError::Wrong)?;
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES]);
        self.draw(|random| {
            random.fill(&mut salt);
            random.fill(&mut nonce);
        });
        let derived = derive(new, &salt, MEMORY_KIB, PASSES)?;
        let wrapped = wrap(&derived.key, &seed, &nonce)?;
        let account = officer.account;
        self.writer.write(move |sql, _| {
            sql.execute(
                "UPDATE account SET salt = ?2, memory_kib = ?3, passes = ?4, verifier = ?5, wrapped_key = ?6
                 WHERE id = ?1",
                params![account, salt, MEMORY_KIB, PASSES, derived.verifier, wrapped],
            )?;
            Ok(())
        })?;
        Ok(())
    }

    /// Every account, by name to sign in with.
    ///
    /// # Errors
    /// The database's.
    pub fn accounts(&self) -> Result<Vec<AccountRow>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT id, login, name, roles, device, seen_at, disabled_at, locked_until FROM account ORDER BY login",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(AccountRow {
                    id: row.get(0)?,
                    login: row.get(1)?,
                    name: row.get(2)?,
                    roles: roles_of(&row.get::<_, String>(3)?),
                    device: DeviceId(row.get(4)?),
                    seen_at: row.get(5)?,
                    disabled_at: row.get(6)?,
                    locked_until: row.get(7)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Closes an account, or opens it again. What its owner signed stays signed. The last keeper's account can't
    /// be closed: nobody could open another.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown account, [`Code::LimitExceeded`] for the last keeper's; the database's.
    pub fn set_disabled(
        &self,
        by: Option<&Author>,
        account: u64,
        disabled: bool,
        clock: i64,
    ) -> Result<(), Problem> {
        let by = by.cloned();
        self.writer.write(move |sql, commune| {
            let changed = sql.execute(
                "UPDATE account SET disabled_at = ?2, failures = 0, locked_until = 0 WHERE id = ?1",
                params![account, disabled.then_some(clock)],
            )?;
            if changed == 0 {
                return Err(Code::NotFound.into());
            }
            if disabled {
                sql.execute("DELETE FROM invitation WHERE account = ?1 AND used_at IS NULL", [account])?;
            }
            let keepers: u64 = sql.query_row(
                "SELECT count(*) FROM account WHERE disabled_at IS NULL AND roles LIKE '%\"keeper\"%'",
                [],
                |row| row.get(0),
            )?;
            if keepers == 0 {
                return Err(Code::LimitExceeded.into());
            }
            let act = if disabled { "close_account" } else { "reopen_account" };
            admin::act_by(sql, commune, by.as_ref(), clock, &json!({ "act": act, "account": account }))?;
            Ok(())
        })
    }
}
