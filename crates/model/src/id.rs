//! Identifiers derived from content, never from chance: the same input gives the same id.

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::Hasher;

/// A short stable digest of `parts` (64-bit FNV-1a, 16 hexadecimal digits). Not for secrets.
pub fn digest(parts: &[&str]) -> String {
    let mut hasher = FnvHasher::default();
    for part in parts {
        hasher.write(part.as_bytes());
        hasher.write_u8(0);
    }
    format!("{:016x}", hasher.finish())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident => $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Box<str>);

        impl $name {
            /// From the content that makes it unique.
            pub fn of(parts: &[&str]) -> Self {
                Self(format!(concat!($prefix, "-{}"), digest(parts)).into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// One device, from its strongest address.
    AssetId => "asset";
    /// One finding, from its check and subject.
    FindingId => "finding";
}
