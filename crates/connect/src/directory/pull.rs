//! Reading a directory over LDAP (RFC 4511): bind, one paged search (RFC 2696), unbind. Nothing is ever changed there.
//!
//! Pure about the network: [`Wire`] sends and receives messages; [`crate::transport::ldap`] is the one with a socket. Referrals are not
//! followed: they would lead the password to hosts that nobody named.

use super::{Entry, LISTED_MAX, NEEDED};
use crate::cmdb::Error;
use crate::transport::Secret;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapExtendedRequest, LdapMsg, LdapOp, LdapResult,
    LdapResultCode, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope,
};

/// Extended operation that turns a connection to TLS (RFC 4511, 4.14.1).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Entries asked for at a time: Active Directory gives 1000 at most (MS-ADTS 3.1.1.3.4.6, MaxPageSize).
const PAGE: i64 = 500;
/// Pages of one reading at most: a server that always has a next page is not followed for ever.
const PAGES_MAX: usize = 20_000;
/// Bytes of names and values taken in one reading.
const BYTES_MAX: usize = super::FILE_BYTES_MAX;
/// Longest piece of a server's words that is shown, in characters.
const SAID_MAX: usize = 300;
/// What may be an account or a group, in every kind of directory that is understood.
const FILTER: &str = "(|(objectClass=person)(objectClass=posixAccount)(objectClass=account)(objectClass=computer)\
    (objectClass=simpleSecurityObject)(objectClass=msDS-GroupManagedServiceAccount)(objectClass=group)\
    (objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup))";

/// A connection to a directory.
pub trait Wire {
    /// Sends a message.
    ///
    /// # Errors
    /// The connection broke off.
    fn send(&mut self, message: LdapMsg) -> Result<(), Error>;

    /// The next message.
    ///
    /// # Errors
    /// None came in time, it is too large, or it is no LDAP.
    fn receive(&mut self) -> Result<LdapMsg, Error>;

    /// Goes on under TLS.
    ///
    /// # Errors
    /// The server's certificate is not vouched for, or there is no TLS.
    fn secure(&mut self) -> Result<(), Error>;
}

/// What to read, and as whom.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where to begin, such as `dc=plant,dc=example`.
    pub base: String,
    /// Distinguished name (or, at Active Directory, user principal name) to bind as, and its password; `None` for nobody.
    pub bind: Option<(String, Secret)>,
    /// Goes over to TLS before anything else.
    pub start_tls: bool,
    /// What to search for (RFC 4515), in place of every account and group.
    pub filter: Option<String>,
}

/// How a reading went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pulled {
    /// Entries taken.
    pub entries: usize,
    /// What is missing, one sentence each.
    pub problems: Vec<String>,
}

/// Reads a directory; entries go to `take` as they come.
///
/// # Errors
/// The server refuses or does not answer as it should, `take` fails, or there is more than one reading takes.
pub fn pull(
    wire: &mut dyn Wire,
    settings: &Settings,
    take: &mut dyn FnMut(&Entry) -> Result<(), Error>,
) -> Result<Pulled, Error> {
    let mut reading = Reading { wire, id: 0, bytes: 0, referrals: 0, out: Pulled::default() };
    if settings.start_tls {
        reading.start_tls()?;
    }
    if let Some((name, password)) = &settings.bind {
        reading.bind(name, password)?;
    }
    reading.search(settings, take)?;
    // The server need not answer, and may be gone.
    let _ = reading.send(LdapOp::UnbindRequest, Vec::new());
    if reading.referrals > 0 {
        let note = format!("{} referrals to other servers were not followed", reading.referrals);
        reading.out.problems.push(note);
    }
    Ok(reading.out)
}

struct Reading<'w> {
    wire: &'w mut dyn Wire,
    id: i32,
    bytes: usize,
    referrals: usize,
    out: Pulled,
}

/// What one message of a search's answer is.
enum Piece {
    More,
    /// The cookie of the next page; empty at the last.
    End(Vec<u8>),
}

impl Reading<'_> {
    fn send(&mut self, op: LdapOp, ctrl: Vec<LdapControl>) -> Result<(), Error> {
        self.id += 1;
        self.wire.send(LdapMsg { msgid: self.id, op, ctrl })
    }

    /// The next answer to what was sent last. Number 0 is the server's own word: it says why it hangs up (RFC 4511, 4.4.1).
    fn receive(&mut self) -> Result<LdapMsg, Error> {
        let message = self.wire.receive()?;
        match message.op {
            LdapOp::ExtendedResponse(response) if message.msgid == 0 => {
                Err(Error::Refused(format!("the directory hangs up: {}", said(&response.res))))
            }
            _ if message.msgid != self.id => {
                Err(Error::Unexpected("the directory answers something that was not asked".into()))
            }
            _ => Ok(message),
        }
    }

    fn start_tls(&mut self) -> Result<(), Error> {
        let request = LdapExtendedRequest { name: START_TLS.to_owned(), value: None };
        self.send(LdapOp::ExtendedRequest(request), Vec::new())?;
        match self.receive()?.op {
            LdapOp::ExtendedResponse(response) if response.res.code == LdapResultCode::Success => {
                self.wire.secure()
            }
            LdapOp::ExtendedResponse(response) => {
                Err(Error::Refused(format!("the directory refuses StartTLS: {}", said(&response.res))))
            }
            _ => Err(unexpected()),
        }
    }

    fn bind(&mut self, name: &str, password: &Secret) -> Result<(), Error> {
        let cred = LdapBindCred::Simple(password.expose().to_owned());
        let request = LdapBindRequest { version: 3, dn: name.to_owned(), cred };
        self.send(LdapOp::BindRequest(request), Vec::new())?;
        match self.receive()?.op {
            LdapOp::BindResponse(response) if response.res.code == LdapResultCode::Success => Ok(()),
            LdapOp::BindResponse(response) => Err(Error::Refused(refusal(&response.res))),
            _ => Err(unexpected()),
        }
    }

    fn search(
        &mut self,
        settings: &Settings,
        take: &mut dyn FnMut(&Entry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let words = settings.filter.as_deref().unwrap_or(FILTER);
        let filter = ldap3_proto::parse_ldap_filter_str(words)
            .map_err(|_| Error::one(format!("the filter {words} is none (RFC 4515)")))?;
        let request = LdapSearchRequest {
            base: settings.base.clone(),
            scope: LdapSearchScope::Subtree,
            aliases: LdapDerefAliases::Never,
            sizelimit: 0,
            timelimit: 0,
            typesonly: false,
            filter,
            attrs: NEEDED.iter().map(|name| (*name).to_owned()).collect(),
        };
        let mut cookie = Vec::new();
        for _ in 0..PAGES_MAX {
            let paged = LdapControl::SimplePagedResults { size: PAGE, cookie };
            self.send(LdapOp::SearchRequest(request.clone()), vec![paged])?;
            cookie = loop {
                match self.piece(take)? {
                    Piece::More => {}
                    Piece::End(cookie) => break cookie,
                }
            };
            if cookie.is_empty() {
                return Ok(());
            }
        }
        Err(Error::Unexpected(format!("more than {PAGES_MAX} pages: the directory's answer does not end")))
    }

    fn piece(&mut self, take: &mut dyn FnMut(&Entry) -> Result<(), Error>) -> Result<Piece, Error> {
        let message = self.receive()?;
        match message.op {
            LdapOp::SearchResultEntry(found) => {
                let entry = entry(found);
                self.bytes +=
                    entry.dn.len() + entry.attributes.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>();
                self.out.entries += 1;
                if self.out.entries > LISTED_MAX || self.bytes > BYTES_MAX {
                    return Err(Error::Unexpected(format!(
                        "more than {LISTED_MAX} entries or {} MiB: read it in parts, by --base or --filter",
                        BYTES_MAX >> 20
                    )));
                }
                take(&entry).map(|()| Piece::More)
            }
            LdapOp::SearchResultReference(_) => {
                self.referrals += 1;
                if self.referrals > LISTED_MAX {
                    return Err(Error::Unexpected("the directory's referrals do not end".into()));
                }
                Ok(Piece::More)
            }
            LdapOp::SearchResultDone(result) => self.end(&result, message.ctrl),
            _ => Err(unexpected()),
        }
    }

    fn end(&mut self, result: &LdapResult, controls: Vec<LdapControl>) -> Result<Piece, Error> {
        let limit = match result.code {
            LdapResultCode::Success => None,
            LdapResultCode::SizeLimitExceeded | LdapResultCode::AdminLimitExceeded => Some("entries"),
            LdapResultCode::TimeLimitExceeded => Some("time"),
            _ => return Err(Error::Refused(refusal(result))),
        };
        if let Some(limit) = limit {
            self.out.problems.push(format!(
                "the directory gives no more: its limit of {limit} is reached, and what comes after is missing ({})",
                said(result)
            ));
            return Ok(Piece::End(Vec::new()));
        }
        let next = controls.into_iter().find_map(|control| match control {
            LdapControl::SimplePagedResults { cookie, .. } => Some(cookie),
            _ => None,
        });
        Ok(Piece::End(next.unwrap_or_default()))
    }
}

fn unexpected() -> Error {
    Error::Unexpected("the directory answers with a message of another kind".into())
}

/// What was found, without what was not asked for: some servers send more.
fn entry(found: LdapSearchResultEntry) -> Entry {
    let mut attributes = Vec::new();
    for attribute in found.attributes {
        // Options such as `;range=0-1499` (MS-ADTS 3.1.1.3.1.3.3) are not part of the name.
        let name = attribute.atype.split(';').next().unwrap_or_default().to_ascii_lowercase();
        if NEEDED.contains(&name.as_str()) {
            attributes.extend(attribute.vals.into_iter().map(|value| (name.clone(), value)));
        }
    }
    Entry { dn: found.dn, attributes, line: 0 }
}

/// Why it refused, in one sentence (RFC 4511, appendix A).
fn refusal(result: &LdapResult) -> String {
    let why = match result.code {
        LdapResultCode::InvalidCredentials => "the directory does not accept this name with this password",
        LdapResultCode::StrongerAuthRequired | LdapResultCode::ConfidentialityRequired => {
            "the directory wants an encrypted connection: use ldaps:// or --start-tls"
        }
        LdapResultCode::NoSuchObject => "there is no entry of that name in the directory: is the base right?",
        LdapResultCode::InvalidDNSyntax => "the base or the name to bind as is no distinguished name",
        LdapResultCode::InsufficentAccessRights => "this account may not read there",
        LdapResultCode::OperationsError => {
            "the directory wants a name and a password first: --bind-dn and --password-file"
        }
        LdapResultCode::InappropriateAuthentication => "the directory does not let in who has no password",
        LdapResultCode::Referral => {
            "the directory sends to another server, which is not followed: give the address of that one"
        }
        LdapResultCode::Busy | LdapResultCode::Unavailable => "the directory is busy: try again later",
        _ => "the directory refused",
    };
    format!("{why} ({})", said(result))
}

/// The server's own words, in one line.
fn said(result: &LdapResult) -> String {
    let words: String = result.message.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_control()).take(SAID_MAX).collect();
    let code = format!("{:?}", result.code);
    if words.is_empty() { format!("result {code}") } else { format!("result {code}: {words}") }
}
