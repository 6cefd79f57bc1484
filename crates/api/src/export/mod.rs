//! The inventory in the forms that other programs take: tables (CSV, a workbook), and a bill of materials (CycloneDX).
//!
//! Made from the document that `analyze` prints, so that what is exported is what is shown. The same document gives the same bytes.

mod csaf_vex;
mod csv;
mod cyclonedx;
mod tables;
mod xlsx;

use posture::document::Analysis;
pub use tables::TABLES;

/// A form of export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// One table, comma separated (RFC 4180).
    Csv,
    /// All tables, one sheet each (Office Open XML).
    Xlsx,
    /// The whole document.
    Json,
    /// Hardware, firmware and the vulnerabilities that concern them (CycloneDX 1.6).
    CycloneDx,
    /// Where the devices stand towards vulnerabilities (CSAF 2.0, profile `csaf_vex`).
    CsafVex,
}

impl Form {
    /// Every form.
    pub const ALL: &'static [Self] = &[Self::Csv, Self::Xlsx, Self::Json, Self::CycloneDx, Self::CsafVex];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::CycloneDx => "cyclonedx",
            Self::CsafVex => "csaf-vex",
        }
    }

    /// The form with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|form| form.as_str() == word)
    }

    /// Media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json | Self::CsafVex => "application/json",
            Self::CycloneDx => "application/vnd.cyclonedx+json; version=1.6",
        }
    }

    /// Name of the file, for a table where the form holds only one.
    pub fn file_name(self, table: &str) -> String {
        match self {
            Self::Csv => format!("sightglass-{table}.csv"),
            Self::Xlsx => "sightglass.xlsx".into(),
            Self::Json => "sightglass.json".into(),
            Self::CycloneDx => "sightglass.cdx.json".into(),
            Self::CsafVex => "sightglass.vex.json".into(),
        }
    }
}

/// Exports. `table` is one of [`TABLES`], for forms that hold only one.
///
/// # Errors
/// There is no such table, or a table is larger than the form allows; one sentence.
pub fn export(analysis: &Analysis, form: Form, table: &str) -> Result<Vec<u8>, String> {
    match form {
        Form::Csv => Ok(csv::write(&tables::table(analysis, table).ok_or_else(|| no_table(table))?)),
        Form::Xlsx => xlsx::write(&tables::all(analysis)),
        Form::Json => serde_json::to_vec_pretty(analysis).map_err(|e| e.to_string()),
        Form::CsafVex => serde_json::to_vec_pretty(&csaf_vex::document(analysis)).map_err(|e| e.to_string()),
        Form::CycloneDx => serde_json::to_vec_pretty(&cyclonedx::bom(analysis)).map_err(|e| e.to_string()),
    }
}

fn no_table(table: &str) -> String {
    format!("there is no table \u{201c}{table}\u{201d}; there are {}", TABLES.join(", "))
}
