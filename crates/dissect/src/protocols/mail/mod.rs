//! Mail: SMTP, POP3 and IMAP. Who signs in, what serves; the messages themselves are passed over.

mod access;
mod smtp;

pub(super) use access::{Imap, Pop3};
pub(super) use smtp::Smtp;

use super::tls::TlsSession;
use crate::emit::Emit;
use crate::protocol::{Input, Progress, Session};
use data_encoding::BASE64;
use model::Text;
use model::observation::Mechanism;

/// Longest credentials that are decoded.
const CREDENTIALS_MAX: usize = 4096;

/// A stream that went over to TLS.
#[derive(Default)]
struct Upgrade(Option<Box<TlsSession>>);

impl Upgrade {
    fn start(&mut self) {
        self.0 = Some(Box::default());
    }

    /// `None` while the stream is still plain.
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Option<Progress> {
        let tls = self.0.as_mut()?;
        Some(match tls.read(input, emit) {
            Progress::Lost => Progress::Took(usize::MAX),
            progress => progress,
        })
    }

    fn held(&self) -> usize {
        self.0.as_ref().map_or(0, |tls| tls.held())
    }
}

/// The user name in the credentials of SASL PLAIN: the second of three parts, of which the third is the password (RFC 4616 §2).
fn plain_user(token: &[u8], emit: &mut Emit<'_>) -> Option<Text> {
    let decoded = decoded(token)?;
    let mut parts = decoded.splitn(3, |&b| b == 0).skip(1);
    let user = Text::from_wire(parts.next()?);
    emit.secret(user.clone(), Mechanism::Username, parts.next().unwrap_or_default(), token);
    Some(user)
}

fn decoded(token: &[u8]) -> Option<Vec<u8>> {
    if token.is_empty() || token.len() > CREDENTIALS_MAX { None } else { BASE64.decode(token).ok() }
}

/// A user who waits for an answer.
#[derive(Default)]
struct Waiting(Option<Text>);

impl Waiting {
    fn ask(&mut self, user: Text, witness: &[u8], emit: &mut Emit<'_>) {
        emit.sign_in(user.clone(), Mechanism::Username, false, None, witness);
        self.0 = Some(user);
    }

    /// The password of the user who waits, as its bytes show it in `witness`.
    fn secret(&self, secret: &[u8], witness: &[u8], emit: &mut Emit<'_>) {
        if let Some(user) = &self.0 {
            emit.secret(user.clone(), Mechanism::Username, secret, witness);
        }
    }

    fn answer(&mut self, accepted: bool, witness: &[u8], emit: &mut Emit<'_>) {
        if let Some(user) = self.0.take() {
            emit.sign_in(user, Mechanism::Username, false, Some(accepted), witness);
        }
    }
}
