//! Who may reach what: accounts and groups as directories and lists have them, grants as people write them, and fingerprints of secrets.
//!
//! What is [`Listed`] is the word of another system, never of the wire: it does not become an observation. `posture::access` holds it
//! against the sign-ins that were seen.

use crate::asset::{Level, Role, words};
use crate::cmdb::Place;
use crate::plant::{Anchor, Subnet, as_text, is_id};
use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

words! {
    /// Who is behind an account.
    AccountKind {
        /// A person.
        Person = "person",
        /// A program.
        Service = "service",
        /// A computer.
        Machine = "machine",
    }
}

words! {
    /// What someone may do with a device, from little to much. Each right includes those before it.
    Right {
        /// Look at values and state.
        View = "view",
        /// Work the process: set points, commands.
        Operate = "operate",
        /// Change programs, configuration, firmware and mode.
        Engineer = "engineer",
        /// Manage accounts and the device itself.
        Administer = "administer",
    }
}

words! {
    /// What a directory says of an account beside its dates.
    /// Microsoft's names are those of userAccountControl (MS-ADTS 2.2.16).
    AccountFlag {
        /// Its password never expires (ADS_UF_DONT_EXPIRE_PASSWD).
        PasswordNeverExpires = "password_never_expires",
        /// It may have no password (ADS_UF_PASSWD_NOTREQD).
        PasswordNotRequired = "password_not_required",
        /// Its password is kept so that it can be recovered (ADS_UF_ENCRYPTED_TEXT_PASSWORD_ALLOWED).
        PasswordRecoverable = "password_recoverable",
        /// It has to sign in with a smart card (ADS_UF_SMARTCARD_REQUIRED).
        SmartCardRequired = "smart_card_required",
        /// Services at which it signs in may act in its name elsewhere (ADS_UF_TRUSTED_FOR_DELEGATION).
        TrustedForDelegation = "trusted_for_delegation",
        /// Anybody may ask for a ticket to guess its password by (ADS_UF_DONT_REQUIRE_PREAUTH).
        NoPreauthentication = "no_preauthentication",
        /// It is, or was, in a group that administers the directory (adminCount; MS-ADTS 3.1.1.6.1).
        Protected = "protected",
        /// It was locked, after wrong passwords or by hand.
        Locked = "locked",
    }
}

/// An account, as a directory or a list has it. Never holds a secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The name it signs in with: `sAMAccountName`, `uid`, or what the list calls it.
    pub name: Text,
    /// Other names for it: user principal name, distinguished name.
    pub aliases: BTreeSet<Text>,
    /// DNS name of the domain it belongs to; empty when none is known.
    pub domain: Text,
    /// What people call it; may be empty.
    pub display_name: Text,
    /// Who is behind it.
    pub kind: AccountKind,
    /// It can be used, as far as the directory says.
    pub enabled: bool,
    /// From when on it cannot be used any more.
    pub expires: Option<Timestamp>,
    /// Last sign-in that the directory knows. Active Directory writes it up to 14 days late (MS-ADA1, lastLogonTimestamp).
    pub last_logon: Option<Timestamp>,
    /// When its password was set.
    pub password_set: Option<Timestamp>,
    /// What else the directory says.
    pub flags: BTreeSet<AccountFlag>,
    /// Groups it names itself a member of, by any of their [`Group::ids`].
    pub groups: BTreeSet<Text>,
    /// Where it was read.
    pub place: Place,
}

impl Account {
    /// An enabled account of a person of which nothing else is known.
    pub fn new(name: &str, place: Place) -> Self {
        Self {
            name: Text::new(name),
            aliases: BTreeSet::new(),
            domain: Text::new(""),
            display_name: Text::new(""),
            kind: AccountKind::Person,
            enabled: true,
            expires: None,
            last_logon: None,
            password_set: None,
            flags: BTreeSet::new(),
            groups: BTreeSet::new(),
            place,
        }
    }
}

/// A group of accounts and of other groups.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: Text,
    /// What members and grants call it: distinguished name, security identifier, number, name.
    pub ids: BTreeSet<Text>,
    /// Its members, by their names or distinguished names.
    pub members: BTreeSet<Text>,
    /// Groups it names itself a member of, by any of their ids.
    pub groups: BTreeSet<Text>,
    /// Where it was read.
    pub place: Place,
}

/// On which devices a right is given. Written `any`, `zone:ID`, `role:plc`, `level:1`, as a network or an address, or as a name in
/// which `*` stands for any text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Every device.
    Any,
    /// The devices of a zone.
    Zone(Text),
    /// The devices of a role.
    Role(Role),
    /// The devices of a Purdue level.
    Level(Level),
    /// The devices with an address in a network.
    Subnet(Subnet),
    /// The device with an address.
    Device(Anchor),
    /// The devices of a name or host name.
    Name(Text),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Zone(id) => write!(f, "zone:{id}"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Level(level) => write!(f, "level:{level}"),
            Self::Subnet(subnet) => subnet.fmt(f),
            Self::Device(anchor) => anchor.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let wrong = |what| Err(format!("\u{201c}{text}\u{201d} names no {what}"));
        match text.split_once(':') {
            Some(("zone", id)) if is_id(id.trim()) => return Ok(Self::Zone(Text::new(id))),
            Some(("zone", _)) => return wrong("zone"),
            Some(("role", word)) => {
                return Role::parse(word.trim()).map_or_else(|| wrong("role"), |r| Ok(Self::Role(r)));
            }
            Some(("level", number)) => {
                let level = number.trim().parse().ok().and_then(Level::from_number);
                return level.map_or_else(|| wrong("level"), |l| Ok(Self::Level(l)));
            }
            _ => {}
        }
        match text {
            "" => wrong("device"),
            "any" | "*" => Ok(Self::Any),
            _ => Ok(text
                .parse()
                .map(Self::Device)
                .or_else(|_| text.parse().map(Self::Subnet))
                .unwrap_or_else(|_| Self::Name(Text::new(text)))),
        }
    }
}
as_text!(Scope);

/// A right on devices, given to an account or to a group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Its id: stable, short.
    pub id: Text,
    /// The account it is given to, by any of its names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Text>,
    /// The group it is given to, by any of its ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Text>,
    /// What may be done.
    pub right: Right,
    /// With which devices: any of these.
    pub on: Vec<Scope>,
    /// Until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// One thing that a directory or a list says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// There is an account.
    Account(Box<Account>),
    /// There is a group.
    Group(Box<Group>),
    /// A right is given.
    Grant {
        /// The right.
        grant: Box<Grant>,
        /// Where it was read.
        place: Place,
    },
}

/// A keyed fingerprint of a secret: equal secrets of one site have equal ones. The first 64 bits of HMAC-SHA-256; the key stays with
/// whoever keeps the site, and without it nobody can try passwords on a fingerprint. Of two different secrets the fingerprints are equal
/// once in 2⁶⁴ pairs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretMark(pub u64);

impl fmt::Display for SecretMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_as_they_are_read() {
        for text in [
            "any",
            "zone:cell-1",
            "role:plc",
            "level:3.5",
            "10.0.1.0/24",
            "10.0.1.5",
            "00:80:f4:00:00:01",
            "PLC-*",
        ] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        assert_eq!("10.0.1.5".parse(), Ok(Scope::Device("10.0.1.5".parse().unwrap())));
        assert_eq!("plc-1".parse(), Ok(Scope::Name("plc-1".into())));
        for text in ["", "zone:", "zone:a b", "role:boss", "level:9", "level:x"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn rights_are_ordered() {
        assert!(Right::ALL.is_sorted() && Right::View < Right::Administer);
    }
}
