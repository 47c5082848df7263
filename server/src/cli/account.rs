//! `sothon account`: who may sign in to the office's pages.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};

use super::context::{Context, clock, minute_of};
use crate::office::{Office, Role, Roles};

/// Accounts of the office's pages, at /office.
#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Make a code with which a person creates an account, or sets a new password with --account.
    ///
    /// The person opens /office, chooses "Có mã mời?", and sets a name and a password of their own. The code works
    /// once, for seven days.
    #[command(
        after_long_help = "Examples:\n  sothon account invite --name \"Cán bộ Mẫu\" --role officer --role keeper\n  sothon account invite --account 2   # a forgotten password"
    )]
    Invite {
        /// The person's name, as phones show it beside what they decide.
        #[arg(long, required_unless_present = "account")]
        name: Option<String>,
        /// What they may do; repeat for each.
        #[arg(long = "role", value_enum, required_unless_present = "account")]
        roles: Vec<RoleArg>,
        /// Number of an account whose password and signing key are to be made anew.
        #[arg(long)]
        account: Option<u64>,
    },
    /// List the accounts.
    List,
    /// Close an account: nobody can sign in to it, what it signed stays.
    Close {
        /// Its number.
        account: u64,
    },
    /// Open a closed account again.
    Reopen {
        /// Its number.
        account: u64,
    },
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleArg {
    /// Reads the register, decides, counts, files.
    Officer,
    /// Opens sealed reports, with the confidential key in hand.
    Confidential,
    /// Accounts, devices, set-up, backups.
    Keeper,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Officer => Self::Officer,
            RoleArg::Confidential => Self::Confidential,
            RoleArg::Keeper => Self::Keeper,
        }
    }
}

pub(super) fn run(context: &Context, command: &AccountCommand) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match command {
        AccountCommand::Invite { name, roles, account } => {
            let known = office.accounts()?;
            let of = account.map(|id| {
                let found = known.iter().find(|row| row.id == id);
                found.with_context(|| format!("there is no account {id}; see sothon account list"))
            });
            let of = of.transpose()?;
            let name = name.clone().or_else(|| of.map(|row| row.name.clone())).unwrap_or_default();
            let roles: Roles = if roles.is_empty() {
                of.map(|row| row.roles.clone()).unwrap_or_default()
            } else {
                roles.iter().map(|role| Role::from(*role)).collect()
            };
            println!("{}", invitation(&office, &name, &roles, *account)?);
        }
        AccountCommand::List => {
            for row in office.accounts()? {
                let roles: Vec<&str> = row.roles.iter().map(|role| role.code()).collect();
                let state = if row.disabled_at.is_some() { "closed" } else { "open" };
                let seen = minute_of(row.seen_at);
                println!("{}\t{}\t{}\t{}\t{state}\t{seen}", row.id, row.login, row.name, roles.join(","));
            }
        }
        AccountCommand::Close { account } => office.set_disabled(None, *account, true, clock())?,
        AccountCommand::Reopen { account } => office.set_disabled(None, *account, false, clock())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A new code, for scripts alone on its line.
fn invitation(office: &Office, name: &str, roles: &Roles, account: Option<u64>) -> anyhow::Result<String> {
    let invitation = office
        .invite(None, name, roles, account, clock())
        .context("a name of at most 60 characters and a role are needed; fifty invitations may wait")?;
    Ok(invitation.text)
}

/// The code by which the first account is made, where there is none.
pub(super) fn first_code(office: &Office) -> anyhow::Result<Option<String>> {
    if !office.has_no_account()? {
        return Ok(None);
    }
    invitation(office, "Người giữ máy", &Role::ALL.into_iter().collect(), None).map(Some)
}
