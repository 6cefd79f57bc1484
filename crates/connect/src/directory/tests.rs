use super::ldif::{self, Entries};
use super::pull::{Settings, Wire, pull};
use super::*;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode, LdapSearchResultEntry,
};
use model::Text;
use model::access::{Account, AccountFlag, AccountKind, Grant, Group, Right};
use proptest::prelude::*;

/// As `ldapsearch` and `ldifde` write an Active Directory, folded and encoded.
const WINDOWS: &str = "version: 1\n\
# a comment\n that is folded\n\
\n\
dn: CN=Jo Bauer,OU=Engineering,DC=plant,DC=example\n\
objectClass: top\nobjectClass: person\nobjectClass: user\n\
cn: Jo Bauer\nsAMAccountName: j.bauer\nuserPrincipalName: j.bauer@plant.exam\n ple\n\
displayName:: SsO2cmcgQmF1ZXI=\n\
userAccountControl: 66050\naccountExpires: 9223372036854775807\nlastLogonTimestamp: 128930364000000000\n\
adminCount: 1\nprimaryGroupID: 513\nobjectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAUQQAAA==\n\
memberOf: CN=Engineers,DC=plant,DC=example\nunicodePwd:: AAAA\nuserPassword: secret\njpegPhoto:< file:///etc/passwd\n\
\n\
dn: CN=PC7,DC=plant,DC=example\nobjectClass: computer\nsAMAccountName: PC7$\nuserAccountControl: 4096\n\
\n\
dn: CN=Domain Users,DC=plant,DC=example\nobjectClass: group\nsAMAccountName: Domain Users\n\
objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAAQIAAA==\n\
\n\
dn: OU=Engineering,DC=plant,DC=example\nobjectClass: organizationalUnit\n";

fn ldif_of(text: &str) -> Directory {
    read(text.as_bytes(), "export.ldif", Form::Ldif, &Mapping::default()).unwrap()
}

fn accounts(directory: &Directory) -> Vec<&Account> {
    directory
        .listed
        .iter()
        .filter_map(|l| if let Listed::Account(a) = l { Some(a.as_ref()) } else { None })
        .collect()
}

fn groups(directory: &Directory) -> Vec<&Group> {
    directory
        .listed
        .iter()
        .filter_map(|l| if let Listed::Group(g) = l { Some(g.as_ref()) } else { None })
        .collect()
}

fn grants(directory: &Directory) -> Vec<&Grant> {
    directory
        .listed
        .iter()
        .filter_map(|l| if let Listed::Grant { grant, .. } = l { Some(grant.as_ref()) } else { None })
        .collect()
}

#[test]
fn accounts_of_active_directory() {
    let directory = ldif_of(WINDOWS);
    let [jo, pc] = accounts(&directory)[..] else { panic!("{directory:?}") };
    assert_eq!(
        (jo.name.as_str(), jo.domain.as_str(), jo.display_name.as_str()),
        ("j.bauer", "plant.example", "Jörg Bauer")
    );
    assert!(jo.aliases.contains(&Text::new("j.bauer@plant.example")));
    // 66050 is 0x10202: a normal account, disabled, whose password never expires.
    assert!(
        !jo.enabled
            && jo.flags.contains(&AccountFlag::PasswordNeverExpires)
            && jo.flags.contains(&AccountFlag::Protected)
    );
    assert_eq!((jo.expires, jo.kind), (None, AccountKind::Person));
    assert_eq!(jo.last_logon.unwrap().to_string(), "2009-07-25T23:00:00.000000Z");
    assert_eq!(jo.place.at.as_str(), "line 5");
    assert_eq!((pc.name.as_str(), pc.kind, pc.enabled), ("PC7$", AccountKind::Machine, true));
    let [users] = groups(&directory)[..] else { panic!("{directory:?}") };
    assert!(
        jo.groups.iter().any(|g| users.ids.contains(g)),
        "the primary group is in no memberOf: {jo:?} {users:?}"
    );
    assert_eq!(
        directory.problems,
        [(0, "1 entries are neither accounts nor groups and were left out".to_owned())]
    );
    assert!(!format!("{directory:?}").contains("secret"));
}

#[test]
fn accounts_of_other_directories() {
    let directory = ldif_of(
        "dn: uid=anna,ou=people,dc=plant,dc=example\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n\
         objectClass: shadowAccount\nuid: anna\ncn: Anna\ngidNumber: 500\nloginShell: /bin/bash\nshadowExpire: 20789\n\
         pwdChangedTime: 20260101000000Z\nauthTimestamp: 20261130120000Z\n\n\
         dn: uid=backup,ou=people,dc=plant,dc=example\nobjectClass: account\nobjectClass: posixAccount\nuid: backup\n\
         loginShell: /usr/sbin/nologin\npwdAccountLockedTime: 000001010000Z\n\n\
         dn: cn=ops,ou=groups,dc=plant,dc=example\nobjectClass: posixGroup\ncn: ops\ngidNumber: 500\nmemberUid: backup\n\n\
         dn: cn=all,ou=groups,dc=plant,dc=example\nobjectClass: groupOfNames\ncn: all\n\
         member: cn=ops,ou=groups,dc=plant,dc=example\n",
    );
    let [anna, backup] = accounts(&directory)[..] else { panic!("{directory:?}") };
    assert!(
        anna.enabled
            && anna.kind == AccountKind::Person
            && anna.groups.contains(&Text::new("gid:500@plant.example"))
    );
    assert_eq!(anna.expires.unwrap().to_string(), "2026-12-02T00:00:00.000000Z");
    assert_eq!(anna.last_logon.unwrap().to_string(), "2026-11-30T12:00:00.000000Z");
    assert!(!backup.enabled && backup.kind == AccountKind::Service);
    let [ops, all] = groups(&directory)[..] else { panic!("{directory:?}") };
    assert!(
        ops.ids.contains(&Text::new("gid:500@plant.example")) && ops.members.contains(&Text::new("backup"))
    );
    assert!(all.members.iter().any(|m| ops.ids.contains(m)));
}

#[test]
fn what_is_broken_is_named_and_the_rest_is_kept() {
    let directory = ldif_of(
        "dn: cn=a\nobjectClass: person\ncn: a\nno colon here\n\ndn: cn=b\nchangetype: delete\n\n\
         dn: cn=c\nobjectClass: person\ncn:: !!!\n\nuid: d\n\ndn: cn=e\ndn: cn=f\n\ndn: uid=g\nuid: g\nuserAccountControl: x\n",
    );
    let lines: Vec<u64> = directory.problems.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [4, 7, 11, 13, 16, 18], "{:?}", directory.problems);
    assert_eq!(accounts(&directory).iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["g"]);
    assert_eq!(directory.lines, 20);
}

#[test]
fn files_are_told_by_their_content() {
    let form = |bytes: &[u8]| form_of(bytes, &Mapping::default());
    assert_eq!(form(WINDOWS.as_bytes()), Some(Form::Ldif));
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(WINDOWS.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(form(&wide), Some(Form::Ldif));
    assert_eq!(accounts(&read(&wide, "w", Form::Ldif, &Mapping::default()).unwrap()).len(), 2);
    assert_eq!(form(b"User,Groups\njo,a;b\n"), Some(Form::List));
    assert_eq!(form(b"Group;Right;Assets\nops;view;any\n"), Some(Form::List));
    for other in
        ["IP,User,Name\n10.0.0.1,jo,plc\n", "name,vendor\nplc,Acme\n", "", "dnsmasq", "version: 1\nname: x\n"]
    {
        assert_eq!(form(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn lists_of_accounts_and_grants() {
    let text = "Accounts of 2026\nUser;Full name;Type;Active;Expires;Groups;Right;Assets;Until\n\
        j.bauer;Jo;person;yes;2027-01-31;Engineers|Ops;;;\n\
        j.bauer;;;;;Night;engineer;zone:cell-1|PLC-*;2026-12-31\n\
        svc;;service;no;never;;;;\n";
    let directory = read(text.as_bytes(), "accounts.csv", Form::List, &Mapping::default()).unwrap();
    let [jo, svc] = accounts(&directory)[..] else { panic!("{directory:?}") };
    assert_eq!(jo.groups.len(), 3, "two rows of one account");
    assert_eq!(jo.expires.unwrap().to_string(), "2027-01-31T00:00:00.000000Z");
    assert!(!svc.enabled && svc.kind == AccountKind::Service && svc.expires.is_none());
    let [grant] = grants(&directory)[..] else { panic!("{directory:?}") };
    assert_eq!((grant.right, grant.account.as_ref().unwrap().as_str()), (Right::Engineer, "j.bauer"));
    assert_eq!(grant.on.iter().map(ToString::to_string).collect::<Vec<_>>(), ["zone:cell-1", "PLC-*"]);
    assert_eq!(grant.id.as_str(), "row-4");
}

#[test]
fn every_wrong_cell_is_named() {
    let text = "User,Group,Type,Enabled,Expires,Right,Assets\njo,,boss,maybe,1.1.2027,rule,any\njo,ops,,,,view,any\n\
        jo,,,,,view,\njo,,,,,,any\njo,,,,,view,role:boss,more\n,,,,,view,any\n";
    let error = read(text.as_bytes(), "a.csv", Form::List, &Mapping::default()).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 11, "{error}");
    for (line, start) in lines.iter().zip([
        "row 2, column C: \"boss\"",
        "row 2, column D: \"maybe\"",
        "row 2, column E: \"1.1.2027\"",
        "row 2, column F: \"rule\"",
        "row 3, column A: a right is given to one",
        "row 4, column F: a right, and no devices",
        "row 5, column G: devices, and no right",
        "row 6, column H: there is no header",
        "row 6, column G",
        "row 7, column A",
        "nothing was imported",
    ]) {
        assert!(line.starts_with(start), "{line} for {start}");
    }
}

proptest! {
    /// Whatever entries are written, the same are read.
    #[test]
    fn what_is_written_is_read(
        dn in "[a-z]{1,5}=\\PC{0,120}",
        values in prop::collection::vec((prop::sample::select(NEEDED), prop::collection::vec(any::<u8>(), 0..200)), 0..8),
    ) {
        prop_assume!(!dn.ends_with(' '));
        let attributes = values.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
        let entry = Entry { dn, attributes, line: 3 };
        let mut out = Vec::new();
        ldif::begin(&mut out).unwrap();
        ldif::write(&entry, &mut out).unwrap();
        prop_assert!(out.split(|b| *b == b'\n').all(|line| line.len() <= 76));
        let text = String::from_utf8(out).unwrap();
        prop_assert!(ldif::is_ldif(text.as_bytes()));
        let read: Vec<_> = Entries::new(&text).collect();
        prop_assert_eq!(read, [Ok(entry)]);
    }

    /// Any text is read to its end, and each record is an entry or a fault.
    #[test]
    fn any_text_is_read(text in "(dn|cn|#| |:|\\n|a|=|<|changetype: add){0,60}") {
        let records = Entries::new(&text).count();
        prop_assert!(records <= text.lines().count());
        let _ = ldif_of(&text);
        let _ = form_of(text.as_bytes(), &Mapping::default());
    }
}

/// A directory that says what it was told to say.
struct Script {
    answers: Vec<LdapMsg>,
    sent: Vec<LdapMsg>,
    secured: bool,
}

impl Wire for Script {
    fn send(&mut self, message: LdapMsg) -> Result<(), Error> {
        self.sent.push(message);
        Ok(())
    }

    fn receive(&mut self) -> Result<LdapMsg, Error> {
        if self.answers.is_empty() {
            Err(Error::Unreachable("over".into()))
        } else {
            Ok(self.answers.remove(0))
        }
    }

    fn secure(&mut self) -> Result<(), Error> {
        self.secured = true;
        Ok(())
    }
}

fn done(msgid: i32, code: LdapResultCode, cookie: &[u8]) -> LdapMsg {
    let res = LdapResult {
        code,
        matcheddn: String::new(),
        message: "be\u{7}cause\n of it".into(),
        referral: Vec::new(),
    };
    let ctrl = vec![LdapControl::SimplePagedResults { size: 0, cookie: cookie.to_vec() }];
    LdapMsg { msgid, op: LdapOp::SearchResultDone(res), ctrl }
}

fn found(msgid: i32, dn: &str) -> LdapMsg {
    let attribute = |name: &str| LdapPartialAttribute { atype: name.into(), vals: vec![b"x".to_vec()] };
    let attributes = vec![attribute("member;range=0-1"), attribute("userPassword")];
    LdapMsg {
        msgid,
        op: LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: dn.into(), attributes }),
        ctrl: Vec::new(),
    }
}

fn pulled(answers: Vec<LdapMsg>) -> (Result<pull::Pulled, Error>, Vec<Entry>, Script) {
    let mut script = Script { answers, sent: Vec::new(), secured: false };
    let mut entries = Vec::new();
    let result = pull(&mut script, &Settings::default(), &mut |entry| {
        entries.push(entry.clone());
        Ok(())
    });
    (result, entries, script)
}

#[test]
fn pages_are_followed_and_only_what_was_asked_for_is_taken() {
    use LdapResultCode::Success;
    let answers = vec![found(1, "cn=a"), done(1, Success, b"next"), found(2, "cn=b"), done(2, Success, b"")];
    let (result, entries, script) = pulled(answers);
    assert_eq!(result.unwrap(), pull::Pulled { entries: 2, problems: Vec::new() });
    assert!(entries.iter().all(|e| e.attributes == [("member".to_owned(), b"x".to_vec())]));
    assert!(
        matches!(&script.sent[1].ctrl[0], LdapControl::SimplePagedResults { cookie, .. } if cookie == b"next")
    );
    assert!(matches!(script.sent.last().unwrap().op, LdapOp::UnbindRequest));
}

#[test]
fn refusals_are_sentences() {
    for (code, what) in [
        (LdapResultCode::NoSuchObject, "is the base right?"),
        (LdapResultCode::StrongerAuthRequired, "use ldaps://"),
        (LdapResultCode::Referral, "not followed"),
        (LdapResultCode::Other, "the directory refused (result Other: because of it)"),
    ] {
        let error = pulled(vec![done(1, code, b"")]).0.unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let (result, entries, _) =
        pulled(vec![found(1, "cn=a"), done(1, LdapResultCode::SizeLimitExceeded, b"more")]);
    assert_eq!(
        (result.unwrap().problems.len(), entries.len()),
        (1, 1),
        "what came is kept, and what is missing said"
    );
    assert!(pulled(vec![found(9, "cn=a")]).0.unwrap_err().to_string().contains("not asked"));
    let endless = (1..=20_001).map(|id| done(id, LdapResultCode::Success, b"again")).collect();
    assert!(pulled(endless).0.unwrap_err().to_string().contains("does not end"));
}
