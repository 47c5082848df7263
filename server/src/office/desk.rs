//! An office in a folder of its own, for the tests of what officers see and do. Every person here is made up.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sync_core::document::{Container, Edit, Household, LocalChange, View};
use sync_core::facts::PersonRef;
use sync_core::id::{ActorId, DocumentId, EntityId};
use sync_core::seal::ConfidentialPublicKey;
use tempfile::TempDir;

use super::{Author, CommuneConfig, Office, OfficeOptions};

/// 08:00 in Việt Nam on 20 November 2026.
pub(super) const CLOCK: i64 = 1_795_136_400;
/// Nobody: the actor by which documents are only read.
const READER: ActorId = ActorId([0; 16]);

/// What is said of a child or a household: fields and their values.
pub(super) type Said<'a> = &'a [(&'a str, &'a str)];

pub(crate) struct Desk {
    pub(crate) office: Office,
    /// Two officers at two desks.
    pub(super) mai: Author,
    pub(super) binh: Author,
    /// Stands for whoever wrote before: an import, phones.
    pub(super) before: Author,
    pub(super) random: StdRng,
    pub(super) folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = CommuneConfig {
            name: "Xã Giả Lập".into(),
            unit_word: "thôn".into(),
            villages: vec![("01".into(), "Thôn Một".into()), ("02".into(), "Thôn Hai".into())],
            confidential_key: ConfidentialPublicKey([9; 32]),
        };
        let options = OfficeOptions { random: Box::new(StdRng::seed_from_u64(7)) };
        let office = Office::create(&folder.path().join("register.sqlite"), &config, options).unwrap();
        Self {
            office,
            mai: Author::officer(&[5; 32], "Mai Giả Lập"),
            binh: Author::officer(&[6; 32], "Bình Giả Lập"),
            before: Author::from_bytes(&[7; 32]),
            random: StdRng::seed_from_u64(8),
            folder,
        }
    }

    pub(super) fn key(&mut self) -> EntityId {
        EntityId::draw(&mut self.random)
    }

    /// A new household, with a key for each child.
    pub(super) fn begin(
        &mut self,
        village: &str,
        household: Said<'_>,
        children: &[Said<'_>],
    ) -> (DocumentId, Vec<PersonRef>) {
        let actor = self.before.actor(self.office.commune());
        let salt = self.office.documents(None).unwrap().len() as u64;
        let (mut begun, genesis) = Household::create(actor, village, CLOCK, salt);
        let document = begun.id();
        let mut edits: Vec<Edit> =
            household.iter().map(|(field, value)| Edit::household(field, *value)).collect();
        let mut people = Vec::new();
        for said in children {
            let person = self.key();
            edits.extend(said.iter().map(|(f, v)| Edit::entity(Container::Children, &person, f, *v)));
            people.push(PersonRef { document, person });
        }
        let change = begun.edit(&edits, CLOCK);
        self.write(&self.before, document, [Some(genesis), change].into_iter().flatten().collect());
        (document, people)
    }

    pub(super) fn write(&self, author: &Author, document: DocumentId, changes: Vec<LocalChange>) {
        let changes = changes.into_iter().map(|change| (document, change)).collect();
        self.office.author(author, changes, Vec::new(), CLOCK).unwrap();
    }

    pub(super) fn edit(&self, author: &Author, document: DocumentId, edits: &[Edit]) {
        let actor = author.actor(self.office.commune());
        let mut household = self.office.household(document, None, actor).unwrap();
        self.write(author, document, vec![household.edit(edits, CLOCK).unwrap()]);
    }

    pub(super) fn view(&self, document: DocumentId) -> View {
        self.office.household(document, None, READER).unwrap().view()
    }
}
