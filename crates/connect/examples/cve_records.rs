//! Writes a zip with so many records in the shape of the CVE list, to measure an import: `cve_records COUNT OUT.zip`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use zip::write::SimpleFileOptions;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let count: u32 = words.next().ok_or("how many records?")?.parse()?;
    let out = words.next().ok_or("where to?")?;
    let mut zip = zip::ZipWriter::new(BufWriter::new(File::create(out)?));
    for n in 0..count {
        let (year, number) = (2000 + n / 12_000, 1000 + n % 12_000);
        zip.start_file(
            format!("cves/{year}/{}xxx/CVE-{year}-{number}.json", number / 1000),
            SimpleFileOptions::default(),
        )?;
        zip.write_all(record(year, number).as_bytes())?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

/// About three kilobytes, as a record of the list has on average.
fn record(year: u32, number: u32) -> String {
    let id = format!("CVE-{year}-{number}");
    let text = format!("A flaw number {number} in the web server of a controller allows what it must not. ")
        .repeat(8);
    let references: Vec<String> = (0..6)
        .map(|i| format!(r#"{{"url":"https://vendor.example/{id}/advisory/{i}","tags":["x_refsource_MISC"],"name":"reference {i} of {id}"}}"#))
        .collect();
    format!(
        r#"{{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{{"cveId":"{id}","assignerOrgId":"8254265b-2729-46b6-b9e3-3dfca2d5bfca","state":"PUBLISHED","datePublished":"{year}-06-01T00:00:00","dateUpdated":"{year}-07-01T00:00:00"}},
        "containers":{{"cna":{{"title":"Flaw {number}","affected":[{{"vendor":"Vendor","product":"Controller","versions":[{{"status":"affected","version":"1.{number}"}}]}}],
        "descriptions":[{{"lang":"en","value":"{text}"}}],"metrics":[{{"cvssV3_1":{{"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":9.8}}}}],
        "problemTypes":[{{"descriptions":[{{"cweId":"CWE-787","lang":"en","description":"Out-of-bounds Write"}}]}}],"references":[{}]}}}}}}"#,
        references.join(",")
    )
}
