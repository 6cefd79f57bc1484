//! What the columns of a list of accounts hold.

use crate::cmdb::Error;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Longest mapping file, in bytes.
const MAPPING_BYTES_MAX: usize = 1 << 20;

macro_rules! columns {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// A column.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) enum Column {
            $($(#[$doc])* $variant,)*
        }

        impl Column {
            /// Every column, in order.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in mapping files, which is understood as a header as well.
            pub(super) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

columns! {
    /// The name an account signs in with.
    Account = "account",
    /// The name of a group that a right is given to.
    Group = "group",
    /// What people call the account.
    DisplayName = "display_name",
    /// DNS name of its domain.
    Domain = "domain",
    /// `person`, `service` or `machine`.
    Kind = "kind",
    /// Whether it can be used.
    Enabled = "enabled",
    /// Whether it cannot be used.
    Disabled = "disabled",
    /// From when on it cannot be used any more.
    Expires = "expires",
    /// When it was last used.
    LastLogon = "last_logon",
    /// When its password was set.
    PasswordSet = "password_set",
    /// Groups it is in, separated by semicolons or bars.
    Groups = "groups",
    /// A right: `view`, `operate`, `engineer` or `administer`.
    Right = "right",
    /// The devices that the right is on, separated likewise.
    On = "on",
    /// Until when the right is given.
    Until = "until",
    /// Id of the grant.
    Id = "id",
}

impl Column {
    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.as_str() == word)
    }
}

static HEADERS: &str = include_str!("../../../../content/access/headers.tsv");

static WORDS: LazyLock<BTreeMap<&str, Column>> = LazyLock::new(|| {
    let rows = HEADERS.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'));
    rows.filter_map(|(column, words)| Some((Column::parse(column)?, words)))
        .flat_map(|(column, words)| words.split(' ').map(move |word| (word, column)))
        .collect()
});

/// Letters and digits, lower case.
fn bare(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(80).collect()
}

/// Names of columns, where their header does not tell what they hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping(BTreeMap<Column, String>);

impl Mapping {
    /// Reads a mapping file: a JSON object with the name of a column for each word of a column.
    ///
    /// # Errors
    /// It is no JSON object of texts, or has a word that is none; with the words that are.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAPPING_BYTES_MAX {
            return Err(Error::one("the mapping is too long"));
        }
        let object: BTreeMap<String, String> = serde_json::from_str(text)
            .map_err(|e| Error::one(format!("the mapping is no JSON object of texts: {e}")))?;
        let known = || Column::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", ");
        let pair = |(word, name): (String, String)| {
            let column = Column::parse(&word);
            column
                .map(|c| (c, name))
                .ok_or_else(|| Error::one(format!("the mapping names {word}, which is none of {}", known())))
        };
        object.into_iter().map(pair).collect::<Result<_, _>>().map(Self)
    }

    /// What a header's columns hold: as the mapping says, the rest by their words. Of two for one thing the first counts.
    ///
    /// # Errors
    /// The mapping names a column that is not there.
    pub(super) fn columns(&self, cells: &[String]) -> Result<BTreeMap<Column, usize>, Error> {
        let mut out = BTreeMap::new();
        for (column, name) in &self.0 {
            let at = cells.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name.trim()));
            let missing = || format!("the mapping names the column {name}; there are: {}", cells.join(", "));
            out.insert(*column, at.ok_or_else(|| Error::one(missing()))?);
        }
        for (at, cell) in cells.iter().enumerate() {
            let free = !out.values().any(|taken| *taken == at);
            if let Some(column) = WORDS.get(bare(cell).as_str()).filter(|_| free) {
                out.entry(*column).or_insert(at);
            }
        }
        Ok(out)
    }

    /// Nothing is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn headers_as_people_write_them() {
        let found = Mapping::default()
            .columns(&header("sAMAccountName,Full name,Member of,Colour,Password last set"))
            .unwrap();
        let wanted =
            [(Column::Account, 0), (Column::DisplayName, 1), (Column::PasswordSet, 4), (Column::Groups, 2)];
        assert_eq!(found, BTreeMap::from(wanted));
        for column in Column::ALL {
            assert_eq!(WORDS.get(bare(column.as_str()).as_str()), Some(column), "{}", column.as_str());
        }
        let rows = HEADERS.lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(rows, Column::ALL.len(), "every line names a column");
        assert_eq!(
            HEADERS.lines().skip(1).flat_map(|l| l.split(['\t', ' ']).skip(1)).count(),
            WORDS.len(),
            "no word twice"
        );
    }

    #[test]
    fn a_mapping_wins_over_words() {
        let mapping = Mapping::parse(r#"{"account": "Kürzel", "on": "user"}"#).unwrap();
        let found = mapping.columns(&header("User,Kürzel")).unwrap();
        assert_eq!(found, BTreeMap::from([(Column::Account, 1), (Column::On, 0)]));
        assert!(mapping.columns(&header("User")).unwrap_err().to_string().contains("Kürzel"));
        for (text, what) in
            [("[]", "no JSON object"), (r#"{"colour": "A"}"#, "colour"), (r#"{"on": 3}"#, "no JSON object")]
        {
            assert!(Mapping::parse(text).unwrap_err().to_string().contains(what), "{text}");
        }
    }
}
