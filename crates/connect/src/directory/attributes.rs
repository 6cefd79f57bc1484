//! From the attributes of a directory's entry to an account or a group.
//!
//! Sources: MS-ADTS (Active Directory), MS-ADA1 to MS-ADA3 and MS-ADSC (its attributes and classes); RFC 2307 (POSIX accounts and
//! groups); RFC 4519 (`uid`, `member`, groupOfNames); RFC 2798 (inetOrgPerson); draft-behera-ldap-password-policy-11 (`pwd…`).

use super::{Entry, Wrong, dates};
use model::Text;
use model::access::{Account, AccountFlag, AccountKind, Group, Listed};
use model::cmdb::Place;
use std::collections::BTreeSet;

/// What is asked for and kept of an entry. Nothing of it is a secret, and everything else is left where it is.
pub const NEEDED: &[&str] = &[
    "objectclass",
    "cn",
    "uid",
    "samaccountname",
    "userprincipalname",
    "displayname",
    "useraccountcontrol",
    "accountexpires",
    "lastlogontimestamp",
    "pwdlastset",
    "lockouttime",
    "admincount",
    "serviceprincipalname",
    "objectsid",
    "primarygroupid",
    "memberof",
    "member",
    "uniquemember",
    "memberuid",
    "gidnumber",
    "loginshell",
    "shadowexpire",
    "shadowlastchange",
    "pwdchangedtime",
    "pwdaccountlockedtime",
    "pwdlastsuccess",
    "authtimestamp",
    "nsaccountlock",
];

/// userAccountControl (MS-ADTS 2.2.16).
mod control {
    pub(super) const ACCOUNT_DISABLE: u32 = 0x2;
    pub(super) const PASSWORD_NOT_REQUIRED: u32 = 0x20;
    pub(super) const PASSWORD_RECOVERABLE: u32 = 0x80;
    pub(super) const INTERDOMAIN_TRUST: u32 = 0x800;
    pub(super) const WORKSTATION_TRUST: u32 = 0x1000;
    pub(super) const SERVER_TRUST: u32 = 0x2000;
    pub(super) const PASSWORD_NEVER_EXPIRES: u32 = 0x1_0000;
    pub(super) const SMART_CARD_REQUIRED: u32 = 0x4_0000;
    pub(super) const TRUSTED_FOR_DELEGATION: u32 = 0x8_0000;
    pub(super) const NO_PREAUTHENTICATION: u32 = 0x40_0000;
}

const FLAGS: &[(u32, AccountFlag)] = &[
    (control::PASSWORD_NOT_REQUIRED, AccountFlag::PasswordNotRequired),
    (control::PASSWORD_RECOVERABLE, AccountFlag::PasswordRecoverable),
    (control::PASSWORD_NEVER_EXPIRES, AccountFlag::PasswordNeverExpires),
    (control::SMART_CARD_REQUIRED, AccountFlag::SmartCardRequired),
    (control::TRUSTED_FOR_DELEGATION, AccountFlag::TrustedForDelegation),
    (control::NO_PREAUTHENTICATION, AccountFlag::NoPreauthentication),
];

/// Classes of groups (MS-ADSC, RFC 4519, RFC 2307).
const GROUPS: &[&str] =
    &["group", "groupofnames", "groupofuniquenames", "groupofmembers", "posixgroup", "univentiongroup"];
/// Classes of managed service accounts (MS-ADSC).
const MANAGED: &[&str] = &["msds-managedserviceaccount", "msds-groupmanagedserviceaccount"];
/// Login shells that let nobody in: such accounts belong to programs.
const NO_SHELLS: &[&str] = &["nologin", "false", "sync"];

/// An entry's attributes as text.
struct Said<'a>(&'a Entry);

impl<'a> Said<'a> {
    fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.0.attributes.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_slice())
    }

    fn texts(&self, name: &'static str) -> impl Iterator<Item = Text> {
        self.all(name).map(Text::from_wire).filter(|t| !t.is_empty())
    }

    fn text(&self, name: &'static str) -> Option<Text> {
        self.texts(name).next()
    }

    fn is_of(&self, classes: &[&str]) -> bool {
        self.texts("objectclass").any(|class| classes.contains(&class.as_str().to_ascii_lowercase().as_str()))
    }
}

/// The account or group that an entry is; `None` when it is neither.
pub(super) fn listed(entry: &Entry, source: &str, wrong: &mut Wrong) -> Option<Listed> {
    let said = Said(entry);
    let at = if entry.line > 0 { format!("line {}", entry.line) } else { entry.dn.clone() };
    let place = Place { source: Text::new(source), at: Text::new(&at) };
    if said.is_of(GROUPS) {
        return Some(Listed::Group(Box::new(group(&said, place))));
    }
    let person = said.is_of(&["person", "account", "simplesecurityobject"]);
    let name = said.text("samaccountname").or_else(|| said.text("uid"));
    let name = name.or_else(|| said.text("cn").filter(|_| person))?;
    let mut account = Account::new(name.as_str(), place);
    names(&mut account, &said);
    account.kind = kind(&said);
    windows(&mut account, &said, wrong);
    posix(&mut account, &said);
    account.groups = memberships(&said);
    Some(Listed::Account(Box::new(account)))
}

fn names(account: &mut Account, said: &Said<'_>) {
    account.aliases.insert(Text::new(&said.0.dn));
    account.aliases.extend(said.text("userprincipalname"));
    account.aliases.extend(said.texts("uid"));
    account.aliases.remove(&account.name);
    account.display_name = said.text("displayname").or_else(|| said.text("cn")).unwrap_or_default();
    account.domain = Text::new(&domain(&said.0.dn));
}

/// The `dc` parts of a distinguished name as a DNS name (RFC 2247).
fn domain(dn: &str) -> String {
    let parts = dn.split(',').filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("dc").then(|| value.trim())
    });
    parts.collect::<Vec<_>>().join(".")
}

fn kind(said: &Said<'_>) -> AccountKind {
    let shell = said.text("loginshell");
    let closed =
        shell.is_some_and(|s| s.as_str().rsplit('/').next().is_some_and(|end| NO_SHELLS.contains(&end)));
    if said.is_of(MANAGED) {
        AccountKind::Service
    } else if said.is_of(&["computer", "device"]) {
        AccountKind::Machine
    } else if closed || said.text("serviceprincipalname").is_some() {
        AccountKind::Service
    } else {
        AccountKind::Person
    }
}

/// What Active Directory says.
fn windows(account: &mut Account, said: &Said<'_>, wrong: &mut Wrong) {
    if let Some(word) = said.text("useraccountcontrol") {
        // LDAP writes it as a signed number (MS-ADA3, userAccountControl).
        match word.as_str().parse::<i32>() {
            Ok(bits) => control_bits(account, bits.cast_unsigned()),
            Err(_) => wrong.add(said.0.line, format!("{}: userAccountControl is no number", account.name)),
        }
    }
    let time = |name| said.text(name).and_then(|text| dates::filetime(text.as_str()));
    account.expires = time("accountexpires");
    account.last_logon = time("lastlogontimestamp");
    account.password_set = time("pwdlastset");
    if time("lockouttime").is_some() {
        account.flags.insert(AccountFlag::Locked);
    }
    if said.text("admincount").is_some_and(|count| count.as_str() != "0") {
        account.flags.insert(AccountFlag::Protected);
    }
}

fn control_bits(account: &mut Account, bits: u32) {
    account.enabled = bits & control::ACCOUNT_DISABLE == 0;
    account.flags.extend(FLAGS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, flag)| *flag));
    if bits & (control::WORKSTATION_TRUST | control::SERVER_TRUST | control::INTERDOMAIN_TRUST) != 0 {
        account.kind = AccountKind::Machine;
    }
}

/// What directories of the Unix world say.
fn posix(account: &mut Account, said: &Said<'_>) {
    let text = |name| said.text(name);
    let generalized = |name| text(name).and_then(|t| dates::generalized(t.as_str()));
    let days = |name| text(name).and_then(|t| dates::days(t.as_str()));
    account.expires = account.expires.or_else(|| days("shadowexpire"));
    let last = || generalized("pwdlastsuccess").max(generalized("authtimestamp"));
    account.last_logon = account.last_logon.or_else(last);
    account.password_set =
        account.password_set.or_else(|| generalized("pwdchangedtime").or_else(|| days("shadowlastchange")));
    if text("nsaccountlock").is_some_and(|t| t.as_str().eq_ignore_ascii_case("true")) {
        account.enabled = false;
    }
    // A time stands for a lock after wrong passwords; year 0 for one until somebody opens it (5.3.3 of the draft).
    match text("pwdaccountlockedtime") {
        Some(t) if t.as_str().starts_with("0000") => account.enabled = false,
        Some(_) => {
            account.flags.insert(AccountFlag::Locked);
        }
        None => {}
    }
}

/// What an entry says it is a member of: by name, and by number for the primary group, which is in no list.
fn memberships(said: &Said<'_>) -> BTreeSet<Text> {
    let mut all: BTreeSet<Text> = said.texts("memberof").collect();
    all.extend(said.text("gidnumber").map(|gid| Text::new(&format!("gid:{gid}@{}", domain(&said.0.dn)))));
    let own = said.all("objectsid").next().and_then(sid);
    if let (Some(own), Some(primary)) = (own, said.text("primarygroupid"))
        && let Some((domain, _)) = own.rsplit_once('-')
    {
        all.insert(Text::new(&format!("{domain}-{primary}")));
    }
    all
}

fn group(said: &Said<'_>, place: Place) -> Group {
    let name =
        said.text("samaccountname").or_else(|| said.text("cn")).unwrap_or_else(|| Text::new(&said.0.dn));
    let mut ids = BTreeSet::from([name.clone(), Text::new(&said.0.dn)]);
    ids.extend(said.text("cn"));
    ids.extend(said.all("objectsid").next().and_then(sid).map(|sid| Text::new(&sid)));
    ids.extend(said.text("gidnumber").map(|gid| Text::new(&format!("gid:{gid}@{}", domain(&said.0.dn)))));
    let members = said.texts("member").chain(said.texts("uniquemember")).chain(said.texts("memberuid"));
    Group { name, ids, members: members.collect(), groups: said.texts("memberof").collect(), place }
}

/// A security identifier as text (MS-DTYP 2.4.2.2 and 2.4.2.1): revision, count, authority, then the parts.
fn sid(bytes: &[u8]) -> Option<String> {
    let (head, parts) = bytes.split_at_checked(8)?;
    let [revision, count, authority @ ..] = head else { return None };
    if *revision != 1 || parts.len() != usize::from(*count) * 4 {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    let numbers = parts.chunks_exact(4).map(|p| u32::from_le_bytes(p.try_into().unwrap_or_default()));
    Some(numbers.fold(format!("S-1-{authority}"), |all, number| format!("{all}-{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_identifiers() {
        // MS-DTYP 2.4.2.4: S-1-5-32-544 is BUILTIN\Administrators.
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(sid(&bytes).as_deref(), Some("S-1-5-32-544"));
        for len in 0..bytes.len() {
            assert_eq!(sid(&bytes[..len]), None);
        }
    }

    #[test]
    fn domains() {
        assert_eq!(domain("CN=Jo\\, A,OU=People,DC=plant,DC=example"), "plant.example");
        assert_eq!(domain("cn=admin"), "");
    }
}
