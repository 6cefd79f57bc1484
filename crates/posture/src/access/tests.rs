use super::*;
use crate::inventory::{Account, Asset, Conversation, Inventory};
use crate::zoning::zoning;
use model::access::{Account as Entry, Group};
use model::conversation::{ClientBy, OperationCount};
use model::journal::Capture;
use model::observation::Mechanism;
use model::{CaptureId, Evidence, Name, Operation, OperationClass, Role, Transport};

const DAY: i64 = DAY_NS;
/// The end of what was observed: day 1000.
const END: i64 = 1000 * DAY;

fn evidence(time: i64) -> Evidence {
    Evidence { capture: CaptureId(0), frame: 1, time: Timestamp(time), field: Name::new("test"), bytes: None }
}

fn asset(name: &str, last: u8) -> Asset {
    Asset {
        id: AssetId(name.into()),
        name: name.to_owned(),
        role: if name.starts_with("plc") { Role::Plc } else { Role::Server },
        level: None,
        criticality: None,
        safety: None,
        conflicts: Vec::new(),
        macs: Vec::new(),
        ips: vec![[10, 0, 0, last].into()],
        vlans: Vec::new(),
        claims: Vec::new(),
        modules: Vec::new(),
        services: Vec::new(),
        joined_by: Vec::new(),
        first_seen: Timestamp(0),
        last_seen: Timestamp(END),
        evidence: evidence(0),
    }
}

/// plc-1, plc-2, pc-1, pc-2 and dc; observed over so many days.
fn plant(days: i64) -> Inventory {
    let names = ["plc-1", "plc-2", "pc-1", "pc-2", "dc"];
    let capture = Capture {
        id: CaptureId(0),
        name: "a.pcap".into(),
        format: "pcap".into(),
        packets: 1,
        bytes: 1,
        first: Some(Timestamp(END - days * DAY)),
        last: Some(Timestamp(END)),
        problems: Vec::new(),
    };
    let assets = (1..).zip(names).map(|(last, name)| asset(name, last)).collect();
    Inventory { assets, captures: vec![capture], ..Inventory::default() }
}

fn sign_in(name: &str, client: &str, server: &str, protocol: &'static str, at: i64) -> Account {
    Account {
        name: name.into(),
        asset: Some(AssetId(server.into())),
        client: Some(AssetId(client.into())),
        protocol: Name::new(protocol),
        mechanism: Mechanism::Username,
        encrypted: true,
        accepted: Some(true),
        last_seen: Timestamp(at),
        evidence: evidence(at),
    }
}

fn talk(
    client: &str,
    server: &str,
    protocol: &'static str,
    class: OperationClass,
    last: i64,
) -> Conversation {
    let operation = Operation { name: Name::new("it"), code: 1, class };
    let count = OperationCount {
        operation,
        requests: 1,
        responses: 1,
        errors: 0,
        first: evidence(last),
        last: Timestamp(last),
    };
    Conversation {
        client: client.into(),
        server: server.into(),
        client_asset: Some(AssetId(client.into())),
        server_asset: Some(AssetId(server.into())),
        server_port: Some(1),
        transport: Transport::Tcp,
        vlan: None,
        protocol: Some(Name::new(protocol)),
        client_by: ClientBy::Handshake,
        encrypted: false,
        answered: true,
        packets: 1,
        bytes: 1,
        first_seen: Timestamp(0),
        last_seen: Timestamp(last),
        evidence: evidence(0),
        operations: vec![count],
    }
}

fn listed(name: &str, domain: &str, groups: &[&str]) -> Entry {
    let place = Place { source: "ad.ldif".into(), at: "line 1".into() };
    let mut account = Entry::new(name, place);
    account.domain = domain.into();
    let parts: Vec<String> = domain.split('.').map(|part| format!("DC={part}")).collect();
    account.aliases.insert(Text::new(&format!("CN={name}, {}", parts.join(", "))));
    account.groups = groups.iter().map(|g| Text::new(g)).collect();
    account
}

fn group(name: &str, members: &[&str], groups: &[&str]) -> Listed {
    let texts = |all: &[&str]| all.iter().map(|t| Text::new(t)).collect();
    let place = Place { source: "ad.ldif".into(), at: "line 9".into() };
    let ids = BTreeSet::from([Text::new(name), Text::new(&format!("cn={name},dc=plant,dc=example"))]);
    Listed::Group(Box::new(Group {
        name: name.into(),
        ids,
        members: texts(members),
        groups: texts(groups),
        place,
    }))
}

fn right(id: &str, who: &str, right: Right, on: &[&str]) -> Listed {
    let (account, group) = match who.strip_prefix("group ") {
        Some(group) => (None, Some(Text::new(group))),
        None => (Some(Text::new(who)), None),
    };
    let on = on.iter().map(|s| s.parse().unwrap()).collect();
    let grant = Grant { id: id.into(), account, group, right, on, until: None };
    Listed::Grant { grant: Box::new(grant), place: Place { source: "rights.csv".into(), at: "row 2".into() } }
}

fn account(entry: Entry) -> Listed {
    Listed::Account(Box::new(entry))
}

fn concluded(inventory: &Inventory) -> Access {
    let now = Timestamp(END);
    Access::of(inventory, &zoning(inventory, now), now, 90)
}

fn named<'a>(access: &'a Access, name: &str) -> &'a AccountState {
    access.accounts.iter().find(|a| a.name.as_str() == name).unwrap_or_else(|| panic!("{name} in {access:?}"))
}

fn kinds(account: &AccountState) -> Vec<&'static str> {
    account.verdicts.iter().map(|v| v.kind.as_str()).collect()
}

#[test]
fn granted_minus_used_through_nested_groups() {
    let mut inventory = plant(100);
    inventory.listed = vec![
        account(listed("jo", "plant.example", &["CN=Engineers,DC=plant,DC=example"])),
        account(listed("anna", "plant.example", &[])),
        group("Engineers", &[], &[]),
        // The outer group names the inner one, and a ring leads back.
        group("Staff", &["CN=Engineers,DC=plant,DC=example", "cn=anna,dc=plant,dc=example"], &[]),
        group("All", &[], &["cn=staff,dc=plant,dc=example"]),
        right("r1", "group PLANT\\Staff", Right::Engineer, &["role:plc"]),
    ];
    inventory.accounts = vec![sign_in("PLANT\\Jo", "pc-1", "plc-1", "ftp", END - DAY)];
    inventory.conversations = vec![
        talk("pc-1", "plc-1", "ftp", OperationClass::File, END),
        talk("pc-1", "plc-1", "s7comm", OperationClass::ProgramDownload, END),
    ];
    let access = concluded(&inventory);
    let jo = named(&access, "jo");
    let via: Vec<&str> = jo.granted[0].via.iter().map(Text::as_str).collect();
    assert_eq!((via, jo.assets()), (vec!["Engineers", "Staff"], BTreeSet::from([0, 1])));
    let used = &jo.used[&0];
    assert_eq!((&used.done, used.right()), (&BTreeSet::from([OperationClass::File]), Right::Engineer));
    assert_eq!(
        used.from_hosts,
        BTreeSet::from([OperationClass::ProgramDownload]),
        "of the host, not of the account"
    );
    assert_eq!(kinds(jo), ["unused_grants"]);
    assert!(
        jo.verdicts[0].what.contains("rights on 2 devices and used 1 of them in 90 days"),
        "{:?}",
        jo.verdicts
    );
    let anna = named(&access, "anna");
    assert_eq!(kinds(anna), ["dormant", "unused_grants"]);
    assert_eq!(access.problems, Vec::<String>::new());
}

#[test]
fn silence_counts_only_where_it_was_listened_to() {
    let mut inventory = plant(3);
    let mut old = listed("old", "plant.example", &[]);
    old.last_logon = Some(Timestamp(END - 200 * DAY));
    let mut late = listed("late", "plant.example", &[]);
    late.last_logon = Some(Timestamp(END - 10 * DAY));
    let mut machine = listed("pc7$", "plant.example", &[]);
    machine.kind = AccountKind::Machine;
    inventory.listed =
        [old, late, machine, listed("quiet", "plant.example", &[])].into_iter().map(account).collect();
    let access = concluded(&inventory);
    assert_eq!(kinds(named(&access, "old")), ["dormant"]);
    assert_eq!(kinds(named(&access, "late")), ["not_seen"]);
    assert_eq!(kinds(named(&access, "pc7$")), Vec::<&str>::new());
    let quiet = &named(&access, "quiet").verdicts;
    assert!(quiet[0].what.contains("only 3 of 90 days"), "{quiet:?}");
}

#[test]
fn names_are_not_guessed() {
    let mut inventory = plant(100);
    inventory.listed =
        ["plant.example", "office.example"].map(|domain| account(listed("jo", domain, &[]))).into();
    let at = |name| sign_in(name, "pc-1", "plc-1", "ftp", END);
    inventory.accounts = vec![
        at("jo"),
        at("PLANT\\jo"),
        at("jo@OFFICE.example"),
        at("CN=jo,DC=plant,DC=example"),
        at("PC-1\\jo"),
        at("nobody"),
    ];
    let access = concluded(&inventory);
    let domain = |holder: &Holder| match holder {
        Holder::Many(all) => format!("{} accounts", all.len()),
        Holder::Nobody => "nobody".to_owned(),
        Holder::One(at) => match &access.accounts[*at].origin {
            Origin::Listed(a) => a.domain.to_string(),
            other => format!("{other:?}"),
        },
    };
    let found: Vec<String> = access.holders.iter().map(domain).collect();
    assert_eq!(
        found,
        [
            "2 accounts",
            "plant.example",
            "office.example",
            "plant.example",
            "Seen(None)",
            "Seen(Some(AssetId(\"plc-1\")))"
        ]
    );
    assert_eq!(kinds(named(&access, "nobody")), ["unlisted"]);
}

#[test]
fn what_should_not_be_is_said() {
    let mut inventory = plant(100);
    let mut gone = listed("gone", "plant.example", &[]);
    gone.enabled = false;
    let mut temp = listed("temp", "plant.example", &[]);
    temp.expires = Some(Timestamp(END - 5 * DAY));
    inventory.listed = vec![
        account(gone),
        account(temp),
        account(listed("operator", "plant.example", &[])),
        right("r1", "operator", Right::Operate, &["plc-1"]),
        right("r2", "nobody-knows", Right::View, &["zone:none"]),
        right("r3", "group none", Right::View, &["plc-1"]),
    ];
    let refused = Account { accepted: Some(false), ..sign_in("operator", "pc-2", "plc-2", "ftp", END) };
    inventory.accounts = vec![
        sign_in("gone", "pc-1", "plc-1", "ftp", END - DAY),
        sign_in("temp", "pc-1", "plc-2", "ftp", END - DAY),
        sign_in("operator", "pc-1", "plc-1", "opcua", END - DAY),
        sign_in("operator", "pc-2", "plc-1", "opcua", END - DAY / 2),
        sign_in("operator", "pc-2", "dc", "kerberos", END),
        refused,
    ];
    inventory.conversations = vec![talk("pc-1", "plc-1", "opcua", OperationClass::Write, END)];
    let access = concluded(&inventory);
    assert_eq!(kinds(named(&access, "gone")), ["disabled_used", "not_granted"]);
    assert_eq!(kinds(named(&access, "temp")), ["expired_used"], "nobody wrote down who may use plc-2");
    let operator = named(&access, "operator");
    assert_eq!(kinds(operator), ["shared", "generic"]);
    assert!(operator.verdicts[0].what.contains("pc-1, pc-2"), "{:?}", operator.verdicts);
    assert_eq!(operator.used.len(), 2, "a refusal is no use: {:?}", operator.used);
    assert!(operator.used[&4].vouched);
    assert_eq!(access.problems.len(), 2, "{:?}", access.problems);
}

#[test]
fn use_before_the_period_is_remembered_and_not_counted() {
    let mut inventory = plant(400);
    inventory.listed =
        vec![account(listed("jo", "plant.example", &[])), right("r", "jo", Right::View, &["any"])];
    inventory.accounts = vec![sign_in("jo", "pc-1", "plc-1", "ftp", END - 91 * DAY)];
    let access = concluded(&inventory);
    let jo = named(&access, "jo");
    assert_eq!((jo.used.len(), jo.last_seen), (0, Some(Timestamp(END - 91 * DAY))));
    assert_eq!(kinds(jo), ["dormant", "unused_grants"]);
}
