//! Lists as people keep them, and lists that go wrong.

use super::*;
use proptest::prelude::*;

const PLAIN: &str = "Asset ID,Device Name,IP Address,MAC Address,Manufacturer,Model,Part Number,Serial Number,FW Version,Remarks
A-1,plc-7,10.1.1.7,00-1B-1B-12-34-56,Siemens AG,CPU 1516-3 PN/DP,6ES7 516-3AN01-0AB0,S C-X1,V2.9,\"Press 7, left\"
A-2,hmi-1,\"10.1.1.8; 10.1.2.8\",,Siemens,TP1200,,,n/a,
";

fn text(record: &Record, field: Field) -> String {
    record.value(field).unwrap_or_default()
}

fn wrong(text: &str, mapping: &Mapping) -> String {
    read(text.as_bytes(), "list.csv", mapping).unwrap_err().to_string()
}

#[test]
fn a_list_is_read_by_its_header() {
    let list = read(PLAIN.as_bytes(), "list.csv", &Mapping::default()).unwrap();
    let [plc, hmi] = list.records.as_slice() else { panic!("{list:?}") };
    assert_eq!(plc.external_id.as_str(), "A-1");
    assert_eq!(plc.place.to_string(), "list.csv, row 2");
    assert_eq!(text(plc, Field::Macs), "00:1b:1b:12:34:56");
    assert_eq!(text(plc, Field::OrderNumber), "6ES7 516-3AN01-0AB0");
    assert_eq!((text(hmi, Field::Ips), hmi.firmware.clone()), ("10.1.1.8, 10.1.2.8".into(), None));
    let remarks = list.preview.columns.last().unwrap();
    assert_eq!(
        remarks,
        &("Remarks".to_owned(), "J".to_owned(), None),
        "what is not understood is shown as such"
    );
    assert_eq!((list.preview.header_row, list.preview.rows.len(), list.preview.separator), (1, 2, Some(',')));
}

#[test]
fn encodings_separators_and_titles_do_not_matter() {
    let german =
        "Anlagenliste Werk 3;;\r\n;;\r\nGerätename;IP-Adresse;Hersteller\r\nPumpe-Süd;10.1.1.7;Siemens\r\n";
    let latin: Vec<u8> = german.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(german.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let tabs = german.replace(';', "\t");
    let mac = german.replace("\r\n", "\r");
    let hinted = format!("sep=;\r\n{german}");
    let signed = format!("\u{feff}{german}");
    for bytes in [
        german.as_bytes(),
        &latin,
        &utf16,
        tabs.as_bytes(),
        mac.as_bytes(),
        hinted.as_bytes(),
        signed.as_bytes(),
    ] {
        let list = read(bytes, "liste.csv", &Mapping::default()).unwrap();
        let [record] = list.records.as_slice() else { panic!("{list:?}") };
        assert_eq!(
            (text(record, Field::Name), text(record, Field::Ips)),
            ("Pumpe-Süd".into(), "10.1.1.7".into())
        );
    }
}

#[test]
fn wrong_cells_are_named_and_nothing_is_taken() {
    let none = Mapping::default();
    let bad = wrong("name,ip\nplc-1,10.1.1.1\nplc-2,10.1.1\nplc-3,10.1.1.3 x\n", &none);
    assert!(
        bad.contains("row 3, column B: \"ip\" is taken for ips, but \"10.1.1\" is no IP address"),
        "{bad}"
    );
    assert!(bad.contains("row 4, column B") && bad.ends_with("nothing was imported"), "{bad}");
    let many: String = (0..50).map(|n| format!("plc-{n},x\n")).collect();
    assert!(wrong(&format!("name,ip\n{many}"), &none).contains("and 30 more"));
    let open = wrong("name,ip\nplc-1,\"10.1.1.1\nplc-2,10.1.1.2\n", &none);
    assert!(open.contains("row 2, column B") && open.contains("never closed"), "{open}");
    assert!(wrong("name,ip\n\"plc\"x,10.1.1.1\n", &none).contains("row 2, column A: text stands behind"));
    assert!(
        wrong("name,ip\nplc-1,10.1.1.1,10.1.1.2\n", &none).contains("row 2, column C: there is no header")
    );
    assert!(wrong("a,b\n1,2\n", &none).contains("no header is found"));
    assert!(wrong("", &none).contains("no header is found"));
    assert!(wrong("name,ip\n\0\0\n", &none).contains("NUL"));
    let clash = wrong("id,name,ip\n1,a,10.0.0.1\n1,b,10.0.0.2\n", &none);
    assert!(clash.contains("row 3, column A: the id 1 stands in row 2 with another name"), "{clash}");
}

#[test]
fn wrong_mappings_are_caught() {
    let mapping = |json: &str| Mapping::parse(json).unwrap();
    let list = "KKS,Port 1,Port 2,Nr\nplc-1,10.1.1.1,10.1.2.1,7\nplc-2,10.1.1.2,,8\n";
    let good =
        read(list.as_bytes(), "l", &mapping(r#"{"name":"KKS","ips":["Port 1","Port 2"],"id":"D"}"#)).unwrap();
    assert_eq!(text(&good.records[0], Field::Ips), "10.1.1.1, 10.1.2.1");
    assert_eq!(good.records[1].external_id.as_str(), "8", "a column can be named by its letters");
    let names = wrong(list, &mapping(r#"{"ips":"KKS","id":"Nr"}"#));
    assert!(names.contains("row 2, column A") && names.contains("\"plc-1\" is no IP address"), "{names}");
    let serial = wrong(list, &mapping(r#"{"name":"KKS","serial":"Port 1"}"#));
    assert!(
        serial.contains("row 1, column B: the column is taken for serial, but holds addresses only"),
        "{serial}"
    );
    assert!(wrong(list, &mapping(r#"{"name":"Tag"}"#)).contains("there are: KKS, Port 1"));
    assert!(wrong(list, &mapping(r#"{"name":"KKS","owner":"KKS"}"#)).contains("takes the column KKS for"));
}

#[test]
fn rows_of_one_device_become_one() {
    let list = "id,name,ip,mac\n1,plc,10.0.0.1,001b1b000001\n1,,10.0.0.2,001b1b000002\n";
    let list = read(list.as_bytes(), "l", &Mapping::default()).unwrap();
    assert_eq!((list.records.len(), list.records[0].ips.len(), list.records[0].macs.len()), (1, 2, 2));
}

fn sample() -> Vec<Record> {
    let mut record =
        Record { external_id: "A \"1\"".into(), url: Some("https://cmdb/1".into()), ..Record::default() };
    for &field in Field::ALL.iter().filter(|f| !f.is_list()) {
        record.set(field, &format!("=cmd|' /C calc'!A0 {field}")).unwrap();
    }
    record.set(Field::Ips, "10.0.0.1, fe80::1").unwrap();
    record.set(Field::Macs, "00:1b:1b:00:00:01").unwrap();
    let plus = Record {
        external_id: "2".into(),
        name: Some("+1+1".into()),
        owner: Some("@SUM(A1)".into()),
        ..Record::default()
    };
    let minus = Record {
        external_id: "3".into(),
        name: Some("-2+3".into()),
        status: Some("-5".into()),
        ..Record::default()
    };
    vec![record, plus, minus]
}

#[test]
fn what_is_written_is_inert_and_can_be_read_again() {
    let records = sample();
    let csv = write(&records);
    for cell in csv.split("\",\"").map(|c| c.trim_matches(['"', '\r', '\n'])) {
        assert!(
            !cell.starts_with(['=', '+', '@', '\t']) && (!cell.starts_with('-') || cell == "-5"),
            "{cell}"
        );
    }
    for bytes in [csv.into_bytes(), write_workbook(&records).unwrap()] {
        let list = read(&bytes, "out", &Mapping::default()).unwrap();
        let placeless = |r: &Record| Record { place: Place::default(), ..r.clone() };
        assert_eq!(list.records.iter().map(placeless).collect::<Vec<_>>(), records);
    }
}

#[test]
fn workbooks_are_read_like_text() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let cover = book.add_worksheet();
    cover.write_string(0, 0, "Asset list").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("Devices").unwrap();
    for (column, title) in ["Tag", "IP", "Serial", "Cabinet"].iter().enumerate() {
        sheet.write_string(2, u16::try_from(column).unwrap(), *title).unwrap();
    }
    sheet.write_string(3, 0, "plc-7").unwrap();
    sheet.write_string(3, 1, "10.1.1.7").unwrap();
    sheet.write_number(3, 2, 12_345_678.0).unwrap();
    sheet.write_formula(3, 3, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
    // One cell far away costs nothing.
    sheet.write_string(900_000, 1, "10.1.1.8").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let list = read(&bytes, "book.xlsx", &Mapping::default()).unwrap();
    assert_eq!((list.preview.sheet.as_deref(), list.preview.header_row), (Some("Devices"), 3));
    let [plc, far] = list.records.as_slice() else { panic!("{list:?}") };
    assert_eq!((text(plc, Field::Serial), text(plc, Field::Location)), ("12345678".into(), "2".into()));
    assert_eq!(far.place.at.as_str(), "row 900001");
    let named = Mapping { sheet: Some("Nope".into()), ..Mapping::default() };
    assert!(read(&bytes, "b", &named).unwrap_err().to_string().contains("there are Sheet1, Devices"));
    sheet_is_checked(&bytes);
}

/// A broken archive, at every length, is an error and no panic.
fn sheet_is_checked(bytes: &[u8]) {
    for length in (0..bytes.len()).step_by(7) {
        let _ = read(&bytes[..length], "b", &Mapping::default());
    }
    let mut turned = bytes.to_vec();
    for at in (0..turned.len()).step_by(11) {
        turned[at] ^= 0x55;
        let _ = read(&turned, "b", &Mapping::default());
    }
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![b' '; 1 << 20];
    (0..257).for_each(|_| zip.write_all(&zeros).unwrap());
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert!(read(&bytes, "b", &Mapping::default()).unwrap_err().to_string().contains("unpacks to more"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z,;\"\t\r\n=0-9. ]{0,200}", cut in 0..400_usize) {
        let _ = read(text.as_bytes(), "l", &Mapping::default());
        let headed = format!("name,ip\n{text}");
        let _ = read(headed.as_bytes(), "l", &Mapping::default());
        let _ = read(PLAIN.as_bytes().get(..cut).unwrap_or_default(), "l", &Mapping::default());
    }

    #[test]
    fn any_value_survives_writing(name in "\\PC{1,40}") {
        let record = Record { external_id: "1".into(), name: Some(Text::new(&name)).filter(|t| !t.is_empty()), ..Record::default() };
        let list = read(write(std::slice::from_ref(&record)).as_bytes(), "l", &Mapping::default()).unwrap();
        let back = &list.records[0].name;
        let nothing = record.name.as_ref().is_none_or(|n| is_nothing(n.as_str()));
        prop_assert!(nothing || *back == record.name, "{:?} {:?}", back, record.name);
    }
}
