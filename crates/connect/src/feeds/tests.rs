//! Every kind of feed, recognised by its content, alone and packed; what is broken among what is good.

use super::*;
use model::threat::CvssVersion;
use std::io::Write as _;
use std::path::PathBuf;

/// What a file says, and whether it could be read to its end.
fn found(path: &Path) -> (Vec<Found>, Result<(), archive::Error>) {
    let mut all = Vec::new();
    let read = read(path, &mut |found| {
        if !matches!(found, Found::Progress(_)) {
            all.push(found);
        }
        ControlFlow::Continue(())
    });
    (all, read)
}

fn of(name: &str, text: &str) -> Vec<Found> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let (all, read) = found(&path);
    read.unwrap();
    all
}

fn refusals(all: &[Found]) -> Vec<&str> {
    all.iter()
        .filter_map(|f| if let Found::Refused { why, .. } = f { Some(why.as_str()) } else { None })
        .collect()
}

fn said(all: &[Found]) -> Vec<(&str, String, &Said)> {
    let one = |found| match found {
        &Found::Said { ref feed, cve, ref said } => Some((feed.as_str(), cve.to_string(), said)),
        _ => None,
    };
    all.iter().filter_map(one).collect()
}

const CVE5: &str = r#"{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2024-1234","state":"PUBLISHED",
"datePublished":"2024-02-01T00:00:00Z","dateUpdated":"2024-03-01T00:00:00Z"},"containers":{"cna":{"title":"A \"title\"",
"descriptions":[{"lang":"de","value":"Deutsch"},{"lang":"en-US","value":"English"}],
"metrics":[{"cvssV3_1":{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":1.0}},
{"cvssV4_0":{"vectorString":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}}],
"problemTypes":[{"descriptions":[{"cweId":"CWE-787","lang":"en","description":"x"}]}],
"references":[{"url":"https://a.example/poc","tags":["exploit"]},{"url":"https://a.example/"}]},
"adp":[{"title":"CISA ADP Vulnrichment","metrics":[{"other":{"type":"ssvc","content":{"id":"CVE-2024-1234",
"timestamp":"2024-04-01T00:00:00Z","options":[{"Exploitation":"PoC"},{"Automatable":"Yes"},{"Technical Impact":"total"}]}}},
{"other":{"type":"kev","content":{"dateAdded":"2024-05-01"}}}]}]}}"#;

#[test]
fn a_record_of_the_cve_list_gives_its_facts_and_those_of_cisa() {
    let all = of("CVE-2024-1234.json", CVE5);
    let said = said(&all);
    let [("cvelist", id, Said::Record(record)), ("vulnrichment", _, Said::Ssvc(ssvc))] = &said[..] else {
        panic!("{all:?}")
    };
    assert_eq!(
        (id.as_str(), record.title.as_str(), record.description.as_str()),
        ("CVE-2024-1234", "A \"title\"", "English")
    );
    let vectors: Vec<_> = record.cvss.iter().map(|c| (c.version, c.score)).collect();
    assert_eq!(
        vectors,
        [(CvssVersion::V4, 9.3), (CvssVersion::V31, 9.8)],
        "the score follows from the vector"
    );
    assert_eq!((record.cwes.len(), record.exploits[0].as_str()), (1, "https://a.example/poc"));
    let points =
        [&ssvc.exploitation, &ssvc.automatable, &ssvc.technical_impact, &ssvc.kev_added].map(|t| t.as_str());
    assert_eq!(points, ["poc", "yes", "total", "2024-05-01"]);
    // The names may come in another order, as a later writer of the list has them.
    let turned = CVE5.replacen("\"dataType\":\"CVE_RECORD\",", "", 1);
    let turned = format!("{},\"dataType\":\"CVE_RECORD\"}}", turned.strip_suffix('}').unwrap());
    assert_eq!(of("x.json", &turned), all);
}

const NVD: &str = r#"{"resultsPerPage":3,"startIndex":0,"totalResults":3,"format":"NVD_CVE","version":"2.0",
"timestamp":"2024-06-01T00:00:00.000","vulnerabilities":[
{"cve":{"id":"CVE-2023-1111","published":"2023-01-01T00:00:00.000","lastModified":"2023-02-01T00:00:00.000","vulnStatus":"Analyzed",
"descriptions":[{"lang":"en","value":"words"}],"metrics":{"cvssMetricV2":[{"source":"nvd@nist.gov","type":"Primary",
"cvssData":{"version":"2.0","vectorString":"AV:N/AC:L/Au:N/C:P/I:P/A:P","baseScore":7.5}}],
"cvssMetricV30":[{"cvssData":{"vectorString":"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]},
"weaknesses":[{"description":[{"lang":"en","value":"NVD-CWE-noinfo"},{"lang":"en","value":"CWE-79"}]}],
"references":[{"url":"https://b.example/x","tags":["Exploit","Third Party Advisory"]}]}},
{"cve":{"id":17}},
{"cve":{"id":"CVE-2023-2222"}}]}"#;

#[test]
fn nvd_is_read_record_by_record() {
    let all = of("nvd.json", NVD);
    let said = said(&all);
    let [("nvd", _, Said::Record(first)), ("nvd", second, _)] = &said[..] else { panic!("{all:?}") };
    let vectors: Vec<_> = first.cvss.iter().map(|c| (c.version.as_str(), c.score)).collect();
    assert_eq!(vectors, [("3.0", 9.8), ("2.0", 7.5)]);
    assert_eq!((first.cwes[0].as_str(), first.exploits[0].as_str()), ("CWE-79", "https://b.example/x"));
    assert_eq!((first.cwes.len(), second.as_str()), (1, "CVE-2023-2222"));
    assert_eq!(refusals(&all).len(), 1, "the one in between is refused by itself");
    assert!(
        matches!(all.last(), Some(Found::AsOf { .. })) || all.iter().any(|f| matches!(f, Found::AsOf { .. }))
    );
}

#[test]
fn a_long_feed_that_stops_in_the_middle_spoils_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nvd.json");
    let one =
        NVD.split("\"vulnerabilities\":[").nth(1).unwrap().split("\n{\"cve\":{\"id\":17").next().unwrap();
    let (head, tail) = (NVD.split('\n').next().unwrap(), "\"vulnerabilities\":[");
    let mut file = std::fs::File::create(&path).unwrap();
    write!(file, "{head}{tail}").unwrap();
    for _ in 0..(archive::DOCUMENT_BYTES_MAX as usize / one.len() + 10) {
        file.write_all(one.as_bytes()).unwrap();
    }
    let (all, read) = found(&path);
    assert!(all.len() > 1000);
    assert!(read.unwrap_err().to_string().contains("EOF"), "what was handed out before must not count");
    write!(file, "{{\"cve\":{{\"id\":\"CVE-2023-3333\"}}}}]}}").unwrap();
    let (all, read) = found(&path);
    read.unwrap();
    assert_eq!(said(&all).last().unwrap().1, "CVE-2023-3333");
}

#[test]
fn kev_epss_ssvc_osv_attack_and_lifecycle_are_told_apart() {
    let kev = of(
        "a.json",
        r#"{"catalogVersion":"1","dateReleased":"2025-01-02T00:00:00Z","vulnerabilities":[{"cveID":"CVE-2024-1234",
        "dateAdded":"2024-05-01","dueDate":"2024-05-20","knownRansomwareCampaignUse":"Known","requiredAction":"Patch."}, {"cveID":"x","dateAdded":""}]}"#,
    );
    assert!(
        matches!(said(&kev)[..], [("kev", _, Said::Kev(k))] if k.ransomware && k.due.as_str() == "2024-05-20")
    );
    assert_eq!(refusals(&kev).len(), 1);
    let epss = of(
        "e.csv",
        "#model_version:v2025,score_date:2025-03-04T00:00:00+0000\ncve,epss,percentile\nCVE-2024-1234,0.5,0.9\nCVE-2024-1,2,3\n",
    );
    assert!(
        matches!(said(&epss)[..], [("epss", _, Said::Epss(e))] if e.date.as_str() == "2025-03-04" && e.score == 0.5)
    );
    assert_eq!(refusals(&epss).len(), 1);
    let ssvc = of(
        "s.json",
        r#"{"CVE-2024-1234":{"ssvc":{"Automatable":"No","Exploitation":"Active","Technical Impact":"Total"},"kev":"2024-01-01"},
        "CVE-2024-1235":{}}"#,
    );
    assert!(
        matches!(said(&ssvc)[..], [("vulnrichment", _, Said::Ssvc(s))] if s.exploitation.as_str() == "active")
    );
    let osv = of(
        "GHSA.json",
        r#"{"id":"GHSA-xxxx","modified":"2024-01-01T00:00:00Z","aliases":["CVE-2024-1234"],"affected":[],
        "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"database_specific":{"cwe_ids":["CWE-79"]}}"#,
    );
    assert!(
        matches!(said(&osv)[..], [("osv", _, Said::Record(r))] if r.cvss.len() == 1 && r.cwes.len() == 1)
    );
    let attack = of(
        "ics.json",
        r#"{"type":"bundle","id":"bundle--1","objects":[{"type":"attack-pattern","id":"attack-pattern--1","name":"Exploit",
        "description":"","modified":"2025-01-01","x_mitre_domains":["ics-attack"],"external_references":[{"source_name":"mitre-attack","external_id":"T0866"}]},
        {"type":"relationship","relationship_type":"uses","target_ref":"attack-pattern--1","description":"It exploits (CVE-2015-5374)."}]}"#,
    );
    assert!(
        matches!(said(&attack)[..], [("attack-ics", _, Said::Techniques(t))] if t[0].id.as_str() == "T0866")
    );
    let lifecycle = of("siemens.yaml", "# dates\nlifecycle:\n  - vendor: Siemens\n");
    assert!(matches!(&lifecycle[..], [Found::Document { feed, .. }] if feed.as_str() == "lifecycle"));
    assert_eq!(
        refusals(&of("other.json", "{\"a\":1}")),
        ["other.json is no kind of intelligence that is known"]
    );
    assert!(of("changes.csv", "a,b\n").is_empty());
}

fn csaf(id: &str, filler: usize) -> String {
    format!(
        r#"{{"document":{{"title":"{}","publisher":{{"name":"Ex","namespace":"https://www.example.org/x"}},"tracking":{{"id":"{id}","current_release_date":"2024-01-01T00:00:00Z"}}}},
        "vulnerabilities":[{{"cve":"CVE-2024-1234","cwe":{{"id":"CWE-20"}},"scores":[{{"cvss_v3":{{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}}}]}}]}}"#,
        "x".repeat(filler)
    )
}

#[test]
fn an_advisory_belongs_to_its_publisher_and_states_vectors() {
    let all = of("a.json", &csaf("EX-1", 0));
    let Some(Found::Document { feed, name, text }) = all.first() else { panic!("{all:?}") };
    assert_eq!((feed.as_str(), name.as_str()), ("csaf:www.example.org", "EX-1.json"));
    let (again, facts) = csaf::facts(text).unwrap();
    assert_eq!((&again, facts.len(), facts[0].1.cvss[0].score), (feed, 1, 9.8));
}

/// A zip in a zip, as the CVE list is released, with what is good and what is not.
fn nested() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pack = |files: &[(&str, &[u8])]| {
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let long = csaf("EX-10M", 10 << 20);
    let inner = pack(&[
        ("cves/2024/1xxx/CVE-2024-1234.json", CVE5.as_bytes()),
        ("../../etc/passwd.json", CVE5.replace("2024-1234", "2024-5678").as_bytes()),
        ("cut.json", &CVE5.as_bytes()[..CVE5.len() / 2]),
        ("long.json", long.as_bytes()),
        ("deltaLog.json", b"[]"),
        (
            "kev.json.gz",
            &zstd::encode_all(&br#"{"catalogVersion":"1","vulnerabilities":[]}"#[..], 1).unwrap(),
        ),
    ]);
    let path = folder.path().join("all.zip.zip");
    std::fs::write(&path, pack(&[("cves.zip", &inner)])).unwrap();
    (folder, path)
}

#[test]
fn the_good_is_kept_beside_the_broken_and_nothing_is_written() {
    let (folder, path) = nested();
    let (all, read) = found(&path);
    read.unwrap();
    let cves: Vec<_> = said(&all).iter().map(|(feed, cve, _)| format!("{feed} {cve}")).collect();
    assert_eq!(
        cves,
        [
            "cvelist CVE-2024-1234",
            "vulnrichment CVE-2024-1234",
            "cvelist CVE-2024-5678",
            "vulnrichment CVE-2024-5678"
        ]
    );
    let refused = refusals(&all);
    assert!(matches!(refused[..], [why] if why.contains("cut.json")), "{refused:?}");
    assert!(all.iter().any(|f| matches!(f, Found::Document { name, .. } if name == "EX-10M.json")));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing lies beside the archive");
}

#[test]
fn packing_without_end_is_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("russian-doll.json.gz");
    let mut bytes = b"{}".to_vec();
    for _ in 0..6 {
        bytes = zstd::encode_all(&bytes[..], 1).unwrap();
    }
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(found(&path).1, Err(archive::Error::TooMuch { .. })));
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is in a file, it is read or refused, and never a panic.
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,300}", pick in 0_usize..6, cut in 0_usize..2000) {
            let samples = [CVE5, NVD, "cve,epss,percentile\n", "{\"CVE-2024-1234\":", "{\"document\":", "lifecycle:\n"];
            let sample = samples[pick];
            let mut cut = cut.min(sample.len());
            while !sample.is_char_boundary(cut) { cut -= 1; }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("any.json");
            std::fs::write(&path, format!("{}{text}{}", &sample[..cut], &sample[cut..])).unwrap();
            let _ = found(&path);
        }
    }
}
