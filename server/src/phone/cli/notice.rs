//! `urgent` and `sign-off`: what a collector tells the office besides records.

use clap::Args;
use sync_core::device::{self, DeviceStore as _, NoticeMakingError, NoticeState, Statement};
use sync_core::notice::{NoticeError, URGENT_KINDS, UrgentReport};

use super::show::find;
use super::{Desk, Failure, give};
use crate::phone::register::Register;
use device_store::StoreError;

/// Reports a child in danger. The report is sealed at once: nothing readable of it stays on this device, and
/// the next `sync` sends it before everything else.
///
/// In an emergency call 111 first (free, day and night).
#[derive(Debug, Args)]
#[command(after_long_help = "\
Example:
  sothon phone --store an.db urgent --kind danger --about \"bé gái khoảng 6 tuổi\" --place \"bờ suối thôn Ngọc Sơn\" \\
         --happened \"ở một mình nhiều ngày\" --contact \"0900 000 001\"
  sothon phone --store an.db sync")]
pub struct UrgentArgs {
    /// What kind of danger.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(URGENT_KINDS))]
    kind: String,
    /// Who it is about, if not from the register.
    #[arg(long, default_value = "", value_name = "TEXT")]
    about: String,
    /// Where.
    #[arg(long, default_value = "", value_name = "TEXT")]
    place: String,
    /// What happened.
    #[arg(long, value_name = "TEXT")]
    happened: String,
    /// How the office reaches you.
    #[arg(long, default_value = "", value_name = "TEXT")]
    contact: String,
    /// The household, if it is in the register: the document's 32 digits, or village/number.
    #[arg(long, value_name = "HOUSEHOLD")]
    household: Option<String>,
    /// The child's or member's key in that household, as `show` has it.
    #[arg(long, value_name = "KEY", requires = "household")]
    person: Option<String>,
}

/// Signs that a village was reviewed: a statement, with its date, over every household as it now is.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  sothon phone --store an.db sign-off --village 03
  sothon phone --store an.db sign-off --village 03 --reopen      takes it back")]
pub struct SignOffArgs {
    /// The village's code.
    #[arg(long, value_name = "CODE")]
    village: String,
    /// The review round's code; the last one opened if none is named.
    #[arg(long, value_name = "CODE")]
    round: Option<String>,
    /// Take an earlier sign-off back.
    #[arg(long)]
    reopen: bool,
}

impl From<NoticeMakingError<StoreError>> for Failure {
    fn from(error: NoticeMakingError<StoreError>) -> Self {
        match error {
            NoticeMakingError::Store(error) => error.into(),
            NoticeMakingError::Document(error) => Self::with("document_damaged", error),
            NoticeMakingError::Notice(NoticeError::TooManyDocuments) => Self::of("village_too_large"),
            NoticeMakingError::Notice(error) => Self::with("report_invalid", error),
            NoticeMakingError::Village => Self::of("village_not_granted"),
            NoticeMakingError::Round => Self::of("round_unknown"),
        }
    }
}

pub(super) fn urgent(desk: &Desk, args: &UrgentArgs) -> Result<(), Failure> {
    let mut store = desk.open()?;
    let key = store.enrolment()?.ok_or(StoreError::NotEnrolled)?.key;
    let document = args.household.as_deref().map(|name| find(desk, &store, name)).transpose()?;
    let report = UrgentReport {
        kind: args.kind.clone(),
        document,
        person: args.person.clone(),
        about: args.about.clone(),
        place: args.place.clone(),
        happened: args.happened.clone(),
        contact: args.contact.clone(),
    };
    let mut random = desk.random(&store)?;
    let notice = device::report_urgently(&mut store, &key, report, desk.now(), &mut random)?;
    give(&format!("{}\n", desk.language.fill("urgent_made", &[("id", &notice.id)])))
}

pub(super) fn sign_off(desk: &Desk, args: &SignOffArgs) -> Result<(), Failure> {
    let mut store = desk.open()?;
    let key = store.enrolment()?.ok_or(StoreError::NotEnrolled)?.key;
    let rounds = store.state()?.commune.rounds.unwrap_or_default();
    let last = rounds.last().map(|round| round.code.clone());
    let round = args.round.clone().or(last).ok_or_else(|| Failure::of("round_unknown"))?;
    let register = Register::load(&store, desk.today())?;
    let of_village = register.households().iter().filter(|listed| listed.summary.village == args.village);
    let undecided = of_village.filter(|listed| listed.summary.undecided > 0).count();
    let statement = Statement {
        round: &round,
        village: &args.village,
        day: &desk.today().to_string(),
        reopened: args.reopen,
        undecided: u32::try_from(undecided).unwrap_or(u32::MAX),
    };
    let mut random = desk.random(&store)?;
    let notice = device::sign_off(&mut store, &key, statement, desk.now(), &mut random)?;
    let values: [(&str, &dyn core::fmt::Display); 3] =
        [("id", &notice.id), ("village", &args.village), ("round", &round)];
    let text = match args.reopen {
        true => desk.language.fill("sign_off_reopened", &values),
        false => desk.language.fill("sign_off_made", &values),
    };
    give(&format!("{text}\n"))
}

/// A state as `status` names it to a program.
pub(super) fn state_name(state: NoticeState) -> &'static str {
    match state {
        NoticeState::Waiting => "waiting",
        NoticeState::Arrived => "arrived",
        NoticeState::Opened => "opened",
        NoticeState::Refused => "refused",
    }
}
