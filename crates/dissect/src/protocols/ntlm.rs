//! NTLM messages inside other protocols (SMB, DCE/RPC, HTTP, LDAP): who the server is, and who signs in. Source: MS-NLMP.
//!
//! Hashes and keys are passed over; only names and the version are read.

use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader, Short};
use model::observation::Mechanism;
use model::{Attribute, Confidence, Text};

/// MS-NLMP 2.2.1: every message begins with it, wherever SPNEGO or another wrapper puts it.
const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// How far into a security blob the message may begin.
const WRAPPER_MAX: usize = 512;

/// MS-NLMP 2.2.2.5.
mod flag {
    pub(super) const UNICODE: u32 = 0x0000_0001;
    pub(super) const VERSION: u32 = 0x0200_0000;
}

/// Attribute-value pairs of the target information (MS-NLMP 2.2.2.1).
mod pair {
    pub(super) const END: u16 = 0;
    pub(super) const NETBIOS_COMPUTER: u16 = 1;
    pub(super) const NETBIOS_DOMAIN: u16 = 2;
    pub(super) const DNS_COMPUTER: u16 = 3;
    pub(super) const DNS_DOMAIN: u16 = 4;
}

/// Someone who signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Login {
    /// `DOMAIN\user`, or the user alone; empty when anonymous.
    pub(super) name: Text,
    pub(super) mechanism: Mechanism,
}

impl Login {
    /// Tells of the sign-in. The secret is a response to a challenge, never the password itself.
    pub(super) fn tell(&self, accepted: Option<bool>, witness: &[u8], emit: &mut Emit<'_>) {
        emit.sign_in(self.name.clone(), self.mechanism, true, accepted, witness);
    }
}

/// The part of a security blob that is an NTLM message.
pub(super) fn find(blob: &[u8]) -> Option<&[u8]> {
    let window = blob.get(..WRAPPER_MAX).unwrap_or(blob);
    let at = window.windows(SIGNATURE.len()).position(|w| w == SIGNATURE)?;
    blob.get(at..)
}

/// Reads a security blob that may hold an NTLM message. Tells what the hosts say of themselves; who signs in is for the caller, who
/// knows the answer.
pub(super) fn read(blob: &[u8], emit: &mut Emit<'_>) -> Option<Login> {
    let message = find(blob)?;
    match Reader::new(message.get(SIGNATURE.len()..)?).u32_le().ok()? {
        2 => {
            challenge(message, emit).ok();
            None
        }
        3 => authenticate(message, emit).ok(),
        _ => None,
    }
}

/// Length, allocated length, offset (MS-NLMP 2.2.1.1): the bytes that a field stands for.
fn field<'a>(r: &mut Reader<'_>, message: &'a [u8]) -> Read<&'a [u8]> {
    let length = r.u16_le()?;
    r.skip(2)?;
    let offset = usize::try_from(r.u32_le()?).map_err(|_| Short)?;
    let end = offset.checked_add(length.into()).ok_or(Short)?;
    message.get(offset..end).ok_or(Short)
}

fn text(bytes: &[u8], flags: u32) -> Text {
    if flags & flag::UNICODE == 0 { Text::from_wire(bytes) } else { Text::from_utf16le(bytes) }
}

/// MS-NLMP 2.2.1.2, from the server.
fn challenge(message: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(message);
    r.skip(12)?;
    field(&mut r, message).ok();
    let flags = r.u32_le()?;
    r.skip(16)?;
    let info = field(&mut r, message)?;
    version(&mut r, flags, emit);
    let mut r = Reader::new(info);
    let mut computer = Text::new("");
    loop {
        let (id, length) = (r.u16_le()?, r.u16_le()?);
        let value = r.take(length.into())?;
        let name = Text::from_utf16le(value);
        let (attribute, field) = match id {
            pair::END => return Ok(()),
            pair::NETBIOS_COMPUTER => (Attribute::Hostname, "ntlmssp.challenge.target_info.nb_computer_name"),
            pair::DNS_COMPUTER => (Attribute::Hostname, "ntlmssp.challenge.target_info.dns_computer_name"),
            pair::NETBIOS_DOMAIN => (Attribute::Domain, "ntlmssp.challenge.target_info.nb_domain_name"),
            pair::DNS_DOMAIN => (Attribute::Domain, "ntlmssp.challenge.target_info.dns_domain_name"),
            _ => continue,
        };
        // A host outside any domain gives its own name as the domain (MS-NLMP 2.2.2.1).
        if attribute == Attribute::Hostname {
            computer = name.clone();
        } else if name.as_str().eq_ignore_ascii_case(computer.as_str()) {
            continue;
        }
        emit.identity(Whom::Sender, attribute, name, value, field);
    }
}

/// MS-NLMP 2.2.1.3, from the client.
fn authenticate(message: &[u8], emit: &mut Emit<'_>) -> Read<Login> {
    let mut r = Reader::new(message);
    r.skip(12 + 8 + 8)?;
    let domain = field(&mut r, message)?;
    let user = field(&mut r, message)?;
    let workstation = field(&mut r, message)?;
    r.skip(8)?;
    // Old clients end here and speak the code page of their country.
    let flags = r.u32_le().unwrap_or(0);
    version(&mut r, flags, emit);
    let host = text(workstation, flags);
    emit.claim(
        Whom::Sender,
        Attribute::Hostname,
        host,
        workstation,
        "ntlmssp.auth.hostname",
        Confidence::LIKELY,
    );
    let (domain, user) = (text(domain, flags), text(user, flags));
    let mechanism = if user.is_empty() { Mechanism::Anonymous } else { Mechanism::Ntlm };
    let name = match (domain.is_empty(), user.is_empty()) {
        (false, false) => Text::new(&format!("{domain}\\{user}")),
        _ => user,
    };
    Ok(Login { name, mechanism })
}

/// MS-NLMP 2.2.2.10. Other systems than Windows give a version of Windows here, too.
fn version(r: &mut Reader<'_>, flags: u32, emit: &mut Emit<'_>) {
    let bytes = r.rest().get(..4).unwrap_or_default();
    if flags & flag::VERSION == 0 {
        return;
    }
    if let &[major, minor, low, high] = bytes
        && major != 0
    {
        let build = u16::from_le_bytes([low, high]);
        let os = Text::new(&format!("Windows {major}.{minor} build {build}"));
        emit.claim(Whom::Sender, Attribute::Os, os, bytes, "ntlmssp.version", Confidence::LIKELY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_inside_the_message() {
        let message = b"NTLMSSP\0\x02\0\0\0";
        for (descriptor, expected) in [
            ([4, 0, 4, 0, 0, 0, 0, 0], Some(&b"NTLM"[..])),
            ([4, 0, 4, 0, 10, 0, 0, 0], None),
            ([255, 255, 0, 0, 255, 255, 255, 255], None),
        ] {
            assert_eq!(field(&mut Reader::new(&descriptor), message).ok(), expected);
        }
    }

    #[test]
    fn a_message_is_found_inside_a_wrapper() {
        let wrapped = [&[0x60, 0x28, 6, 6][..], SIGNATURE, &[1, 0, 0, 0]].concat();
        assert_eq!(find(&wrapped).map(<[u8]>::len), Some(12));
        assert_eq!(find(b"no such message"), None);
        let late = [&[0; WRAPPER_MAX][..], SIGNATURE].concat();
        assert_eq!(find(&late), None);
    }

    #[test]
    fn text_is_in_two_encodings() {
        assert_eq!(text(b"H\0M\0I\0", flag::UNICODE).as_str(), "HMI");
        assert_eq!(text(b"HMI", 0).as_str(), "HMI");
    }
}
