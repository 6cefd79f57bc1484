//! What `serve` can be told: on the command line, else in the environment, else in a file, else a default.

use clap::Args;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const LISTEN_DEFAULT: &str = "127.0.0.1:8477";
/// Large enough for a day of a mirror port, small enough not to fill a disk by mistake.
const CAPTURE_BYTES_MAX: u64 = 16 << 30;
const ARCHIVE_BYTES_MAX: u64 = 2 << 30;

/// Options as given; what is absent comes from the file or a default.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// Address and port; loopback only [default: 127.0.0.1:8477]
    #[arg(long, env = "SIGHTGLASS_LISTEN", value_name = "ADDR:PORT")]
    listen: Option<String>,

    /// Folder for everything it keeps; created when missing [default: $XDG_DATA_HOME/sightglass]
    #[arg(long, env = "SIGHTGLASS_DATA", value_name = "DIR")]
    data: Option<PathBuf>,

    /// TOML file with any of these options, named as here with underscores
    #[arg(long, env = "SIGHTGLASS_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,

    /// Largest capture taken, in bytes [default: 16 GiB]
    #[arg(long, env = "SIGHTGLASS_CAPTURE_BYTES_MAX", value_name = "BYTES")]
    capture_bytes_max: Option<u64>,

    /// Largest archive of advisories taken, in bytes [default: 2 GiB]
    #[arg(long, env = "SIGHTGLASS_ARCHIVE_BYTES_MAX", value_name = "BYTES")]
    archive_bytes_max: Option<u64>,

    /// What the plant's people know: zones, names, roles, rulings on flows (YAML). What is new in it is taken over at each start
    #[arg(long, env = "SIGHTGLASS_MODEL", value_name = "FILE")]
    model: Option<PathBuf>,

    /// Public key whose signed bundles of intelligence are taken: a file as minisign writes it, or the key itself. May be repeated
    #[arg(long, env = "SIGHTGLASS_TRUST", value_name = "KEY", value_delimiter = ',')]
    trust: Vec<String>,

    /// Load the sample plant when there is no capture yet
    #[arg(long, env = "SIGHTGLASS_DEMO")]
    demo: bool,

    /// `sightglass demo`: a data folder of its own
    #[arg(skip)]
    #[serde(skip)]
    apart: bool,
}

/// Options with every gap filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) capture_bytes_max: u64,
    pub(crate) archive_bytes_max: u64,
    pub(crate) demo: bool,
    pub(crate) model: Option<PathBuf>,
    pub(crate) trust: Vec<String>,
}

impl Options {
    /// For `sightglass demo`: the sample plant, and unless told otherwise a folder that is not the user's own.
    pub(crate) fn for_demo(self) -> Self {
        Self { demo: true, apart: true, ..self }
    }

    /// Fills the gaps from the configuration file and the defaults; `var` gives environment variables.
    pub(crate) fn settle(self, var: impl Fn(&str) -> Option<PathBuf>) -> Result<Settings, String> {
        let file = self.config.as_deref().map(read).transpose()?.unwrap_or_default();
        let listen = self.listen.or(file.listen).unwrap_or_else(|| LISTEN_DEFAULT.into());
        let folder = if self.apart { "sightglass-demo" } else { "sightglass" };
        let data = match self.data.or(file.data) {
            Some(data) => data,
            None => data_home(var)?.join(folder),
        };
        Ok(Settings {
            listen: address(&listen)?,
            data,
            capture_bytes_max: self.capture_bytes_max.or(file.capture_bytes_max).unwrap_or(CAPTURE_BYTES_MAX),
            archive_bytes_max: self.archive_bytes_max.or(file.archive_bytes_max).unwrap_or(ARCHIVE_BYTES_MAX),
            demo: self.demo || file.demo,
            model: self.model.or(file.model),
            trust: if self.trust.is_empty() { file.trust } else { self.trust },
        })
    }
}

fn read(path: &Path) -> Result<Options, String> {
    let cannot =
        |cause: &dyn std::fmt::Display| format!("cannot read configuration {}: {cause}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| cannot(&e))?;
    toml::from_str(&text).map_err(|e| cannot(&e))
}

/// There is no sign-in yet, so whoever reaches the port reads and changes everything.
fn address(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| {
        format!("cannot listen on \"{text}\": give a numeric address and a port, such as {LISTEN_DEFAULT}")
    })?;
    let own = [[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()];
    if own.contains(&address.ip()) {
        Ok(address)
    } else {
        Err(format!(
            "will not listen on {address}: there is no sign-in yet, so only 127.0.0.1 and [::1] are allowed; \
             to reach it from elsewhere use a tunnel, such as ssh -L 8477:127.0.0.1:8477"
        ))
    }
}

/// The data folder as `serve` would take it.
pub(crate) fn data_folder(given: Option<PathBuf>) -> Result<PathBuf, String> {
    match given {
        Some(folder) => Ok(folder),
        None => Ok(data_home(|name| std::env::var_os(name).map(Into::into))?.join("sightglass")),
    }
}

/// XDG Base Directory Specification 0.8: relative paths are invalid and ignored.
fn data_home(var: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, String> {
    let absolute = |name| var(name).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/share")))
        .ok_or_else(|| "there is no home folder: say with --data where to keep things".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Options {
        toml::from_str(text).unwrap()
    }

    fn home(name: &str) -> Option<PathBuf> {
        (name == "HOME").then(|| "/home/plant".into())
    }

    #[test]
    fn defaults_follow_xdg() {
        let settings = Options::default().settle(home).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8477");
        assert_eq!(settings.data, Path::new("/home/plant/.local/share/sightglass"));
        assert!(!settings.demo);
        let xdg = |name: &str| match name {
            "XDG_DATA_HOME" => Some("/data".into()),
            other => home(other),
        };
        let demo = Options::default().for_demo().settle(xdg).unwrap();
        assert_eq!((demo.data.as_path(), demo.demo), (Path::new("/data/sightglass-demo"), true));
        let relative = |name: &str| (name == "XDG_DATA_HOME").then(|| "data".into());
        assert!(Options::default().settle(relative).unwrap_err().contains("--data"));
    }

    #[test]
    fn only_loopback_is_listened_on() {
        for good in ["127.0.0.1:0", "[::1]:8477"] {
            let settings = options(&format!("listen = \"{good}\"")).settle(home).unwrap();
            assert_eq!(settings.listen.to_string(), good);
        }
        for (bad, says) in [
            ("0.0.0.0:8477", "no sign-in"),
            ("192.0.2.1:8477", "no sign-in"),
            ("[::]:8477", "no sign-in"),
            ("127.0.0.2:8477", "no sign-in"),
            ("localhost:8477", "numeric"),
            ("8477", "numeric"),
        ] {
            let error = options(&format!("listen = \"{bad}\"")).settle(home).unwrap_err();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }

    #[test]
    fn the_file_fills_gaps_and_must_be_understood() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sightglass.toml");
        let given = || Options { config: Some(path.clone()), ..options("data = \"/given\"") };
        std::fs::write(&path, "data = \"/file\"\ncapture_bytes_max = 5\ndemo = true\n").unwrap();
        let settings = given().settle(home).unwrap();
        assert_eq!((settings.data.as_path(), settings.capture_bytes_max), (Path::new("/given"), 5));
        assert!(settings.demo);
        for (text, says) in
            [("lisen = \"127.0.0.1:1\"", "lisen"), ("config = \"x\"", "config"), ("=", "line 1")]
        {
            std::fs::write(&path, text).unwrap();
            let error = given().settle(home).unwrap_err();
            assert!(error.contains(says) && error.contains("sightglass.toml"), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(given().settle(home).unwrap_err().contains("cannot read configuration"));
    }
}
