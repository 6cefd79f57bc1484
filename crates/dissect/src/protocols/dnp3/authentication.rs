//! Secure Authentication: challenges and their answers, session keys, users. Source: IEEE 1815-2012, 7 (procedures) and A.45 (objects of
//! group 120). Keys, challenges and message authentication codes are never kept.

use crate::emit::{Emit, Operations, Phase, Whom};
use crate::reader::{Read, Reader, byte};
use model::observation::Mechanism;
use model::{Attribute, Operation, OperationClass as Class, Text};

/// Group of authentication objects.
const GROUP: u8 = 120;
/// Qualifiers (§4.2.2.7.3.4): a count of objects; a count of objects that each have their length before them.
const COUNT: u8 = 0x07;
const FREE_FORMAT: u8 = 0x5b;
/// Authentications that wait for their outcome in one conversation.
const WAITING_MAX: usize = 16;

/// Variations of group 120 (A.45).
pub(super) mod variation {
    pub(crate) const CHALLENGE: u8 = 1;
    pub(crate) const REPLY: u8 = 2;
    pub(crate) const AGGRESSIVE: u8 = 3;
    pub(crate) const KEY_STATUS_REQUEST: u8 = 4;
    pub(crate) const KEY_STATUS: u8 = 5;
    pub(crate) const KEY_CHANGE: u8 = 6;
    pub(crate) const ERROR: u8 = 7;
    pub(crate) const CERTIFICATE: u8 = 8;
    pub(crate) const USER_STATUS: u8 = 10;
    pub(crate) const UPDATE_KEY: std::ops::RangeInclusive<u8> = 11..=15;
}

/// The first object of a fragment, when it is of group 120.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) variation: u8,
    pub(super) content: &'a [u8],
}

/// Reads the object at the front, which is then passed over. What it is not of group 120 stays.
pub(super) fn object<'a>(r: &mut Reader<'a>) -> Read<Option<Object<'a>>> {
    if byte(r.rest(), 0) != Some(GROUP) {
        return Ok(None);
    }
    r.skip(1)?;
    let (variation, qualifier, _count) = (r.u8()?, r.u8()?, r.u8()?);
    let content = match (qualifier, variation) {
        (FREE_FORMAT, _) => {
            let length = r.u16_le()?;
            r.take(length.into())?
        }
        // A.45.3 and A.45.4: the two of fixed length.
        (COUNT, variation::AGGRESSIVE) => r.take(6)?,
        (COUNT, variation::KEY_STATUS_REQUEST) => r.take(2)?,
        _ => r.up_to(usize::MAX),
    };
    Ok(Some(Object { variation, content }))
}

/// An authentication without an outcome yet.
struct Waiting {
    master: u16,
    outstation: u16,
    user: u16,
    how: How,
}

/// How a user proves who they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Reply,
    Aggressive,
    KeyChange,
}

impl How {
    fn operation(self) -> (&'static Operations, u32) {
        match self {
            Self::Reply => (&REPLY, REQUEST.into()),
            Self::Aggressive => (&AGGRESSIVE, AGGRESSIVE_CODE),
            Self::KeyChange => (&KEY_CHANGE, REQUEST.into()),
        }
    }
}

/// What a conversation remembers of its authentications.
#[derive(Default)]
pub(super) struct Authentication {
    waiting: Vec<Waiting>,
}

impl Authentication {
    /// What a master sends with function 32 or 33. The operation is named after the object.
    pub(super) fn request(
        &mut self,
        code: u8,
        object: Option<Object<'_>>,
        ends: (u16, u16),
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        let Some(object) = object else {
            emit.operation(&super::application::OPERATIONS, code.into(), Phase::Request);
            return Ok(());
        };
        emit.operation(named(object.variation), REQUEST.into(), Phase::Request);
        match object.variation {
            variation::KEY_CHANGE => self.wait(How::KeyChange, object, ends),
            variation::REPLY => self.wait(How::Reply, object, ends),
            _ => Ok(()),
        }
    }

    /// The object before those of a request that proves its sender by itself, whatever its function (7.5.2.6).
    pub(super) fn aggressive(
        &mut self,
        object: Object<'_>,
        ends: (u16, u16),
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        emit.operation(&AGGRESSIVE, AGGRESSIVE_CODE, Phase::Request);
        self.wait(How::Aggressive, object, ends)
    }

    /// All three objects begin with sequence number and user.
    fn wait(&mut self, how: How, object: Object<'_>, (master, outstation): (u16, u16)) -> Read<()> {
        let mut r = Reader::new(object.content);
        r.skip(4)?;
        let user = r.u16_le()?;
        self.waiting.retain(|w| w.how != how || (w.master, w.outstation) != (master, outstation));
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push(Waiting { master, outstation, user, how });
        }
        Ok(())
    }

    /// What an outstation sends with function 131.
    pub(super) fn response(
        &mut self,
        object: Object<'_>,
        ends: (u16, u16),
        whom: Whom,
        emit: &mut Emit<'_>,
    ) -> Read<()> {
        let mut r = Reader::new(object.content);
        match object.variation {
            variation::CHALLENGE => {
                emit.operation(&CHALLENGE, RESPONSE.into(), Phase::Request);
                policy("challenge and reply", 6, &mut r, whom, emit)
            }
            variation::KEY_STATUS => {
                r.skip(7)?;
                let good = r.u8()? == KEY_GOOD;
                if !self.outcome(How::KeyChange, ends, good, object.content, emit) {
                    emit.operation(&KEY_STATUS, REQUEST.into(), Phase::Response);
                }
                policy("session keys", 0, &mut r, whom, emit)
            }
            variation::ERROR => {
                emit.operation(&super::application::OPERATIONS, RESPONSE.into(), Phase::Error);
                for how in [How::Reply, How::Aggressive, How::KeyChange] {
                    self.outcome(how, ends, false, object.content, emit);
                }
                Ok(())
            }
            other => {
                emit.operation(named(other), REQUEST.into(), Phase::Response);
                Ok(())
            }
        }
    }

    /// The outstation answers the request itself, so that the proof was good (7.5.2.5).
    pub(super) fn answered(&mut self, ends: (u16, u16), witness: &[u8], emit: &mut Emit<'_>) {
        self.outcome(How::Reply, ends, true, witness, emit);
        self.outcome(How::Aggressive, ends, true, witness, emit);
    }

    /// Whether somebody waited for it.
    fn outcome(
        &mut self,
        how: How,
        (master, outstation): (u16, u16),
        good: bool,
        witness: &[u8],
        emit: &mut Emit<'_>,
    ) -> bool {
        let same = |w: &Waiting| w.how == how && (w.master, w.outstation) == (master, outstation);
        let Some(at) = self.waiting.iter().position(same) else { return false };
        let waiting = self.waiting.remove(at);
        let (table, code) = how.operation();
        emit.operation(table, code, if good { Phase::Response } else { Phase::Error });
        let name = Text::new(&format!("user {}", waiting.user));
        emit.sign_in(name, Mechanism::Key, false, Some(good), witness);
        true
    }
}

/// How the sender wants to be convinced, from the octet with the algorithm at `at` (A.45.1: MAL).
fn policy(how: &str, at: usize, r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    r.skip(at)?;
    let witness = r.take(1)?;
    let algorithm = match byte(witness, 0) {
        // 0: no code yet, as long as there is no session key.
        Some(0) | None => return Ok(()),
        Some(1) => "HMAC-SHA-1, 4 octets",
        Some(2) => "HMAC-SHA-1, 10 octets",
        Some(3) => "HMAC-SHA-256, 8 octets",
        Some(4) => "HMAC-SHA-256, 16 octets",
        Some(5) => "HMAC-SHA-1, 8 octets",
        Some(6) => "AES-GMAC, 12 octets",
        Some(_) => "unknown algorithm",
    };
    let text = Text::new(&format!("secure authentication, {how}, {algorithm}"));
    emit.identity(whom, Attribute::SecurityPolicy, text, witness, "dnp3.al.sa.mal");
    Ok(())
}

fn named(code: u8) -> &'static Operations {
    match code {
        variation::CHALLENGE => &CHALLENGE_BY_MASTER,
        variation::REPLY => &REPLY,
        variation::KEY_STATUS_REQUEST => &KEY_STATUS,
        variation::KEY_CHANGE => &KEY_CHANGE,
        variation::CERTIFICATE => &CERTIFICATE,
        variation::USER_STATUS => &USER_STATUS,
        v if variation::UPDATE_KEY.contains(&v) => &UPDATE_KEY,
        _ => &super::application::OPERATIONS,
    }
}

/// Functions (§4.4.4). What function 33 asks is the same, without an answer.
const REQUEST: u8 = 32;
const RESPONSE: u8 = 131;
/// Group and variation: no function of its own.
const AGGRESSIVE_CODE: u32 = 0x7803;
/// A.45.5: state of the session keys. 2 is none yet, 3 a lost connection, 4 a failed authentication.
const KEY_GOOD: u8 = 1;

macro_rules! one {
    ($($name:ident: $word:literal, $code:expr, $class:ident;)*) => {$(
        pub(super) static $name: Operations =
            Operations { prefix: "function", list: &[Operation::new($word, $code, Class::$class)] };
    )*};
}

one! {
    CHALLENGE: "authentication_challenge", 131, Authentication;
    CHALLENGE_BY_MASTER: "challenge_of_outstation", 32, Authentication;
    REPLY: "authentication_reply", 32, Authentication;
    AGGRESSIVE: "aggressive_mode_request", AGGRESSIVE_CODE, Authentication;
    KEY_STATUS: "session_key_status", 32, Session;
    KEY_CHANGE: "session_key_change", 32, Authentication;
    CERTIFICATE: "user_certificate", 32, Configuration;
    USER_STATUS: "user_status_change", 32, Configuration;
    UPDATE_KEY: "update_key_change", 32, Configuration;
}

#[cfg(test)]
mod tests {
    use super::super::Dnp3;
    use super::super::tests::{master, outstation};
    use crate::protocols::testing::Bench;

    /// Transport and application head, then a free-format object of group 120.
    fn fragment(head: &[u8], variation: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[0xc0, 0xc0][..], head, &[120, variation, 0x5b, 1, length, 0], content].concat()
    }

    /// Key status, key change, and a control that is challenged (7.5.2, figures 7-5 and 7-6).
    fn exchange(status: u8) -> Bench {
        let mut b = Bench::new(&Dnp3);
        b.client(&master(b"\xc0\xc0\x20\x78\x04\x07\x01\x01\x00"));
        let key = |status| [&[1, 0, 0, 0, 1, 0, 2, status, 4, 4, 0][..], &[9; 20]].concat();
        b.server(&outstation(&fragment(b"\x83\0\0", 5, &key(2))));
        b.client(&master(&fragment(b"\x20", 6, &[&[1, 0, 0, 0, 1, 0][..], &[7; 40]].concat())));
        b.server(&outstation(&fragment(b"\x83\0\0", 5, &key(status))));
        b
    }

    #[test]
    fn session_keys_and_challenge() {
        let mut b = exchange(1);
        b.client(&master(b"\xc1\xc1\x05\x0c\x01\x17\x01\x00\x03\x01\0\0\0\0\0\0\0\0\0"));
        b.server(&outstation(&fragment(b"\x83\0\0", 1, &[2, 0, 0, 0, 1, 0, 4, 1, 5, 5, 5, 5])));
        b.client(&master(&fragment(b"\x20", 2, &[&[2, 0, 0, 0, 3, 0][..], &[7; 16]].concat())));
        b.server(&outstation(b"\xc1\xc1\x81\0\0\x0c\x01\x17\x01\x00\x03\x01\0\0\0\0\0\0\0\0\0"));
        assert_eq!(
            b.operations(),
            [
                "authentication_challenge 1/0/0",
                "authentication_reply 1/1/0",
                "direct_operate 1/1/0",
                "session_key_change 1/1/0",
                "session_key_status 1/1/0",
            ]
        );
        let facts = b.facts();
        for how in ["session keys", "challenge and reply"] {
            let fact =
                format!("server security_policy secure authentication, {how}, HMAC-SHA-256, 16 octets");
            assert!(facts.contains(&fact), "{facts:?}");
        }
        let found: Vec<_> = b.sign_ins().iter().map(|s| (s.name.to_string(), s.accepted)).collect();
        assert_eq!(found, [("user 1".into(), Some(true)), ("user 3".into(), Some(true))]);
        assert_eq!(b.malformed(), 0);
    }

    #[test]
    fn refused() {
        let mut b = exchange(4);
        b.client(&master(b"\xc1\xc1\x02\x78\x03\x07\x01\x05\0\0\0\x02\0\x32\x01\x07\x01\0\0\0\0\0\0"));
        let error = [&[5, 0, 0, 0, 2, 0, 1, 0, 1][..], &[0; 6], b"no"].concat();
        b.server(&outstation(&fragment(b"\x83\0\0", 7, &error)));
        assert_eq!(
            b.operations(),
            [
                "aggressive_mode_request 1/1/1",
                "authentication_response 0/1/1",
                "session_key_change 1/1/1",
                "session_key_status 1/1/0",
                "write_time 1/0/0",
            ]
        );
        let found: Vec<_> = b.sign_ins().iter().map(|s| (s.name.to_string(), s.accepted)).collect();
        assert_eq!(found, [("user 1".into(), Some(false)), ("user 2".into(), Some(false))]);
    }
}
