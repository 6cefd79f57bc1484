//! Accounts as text for a terminal.

use crate::text::{inert, table};
use posture::document::{AccessAccountView, AccessView, SharedSecretView};
use std::io::{Result, Write};

/// Names listed of one secret.
const NAMES_MAX: usize = 5;

/// The whole report.
pub(super) fn report(view: &AccessView, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "Use over {} days ({} of them observed), until {}",
        view.period_days,
        view.observed_days,
        day(&view.until)
    )?;
    accounts(&view.accounts, out)?;
    secrets(&view.secrets, out)?;
    for name in &view.ambiguous {
        writeln!(out, "{} signed in, and {} accounts are called so", inert(&name.name), name.accounts.len())?;
    }
    view.problems.iter().try_for_each(|what| writeln!(out, "{}", inert(what)))
}

fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}

fn accounts(accounts: &[AccessAccountView], out: &mut dyn Write) -> Result<()> {
    if accounts.is_empty() {
        return writeln!(out, "No account: no list was given, and nobody was seen to sign in.");
    }
    let mut rows = table(&[
        "account",
        "kind",
        "state",
        "right",
        "granted",
        "used",
        "unused",
        "last seen",
        "what follows",
    ]);
    for a in accounts {
        let name = a.domain.as_ref().map_or_else(|| a.name.clone(), |domain| format!("{}@{domain}", a.name));
        let verdicts: Vec<String> = a.verdicts.iter().map(|v| inert(&v.what)).collect();
        rows.add_row(vec![
            inert(&name),
            a.kind.unwrap_or("").to_owned(),
            state(a).to_owned(),
            a.right.unwrap_or("").to_owned(),
            a.granted.to_string(),
            a.used.to_string(),
            a.unused.to_string(),
            a.last_seen.as_deref().map(day).unwrap_or_default().to_owned(),
            verdicts.join("; "),
        ]);
    }
    writeln!(out, "\nACCOUNTS\n{rows}")
}

fn state(a: &AccessAccountView) -> &'static str {
    match (a.origin, a.enabled) {
        (_, Some(false)) => "disabled",
        (_, Some(true)) => "enabled",
        ("device", None) => "of a device",
        ("grant", None) => "only granted",
        _ => "only seen",
    }
}

fn secrets(secrets: &[SharedSecretView], out: &mut dyn Write) -> Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nSECRETS IN CLEAR (numbered as they were shown; the same number is the same secret)")?;
    for s in secrets {
        let default = s
            .default_of
            .as_ref()
            .map(|d| format!(", the published default of {}", inert(d)))
            .unwrap_or_default();
        let mut at: Vec<String> = s
            .uses
            .iter()
            .map(|u| {
                let device = inert(u.asset_name.as_deref().unwrap_or("?"));
                if u.name.is_empty() {
                    format!("{device} ({})", u.protocol)
                } else {
                    format!("{} at {device} ({})", inert(&u.name), u.protocol)
                }
            })
            .collect();
        at.dedup();
        let more = at.len().saturating_sub(NAMES_MAX);
        at.truncate(NAMES_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(out, "{} {}{default}: {}{more}", s.kind, s.mark.as_deref().unwrap_or("?"), at.join(", "))?;
    }
    Ok(())
}
