//! The browser service: stations announce themselves and their domain.
//! Sources: MS-BRWS 2.2 (announcements); MS-CIFS 2.2.4.33 (transactions).

use crate::emit::{Emit, Operations, Phase, Whom};
use crate::reader::{Read, Reader, Short, le16};
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};

/// SMB transaction on the browser's mailslot (MS-CIFS 2.2.4.33.1; MS-BRWS 2.1).
pub(super) fn read(smb: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    if !smb.starts_with(b"\xffSMB\x25") {
        return Ok(());
    }
    // After the header of 32 bytes and the word count: the data's length and offset are words 11 and 12.
    let mut r = Reader::new(smb);
    r.skip(33)?;
    let words = r.sub(34)?;
    let (length, offset) = (le16(words.rest(), 22).ok_or(Short)?, le16(words.rest(), 24).ok_or(Short)?);
    let slot = r.rest().windows(16).take(8).any(|w| w.eq_ignore_ascii_case(b"\\MAILSLOT\\BROWSE"));
    let Some(data) = smb.get(usize::from(offset)..).filter(|_| slot) else { return Ok(()) };
    announcement(data.get(..usize::from(length)).unwrap_or(data), emit)
}

/// Host, domain and local master announcements (MS-BRWS 2.2.1, 2.2.6, 2.2.10).
fn announcement(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    let kind = r.u8()?;
    emit.operation(&ANNOUNCEMENTS, kind.into(), Phase::Request);
    if !matches!(kind, 1 | 12 | 15) {
        return Ok(());
    }
    r.skip(5)?;
    let name = zero_ended(r.take(16)?);
    let version = r.take(2)?;
    if kind == 12 {
        emit.text(Whom::Sender, Attribute::Domain, name, "browser.server");
        return Ok(());
    }
    emit.text(Whom::Sender, Attribute::Hostname, name, "browser.server");
    if let [major, minor] = version {
        let text = Text::new(&format!("Windows NT {major}.{minor}"));
        emit.claim(Whom::Sender, Attribute::Os, text, version, "browser.os_major", Confidence::LIKELY);
    }
    r.skip(4 + 2 + 2)?;
    emit.text(Whom::Sender, Attribute::Description, zero_ended(r.rest()), "browser.comment");
    Ok(())
}

fn zero_ended(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == 0).next().unwrap_or_default()
}

/// MS-BRWS 2.2.
static ANNOUNCEMENTS: Operations = Operations {
    prefix: "browser",
    list: &[
        Operation::new("host_announcement", 1, Class::Discovery),
        Operation::new("announcement_request", 2, Class::Discovery),
        Operation::new("election", 8, Class::Discovery),
        Operation::new("get_backup_list", 9, Class::Discovery),
        Operation::new("backup_list", 10, Class::Discovery),
        Operation::new("become_backup", 11, Class::Discovery),
        Operation::new("domain_announcement", 12, Class::Discovery),
        Operation::new("local_master_announcement", 15, Class::Discovery),
    ],
};
