//! The crate's face in a browser: what `phone/app/src/core/worker` calls.
//!
//! Enters: strings, bytes and the phone's clock. Leaves: the same. What goes wrong is thrown as a string of
//! JSON, `{"code", "params"}`. Invariants: runs in a dedicated Worker, the only place where a browser gives
//! access handles to its private files; one store is open at a time.

#![allow(unsafe_code, reason = "wasm-bindgen generates it")]

use device_store::SqliteStore;
use js_sys::{Promise, futures::future_to_promise};
use rsqlite_vfs::VfsFilesManager as _;
use rsqlite_vfs::transfer::{DbTransfer as _, ExportSource as _, ImportTarget as _};
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use sync_core::random::Random;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::backup::Backup;
use crate::line::Outbound;
use crate::phone::{Now, Phone};
use crate::refusal::Refusal;
use crate::vault;

/// Folder of the pool in the origin's private file system.
const FOLDER: &str = "sothon";
/// Name of the pool's VFS; the encrypting one in front of it puts `multipleciphers-` before.
const VFS: &str = "opfs-sahpool";
/// Files the pool has free room for when the app starts and when a store is made: the store and its journal.
/// Each one held costs the start of a slow phone some milliseconds.
const FILES_FREE: usize = 3;

type Thrown = JsValue;

fn thrown(refusal: impl Into<Refusal>) -> Thrown {
    JsValue::from_str(&refusal.into().to_json())
}

/// The browser's source of randomness.
struct BrowserRandom;

impl Random for BrowserRandom {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("every browser that runs this has crypto.getRandomValues");
    }
}

/// The private files, and the store that is open.
#[wasm_bindgen]
pub struct Browser {
    pool: OpfsSAHPoolUtil,
    open: Option<Open>,
    /// The store that was made from a copy and not opened since.
    copied: Option<String>,
}

/// The open store. Its key stays at hand: the database has it in memory too.
struct Open {
    phone: Phone,
    name: String,
    key: Zeroizing<[u8; 32]>,
}

/// A request to be sent, or the end of the sync.
#[wasm_bindgen]
pub struct SyncStep {
    outbound: Outbound,
}

#[wasm_bindgen]
impl SyncStep {
    /// Media type of `body`.
    #[wasm_bindgen(getter)]
    pub fn media(&self) -> String {
        self.outbound.media.to_owned()
    }

    /// For the header field `Sothon-Signature`.
    #[wasm_bindgen(getter)]
    pub fn signature(&self) -> String {
        self.outbound.signature.clone()
    }

    /// What to send.
    #[wasm_bindgen(getter)]
    pub fn body(&self) -> Vec<u8> {
        self.outbound.body.clone()
    }

    /// Whether an urgent report is in it.
    #[wasm_bindgen(getter)]
    pub fn urgent(&self) -> bool {
        self.outbound.urgent
    }

    /// What the sync came to, as JSON; only at its end.
    #[wasm_bindgen(getter)]
    pub fn outcome(&self) -> Option<String> {
        self.outbound.outcome.clone()
    }
}

/// A letter to the office.
#[wasm_bindgen(getter_with_clone)]
pub struct SealedLetter {
    /// Body of `POST /v1/letter`.
    pub bytes: Vec<u8>,
    /// Changes in it.
    pub changes: u32,
    /// Urgent reports in it.
    pub reports: u32,
}

/// The parts of a backup file.
#[wasm_bindgen(getter_with_clone)]
pub struct BackupParts {
    /// The lock.
    pub vault: Vec<u8>,
    /// The store's file.
    pub store: Vec<u8>,
}

async fn make_room(pool: &OpfsSAHPoolUtil) -> Result<(), Thrown> {
    let held = pool.len().map_err(|error| thrown(pool_refusal(&error)))?;
    pool.ensure_capacity(held + FILES_FREE).await.map_err(|error| thrown(pool_refusal(&error)))
}

#[wasm_bindgen]
impl Browser {
    /// Takes hold of the private files.
    ///
    /// # Errors
    /// `opfs_held`: another tab has them. `opfs_full`. `opfs_failed`.
    pub fn install() -> Promise {
        future_to_promise(async {
            let options = OpfsSAHPoolCfgBuilder::new()
                .vfs_name(VFS)
                .directory(FOLDER)
                .initial_capacity(FILES_FREE)
                .build();
            let pool = install::<sqlite_wasm_rs::WasmOsCallback>(&options, false)
                .await
                .map_err(|error| thrown(pool_refusal(&error)))?;
            make_room(&pool).await?;
            Ok(Self { pool, open: None, copied: None }.into())
        })
    }

    /// Makes room for another store, before it is made beside those that are held already.
    ///
    /// # Errors
    /// `opfs_full`. `opfs_failed`.
    pub fn make_room(&self) -> Promise {
        let pool = self.pool.clone();
        future_to_promise(async move {
            make_room(&pool).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Whether there is a store of this name.
    ///
    /// # Errors
    /// `opfs_failed`: what can't be asked is not said to be gone.
    pub fn contains(&self, name: &str) -> Result<bool, Thrown> {
        self.pool.contains(name).map_err(|error| thrown(pool_refusal(&error)))
    }

    /// Size of a store's file in bytes; 0 while it is open.
    pub fn bytes(&self, name: &str) -> f64 {
        self.pool.open_export(name).map(|source| source.size()).unwrap_or(0) as f64
    }

    /// Opens a store with its key, making it if there is none.
    ///
    /// # Errors
    /// The store's.
    pub fn open(&mut self, name: &str, key: &[u8], clock: f64) -> Result<(), Thrown> {
        let key: Zeroizing<[u8; 32]> =
            Zeroizing::new(key.try_into().map_err(|_| thrown(Refusal::of("vault_malformed")))?);
        self.open = None;
        let mut store = SqliteStore::open_in_browser(name, &key).map_err(thrown)?;
        store.tell_clock(clock as i64);
        if self.copied.as_deref() == Some(name) {
            store.go_on_as_copy(&mut BrowserRandom).map_err(thrown)?;
            self.copied = None;
        }
        self.open = Some(Open { phone: Phone::new(store), name: name.to_owned(), key });
        Ok(())
    }

    /// Closes the store, if one is open.
    pub fn close(&mut self) {
        self.open = None;
    }

    fn phone(&mut self) -> Result<&mut Phone, Thrown> {
        self.open.as_mut().map(|open| &mut open.phone).ok_or_else(|| thrown(Refusal::of("locked")))
    }

    /// A call of the pages: `{"method", "args"}` to the answer, both JSON.
    ///
    /// # Errors
    /// What the call is refused with.
    pub fn call(&mut self, call: &str, now: &str) -> Result<String, Thrown> {
        let now = Now::from_json(now).map_err(thrown)?;
        self.phone()?.call(call, now, &mut BrowserRandom).map_err(thrown)
    }

    /// Makes visits under way part of the record, as far as they say something.
    ///
    /// # Errors
    /// The store's.
    pub fn flush(&mut self, now: &str) -> Result<(), Thrown> {
        let now = Now::from_json(now).map_err(thrown)?;
        self.phone()?.flush(now, 0, &mut BrowserRandom).map_err(thrown)
    }

    /// The same for visits that nobody has touched for a while.
    ///
    /// # Errors
    /// The store's.
    pub fn flush_idle(&mut self, now: &str) -> Result<(), Thrown> {
        let now = Now::from_json(now).map_err(thrown)?;
        self.phone()?.flush(now, crate::phone::IDLE_SECONDS, &mut BrowserRandom).map_err(thrown)
    }

    /// Reads the whole store, to see that it is sound.
    ///
    /// # Errors
    /// `store_damaged`, or the store's own.
    pub fn examine(&mut self) -> Result<(), Thrown> {
        self.phone()?.examine().map_err(thrown)
    }

    /// Makes at most `limit` rows of the list anew; how many were made.
    ///
    /// # Errors
    /// The store's.
    pub fn refresh(&mut self, limit: u32, now: &str) -> Result<u32, Thrown> {
        let now = Now::from_json(now).map_err(thrown)?;
        let made = self.phone()?.refresh(now, limit as usize).map_err(thrown)?;
        Ok(u32::try_from(made).unwrap_or(u32::MAX))
    }

    /// Draws the device's key (once) and writes the enrolment request.
    ///
    /// # Errors
    /// The store's.
    pub fn begin_enrolment(
        &mut self,
        code: &str,
        label: &str,
        server: &str,
        clock: f64,
    ) -> Result<Vec<u8>, Thrown> {
        self.phone()?.begin_enrolment(code, label, server, clock as i64, &mut BrowserRandom).map_err(thrown)
    }

    /// Takes in the office's answer.
    ///
    /// # Errors
    /// `answer_malformed`, or the store's.
    pub fn finish_enrolment(&mut self, body: &[u8], clock: f64) -> Result<(), Thrown> {
        self.phone()?.finish_enrolment(body, clock as i64).map_err(thrown)
    }

    /// Begins a sync. `page_bytes`: the largest page wanted, in raw change bytes.
    ///
    /// # Errors
    /// The store's.
    pub fn begin_sync(&mut self, page_bytes: u32) -> Result<(), Thrown> {
        self.phone()?.begin_sync(page_bytes).map_err(thrown)
    }

    /// What to send next.
    ///
    /// # Errors
    /// The session's.
    pub fn poll_sync(&mut self, clock: f64) -> Result<SyncStep, Thrown> {
        self.phone()?.poll_sync(clock as i64).map(|outbound| SyncStep { outbound }).map_err(thrown)
    }

    /// Takes in an answer; gives what it brought, as JSON.
    ///
    /// # Errors
    /// `answer_malformed`, or the session's.
    pub fn handle_answer(&mut self, media: &str, body: &[u8], now: &str) -> Result<String, Thrown> {
        let now = Now::from_json(now).map_err(thrown)?;
        self.phone()?.handle_answer(media, body, now).map_err(thrown)
    }

    /// Takes in a problem that does not pass by itself.
    ///
    /// # Errors
    /// The problem's code, if the sync can't go on.
    pub fn handle_problem(&mut self, code: &str, chain: Option<String>, clock: f64) -> Result<(), Thrown> {
        self.phone()?.handle_problem(code, chain.as_deref(), clock as i64).map_err(thrown)
    }

    /// How many things are not on the office's disk.
    ///
    /// # Errors
    /// The store's.
    pub fn waits(&mut self) -> Result<u32, Thrown> {
        self.phone()?.waits().map_err(thrown)
    }

    /// Signs what is unsent and seals it to the office; nothing if nothing waits.
    ///
    /// # Errors
    /// The store's.
    pub fn seal_letter(&mut self, clock: f64) -> Result<Option<SealedLetter>, Thrown> {
        let letter = self.phone()?.seal_letter(clock as i64, &mut BrowserRandom).map_err(thrown)?;
        Ok(letter.map(|letter| {
            let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            SealedLetter {
                bytes: letter.bytes,
                changes: count(letter.changes),
                reports: count(letter.reports),
            }
        }))
    }

    /// The bytes of a store's file, encrypted as they are. An open store is closed for as long as it takes.
    ///
    /// # Errors
    /// `store_missing`, `opfs_failed`.
    pub fn export_store(&mut self, name: &str, clock: f64) -> Result<Vec<u8>, Thrown> {
        let key = self.open.take_if(|open| open.name == name).map(|open| open.key.clone());
        let bytes = read(&self.pool, name);
        if let Some(key) = key {
            self.open(name, &*key, clock)?;
        }
        bytes.map_err(|error| thrown(pool_refusal(&error)))
    }

    /// Puts a backup file together: of the open store with its commune and device, of a closed one without.
    pub fn pack_backup(
        &self,
        name: &str,
        vault: Vec<u8>,
        store: Vec<u8>,
        letter: Option<Vec<u8>>,
        clock: f64,
    ) -> Vec<u8> {
        let open = self.open.as_ref().filter(|open| open.name == name);
        let of = open.and_then(|open| open.phone.belongs_to());
        Backup::new(of, clock as i64, vault, store, letter).to_bytes()
    }

    /// Makes a store's file from its bytes. The first time it is opened it becomes an installation of its own.
    ///
    /// # Errors
    /// `opfs_full`, `opfs_failed`.
    pub fn import_store(&mut self, name: &str, bytes: &[u8]) -> Result<(), Thrown> {
        let written = (|| {
            let mut target = self.pool.create_import(name, bytes.len() as u64)?;
            target.write_at(0, bytes)?;
            target.commit()
        })();
        written.map_err(|error| thrown(pool_refusal(&error)))?;
        self.copied = Some(name.to_owned());
        Ok(())
    }
}

fn read(pool: &OpfsSAHPoolUtil, name: &str) -> Result<Vec<u8>, OpfsSAHError> {
    let mut source = pool.open_export(name)?;
    let mut bytes = vec![0; usize::try_from(source.size()).unwrap_or(usize::MAX)];
    let mut at = 0;
    while at < bytes.len() {
        match source.read_at(at as u64, &mut bytes[at..])? {
            0 => break,
            read => at += read,
        }
    }
    bytes.truncate(at);
    Ok(bytes)
}

fn pool_refusal(error: &OpfsSAHError) -> Refusal {
    let name = match error {
        OpfsSAHError::Opfs { value, .. } => {
            js_sys::Reflect::get(value, &"name".into()).ok().and_then(|name| name.as_string())
        }
        _ => None,
    };
    Refusal::of(match name.as_deref() {
        Some("NoModificationAllowedError") => "opfs_held",
        Some("QuotaExceededError") => "opfs_full",
        Some("NotFoundError") => "store_missing",
        _ => "opfs_failed",
    })
}

/// Closes a store's key with a PIN.
///
/// # Errors
/// `vault_malformed`: the PIN or the key is longer than it can be.
#[wasm_bindgen]
pub fn close_vault(pin: &str, key: &[u8]) -> Result<Vec<u8>, Thrown> {
    let key = key.try_into().map_err(|_| thrown(Refusal::of("vault_malformed")))?;
    vault::close(pin, key, &mut BrowserRandom).map_err(thrown)
}

/// Opens a store's key with a PIN.
///
/// # Errors
/// `pin_wrong`, `vault_malformed`.
#[wasm_bindgen]
pub fn open_vault(pin: &str, record: &[u8]) -> Result<Vec<u8>, Thrown> {
    vault::open(pin, record).map(|key| key.to_vec()).map_err(thrown)
}

/// What makes a PIN too easily guessed.
#[wasm_bindgen]
pub fn pin_weakness(pin: &str) -> Option<String> {
    let weakness = serde_json::to_value(vault::weakness(pin)?).ok()?;
    weakness.as_str().map(str::to_owned)
}

/// Takes a backup file apart.
///
/// # Errors
/// `backup_malformed`.
#[wasm_bindgen]
pub fn unpack_backup(bytes: &[u8]) -> Result<BackupParts, Thrown> {
    let backup = Backup::from_bytes(bytes).map_err(|_| thrown(Refusal::of("backup_malformed")))?;
    Ok(BackupParts { vault: backup.vault.into(), store: backup.store.into() })
}
