//! Every limit of the protocol and of a document, named in one place. `docs/protocol.md` lists them;
//! a test there compares the two. Sizes are bytes unless the name says otherwise.

/// One change, as an uncompressed Automerge change chunk.
pub const CHANGE_BYTES_MAX: usize = 64 * 1024;
/// Operations in one change. A whole large household imported at once needs about 1,000.
pub const CHANGE_OPS_MAX: usize = 4_096;
/// Direct dependencies of one change.
pub const CHANGE_DEPS_MAX: usize = 64;
/// Actors named in one change besides its author.
pub const CHANGE_ACTORS_MAX: usize = 64;
/// All changes of one document together.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// Changes in one document: four visits a year by two people for a century, and as much again.
pub const DOCUMENT_CHANGES_MAX: usize = 2_000;
/// Objects (members, visits, …) in one container of a document.
pub const CONTAINER_ENTRIES_MAX: usize = 4_000;
/// Values of one field that may stand side by side; a change that would exceed it is quarantined.
pub const CONFLICT_VALUES_MAX: usize = 32;
/// One text value, in bytes of UTF-8 (2,000 characters of Vietnamese at the worst).
pub const TEXT_BYTES_MAX: usize = 8_000;
/// A field's name.
pub const FIELD_NAME_BYTES_MAX: usize = 40;
/// A village's code.
pub const VILLAGE_CODE_BYTES_MAX: usize = 16;
/// One sealed envelope.
pub const ENVELOPE_BYTES_MAX: usize = 8 * 1024 + 64;
/// Plaintext of a sealed report before padding.
pub const SEALED_REPORT_BYTES_MAX: usize = 8 * 1024 - 4;

/// Changes in one signed batch.
pub const BATCH_CHANGES_MAX: usize = 256;
/// Batches in one exchange.
pub const EXCHANGE_BATCHES_MAX: usize = 16;
/// Changes a device packs into one page upwards, counted as raw bytes. Each page is a commit point.
pub const PAGE_UP_BYTES: usize = 32 * 1024;
/// A page downwards unless the device asks for less or more, counted as raw change bytes.
pub const PAGE_DOWN_BYTES_DEFAULT: u32 = 256 * 1024;
/// The most a device may ask for in one page downwards.
pub const PAGE_DOWN_BYTES_MAX: u32 = 1024 * 1024;
/// The least (a single document's changes are never split below one change a page).
pub const PAGE_DOWN_BYTES_MIN: u32 = 4 * 1024;
/// Body of one exchange as received, before any decoding.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Body of one exchange after decoding. A device never needs more than `PAGE_UP_BYTES` and the
/// fingerprints of its documents.
pub const REQUEST_DECODED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Body of one answer after decoding, as a device accepts it.
pub const RESPONSE_DECODED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Villages granted to one device.
pub const GRANTED_VILLAGES_MAX: usize = 64;
/// Head fingerprints in one repair request.
pub const FINGERPRINTS_MAX: usize = 20_000;
/// Refusals repeated to a device in one answer; the rest follow once these are noted.
pub const REFUSALS_MAX: usize = 512;
/// Changes of one device that wait in quarantine. A batch that would exceed it is refused whole, as
/// `limit_exceeded`, and stays on the device: one device can't fill the office's disk.
pub const QUARANTINE_CHANGES_MAX: usize = 4_096;
/// Notices in one request.
pub const NOTICES_MAX: usize = 16;
/// Notices whose fate a device asks for in one request.
pub const AWAITED_MAX: usize = 64;
/// Body of one notice.
pub const NOTICE_BYTES_MAX: usize = 64 * 1024;
/// Notices the office keeps of one device. One more is refused as `notices_full` and stays on the device.
pub const DEVICE_NOTICES_MAX: usize = 1_000;
/// Documents of one sign-off: 24 bytes each within [`NOTICE_BYTES_MAX`], and room for the rest.
pub const SIGN_OFF_DOCUMENTS_MAX: usize = 2_700;
/// A short text of an urgent report (about whom, where, how to reach the reporter), in bytes of UTF-8. What
/// happened may have [`TEXT_BYTES_MAX`].
pub const URGENT_TEXT_BYTES_MAX: usize = 1_000;
/// Batches in one letter. A device signs one whenever it is put away with something new on it, and may be out
/// of reach for days: what were not in the letter would be lost with the PIN.
pub const LETTER_BATCHES_MAX: usize = 512;
/// Changes and notices a device puts into one letter, counted as raw bytes. A letter leaves without the PIN
/// and perhaps only once, so it carries more than a page.
pub const LETTER_RAW_BYTES: usize = 512 * 1024;
/// A review round's code: it is written into every visit.
pub const ROUND_CODE_BYTES_MAX: usize = 20;
/// Review rounds told to a device.
pub const ROUNDS_MAX: usize = 8;
/// Telephone numbers told to a device.
pub const CONTACTS_MAX: usize = 16;
/// A round's title, or a contact's label or number.
pub const LABEL_BYTES_MAX: usize = 200;
/// Devices named to a device.
pub const DEVICES_TOLD_MAX: usize = 256;
/// One form entry as JSON.
pub const ENTRY_BYTES_MAX: usize = 256 * 1024;
/// Objects in one form entry.
pub const ENTRY_OBJECTS_MAX: usize = 400;
/// A device clock further off than this (seconds) is reported to the collector; nothing is refused
/// for it.
pub const CLOCK_OFF_SECONDS: i64 = 24 * 3600;
/// Largest zstd window a decoder allocates, as a power of two (8 MiB).
pub const ZSTD_WINDOW_LOG_MAX: u32 = 23;
