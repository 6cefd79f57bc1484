//! Engineering files: what the tools of the plant's builders say of its devices, without touching one.
//!
//! [`read`] tells the format by the content and gives a [`Project`], the same for all formats. Every fact names the line that says it.
//! A file is read whole or not at all; what is larger, deeper or longer than any real file is refused with its place.
//! [`observations`] turns a project into what a sensor would have told of the same devices.

mod addresses;
mod aml;
mod caex;
mod cip;
mod container;
mod decode;
mod eds;
mod fingerprint;
mod gsdml;
mod guard;
mod l5x;
mod l5x_programs;
mod nodeset;
mod observations;
mod plcopen;
mod project;
mod scl;
mod step7;
mod xef;
mod xml;

pub use observations::observations;
pub use project::{
    Device, DeviceType, FileError, ModuleOf, Place, Program, ProgramKind, Project, Said, Stream, StreamKind,
};

use std::borrow::Cow;
use xml::{File, Node};

/// Facts of all addresses together.
const OBSERVATIONS_MAX: usize = 1_000_000;

/// A format that is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// Short name, stable for ever: the protocol of what the file says.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// Usual endings of such files, without the dot. What a file is follows from its content.
    pub extensions: &'static [&'static str],
}

/// Every format, in the order in which they are tried.
pub fn formats() -> &'static [Format] {
    &FORMATS
}

const FORMATS: [Format; 9] = [
    Format { name: "l5x", title: "Rockwell Logix Designer export", extensions: &["L5X"] },
    Format {
        name: "scl",
        title: "IEC 61850 substation configuration",
        extensions: &["scd", "cid", "icd", "iid", "ssd"],
    },
    Format {
        name: "aml",
        title: "AutomationML, hardware export of TIA Portal",
        extensions: &["aml", "amlx"],
    },
    Format { name: "plcopen", title: "PLCopen XML (IEC 61131-10)", extensions: &["xml"] },
    Format {
        name: "xef",
        title: "Schneider Control Expert (Unity Pro) exchange file",
        extensions: &["xef", "zef", "xst", "xld", "xbd"],
    },
    Format { name: "nodeset", title: "OPC UA node set", extensions: &["xml"] },
    Format { name: "gsdml", title: "PROFINET device description (GSDML)", extensions: &["xml"] },
    Format { name: "step7", title: "Siemens STEP 7 hardware configuration", extensions: &["cfg"] },
    Format { name: "eds", title: "Electronic data sheet (CIP, CANopen)", extensions: &["eds"] },
];

/// An XML format: whether the document element is its own, and its reader.
type Reader = (fn(Node<'_>) -> bool, fn(&File<'_>, Node<'_>) -> Result<Project, FileError>);

const XML: [Reader; 7] = [
    (l5x::is, l5x::read),
    (scl::is, scl::read),
    (aml::is, aml::read),
    (plcopen::is, plcopen::read),
    (xef::is, xef::read),
    (nodeset::is, nodeset::read),
    (gsdml::is, gsdml::read),
];

/// Reads an engineering file; `name` is what the user calls it.
///
/// # Errors
/// It is no file of a known format, is not whole, or is past a bound. The error names the line and column where there is one.
pub fn read(name: &str, bytes: &[u8]) -> Result<Project, FileError> {
    if bytes.len() > decode::FILE_BYTES_MAX {
        let what = format!("larger than {} MiB", decode::FILE_BYTES_MAX >> 20);
        return Err(FileError::whole(name, what));
    }
    let text = text(name, bytes)?;
    let file = File::new(name, &text);
    let project = if text.trim_start().starts_with('<') { xml(&file)? } else { plain(&file)? };
    file.whole()?;
    bounded(&file, &project)?;
    Ok(project)
}

/// The text of a file, as its lines are counted: out of its container, whatever its encoding.
///
/// # Errors
/// The container or the encoding is broken, or past a bound.
pub fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, FileError> {
    match container::relevant(name, bytes)? {
        Some(inner) => Ok(Cow::Owned(decode::decode(name, &inner)?.into_owned())),
        None => decode::decode(name, bytes),
    }
}

/// Whether a file may be one of these, by its first bytes and its name: then an error of [`read`] says more than that of another reader.
pub fn may_be(name: &str, head: &[u8]) -> bool {
    let ending = |format: &Format| {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        format.extensions.iter().any(|known| known.eq_ignore_ascii_case(end))
    };
    let markup = head.trim_ascii_start().starts_with(b"<") || head.starts_with(b"\xef\xbb\xbf<");
    markup || head.starts_with(b"\xff\xfe<") || head.starts_with(b"\xfe\xff\0<") || FORMATS.iter().any(ending)
}

/// Facts hang on each address of their device: many of both would be more than a site takes.
fn bounded(file: &File<'_>, project: &Project) -> Result<(), FileError> {
    let facts = |device: &Device| {
        let modules: usize = device.modules.iter().map(|m| m.claims.len()).sum();
        let hosts = device.ips.len() + device.macs.len();
        hosts.saturating_mul(device.claims.len() + modules + 1)
    };
    let all = project.devices.iter().map(facts).fold(0, usize::saturating_add);
    if all > OBSERVATIONS_MAX {
        return Err(FileError::whole(file.name, format!("more than {OBSERVATIONS_MAX} facts of addresses")));
    }
    Ok(())
}

fn xml(file: &File<'_>) -> Result<Project, FileError> {
    let tree = file.tree()?;
    let root = tree.root_element();
    match XML.iter().find(|(is, _)| is(root)) {
        Some((_, read)) => read(file, root),
        None => {
            let name: String = root.tag_name().name().chars().take(64).collect();
            Err(file.error(root.range().start, format!("{name} is not the root of a known format")))
        }
    }
}

fn plain(file: &File<'_>) -> Result<Project, FileError> {
    if step7::is(file.text) {
        return step7::read(file);
    }
    if eds::is(file.text) {
        return eds::read(file);
    }
    Err(file.error(0, "not an engineering file of a known format"))
}

#[cfg(test)]
mod tests;
