//! An office, two phones of one village, a household both know, and what every test asserts.

use serde_json::json;
use sothon_tests::world::hostile::Craft;
use sothon_tests::world::{CLOCK_START, Dice, Phone, Site, hash_as_signed, new_household};
use sync_core::device::{ChangeState, DeviceStore, Encoding};
use sync_core::id::{ChangeHash, DocumentId};

pub(crate) struct Bench {
    pub(crate) dice: Dice,
    pub(crate) site: Site,
    pub(crate) phone: Phone,
    pub(crate) other: Phone,
    pub(crate) document: DocumentId,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let mut dice = Dice::new(2_024);
        let site = Site::new(&mut dice, &["01", "02"]);
        let mut phone = Phone::enrol(&site, &mut dice, "phone", &["01"], CLOCK_START);
        let mut other = Phone::enrol(&site, &mut dice, "other", &["01"], CLOCK_START);
        let entry = new_household(&mut dice, "01");
        let (document, _) = phone.record(None, entry, CLOCK_START, &mut dice);
        assert!(phone.sync(&site, Encoding::Plain, CLOCK_START).unwrap().agrees);
        assert!(other.sync(&site, Encoding::Plain, CLOCK_START).unwrap().agrees);
        Self { dice, site, phone, other, document }
    }

    /// The next change of the phone in the household both know.
    pub(crate) fn craft(&self) -> Craft {
        Craft::next(self.phone.state().actor(), &self.standing())
    }

    /// The household's changes that were not refused.
    pub(crate) fn standing(&self) -> Vec<Vec<u8>> {
        let Ok(changes) = self.phone.store.changes(self.document);
        changes
            .into_iter()
            .filter(|change| change.state != ChangeState::Refused)
            .map(|change| change.bytes)
            .collect()
    }

    /// An honest entry, recorded on the phone.
    pub(crate) fn record_honest(&mut self) -> DocumentId {
        let entry = new_household(&mut self.dice, "01");
        self.phone.record(None, entry, CLOCK_START, &mut self.dice).0
    }

    /// The bytes kept in quarantine under a hash, with their code; none if there is no such row.
    pub(crate) fn quarantined(&self, hash: ChangeHash) -> Option<(String, Vec<u8>)> {
        let query = "SELECT code, bytes FROM quarantine WHERE hash = ?1 AND released_at IS NULL";
        self.site.stranger().query_row(query, [hash.0], |row| Ok((row.get(0)?, row.get(1)?))).ok()
    }

    pub(crate) fn logged(&self, hash: ChangeHash) -> bool {
        self.site.office().recorded(hash).is_ok()
    }

    /// Sends `bytes` as a change of the known household, between honest changes of the same batch, and
    /// asserts everything that a refusal of one change promises.
    pub(crate) fn refuses(&mut self, bytes: Vec<u8>, code: &str) -> ChangeHash {
        let document = self.document;
        self.refuses_of(document, bytes, code)
    }

    pub(crate) fn refuses_of(&mut self, document: DocumentId, bytes: Vec<u8>, code: &str) -> ChangeHash {
        let before = self.record_honest();
        let hash = self.phone.record_raw(document, bytes.clone());
        let after = self.record_honest();
        let summary = self.phone.sync(&self.site, Encoding::Plain, CLOCK_START).unwrap();
        assert!(summary.agrees);
        assert_eq!(summary.total.refused, 1);
        self.is_refused(hash, &bytes, code);
        for honest in [before, after] {
            assert!(self.site.office().household(honest, None, self.phone.state().actor()).is_ok());
        }
        self.everything_works();
        hash
    }

    /// Kept with its bytes, visible to the office and to its collector, not in the log.
    pub(crate) fn is_refused(&self, hash: ChangeHash, bytes: &[u8], code: &str) {
        assert_eq!(hash, hash_as_signed(bytes));
        assert_eq!(self.quarantined(hash), Some((code.to_owned(), bytes.to_vec())));
        let row = self.site.office().quarantine().unwrap().into_iter().find(|row| row.hash == hash).unwrap();
        assert_eq!(
            (row.code.as_str(), row.device, row.bytes),
            (code, self.phone.device(), bytes.len() as u64)
        );
        assert!(!self.logged(hash));
        assert_eq!(self.phone.state_of(hash), Some(ChangeState::Refused));
    }

    /// What is acknowledged survives a power cut; both phones go on working on the same household.
    pub(crate) fn everything_works(&mut self) {
        self.acknowledged_is_on_disk();
        for (number, phone) in [&mut self.phone, &mut self.other].into_iter().enumerate() {
            let entry = json!({ "entry": 1, "household": { "phone": format!("09{}", self.dice.below(1_000_000) * 2 + number) } });
            phone.record(Some(self.document), entry, CLOCK_START, &mut self.dice);
            for encoding in [Encoding::Packed, Encoding::Plain] {
                let summary = phone.sync(&self.site, encoding, CLOCK_START).unwrap();
                assert!(summary.agrees);
                assert_eq!(summary.total.refused, 0);
            }
        }
        assert!(self.phone.sync(&self.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
        assert!(self.phone.household(self.document).view() == self.other.household(self.document).view());
        assert_eq!(self.site.office().verify(|_| {}).unwrap().findings, Vec::new());
    }

    pub(crate) fn acknowledged_is_on_disk(&mut self) {
        self.site.crash();
        for phone in [&self.phone, &self.other] {
            for (hash, state) in phone.own_changes() {
                match state {
                    ChangeState::Unsent => {}
                    ChangeState::Acknowledged => assert!(self.logged(hash), "{hash} is not on disk"),
                    ChangeState::Refused => assert!(self.quarantined(hash).is_some(), "{hash} is not kept"),
                }
            }
        }
    }
}
