//! Blocks of a running configuration: a line at the margin, and the indented lines under it. Comments and banners are left out.

use super::super::line::number;
use super::Fault;

/// A line at the margin with what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    /// Its line, from 1.
    pub(super) line: u32,
    /// The line without trailing blanks.
    pub(super) text: &'a str,
    /// Indented lines under it.
    pub(super) children: Vec<(u32, &'a str)>,
}

/// Divides a configuration.
///
/// # Errors
/// A banner that does not end: what comes after it cannot be told from its text.
pub(super) fn divide(text: &str) -> Result<Vec<Block<'_>>, Fault> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let (line_number, line) = (number(index), line.trim_end());
        let inner = line.trim_start();
        if inner.is_empty() || inner.starts_with('!') {
            continue;
        }
        if line.len() != inner.len() {
            if let Some(block) = blocks.last_mut() {
                block.children.push((line_number, inner));
            }
            continue;
        }
        if line.starts_with("banner ") {
            if let Some(mark) = banner_end(line)
                && !lines.any(|(_, l)| l.contains(mark))
            {
                return Err(Fault::new(line_number, 1, "a banner that does not end"));
            }
            continue;
        }
        blocks.push(Block { line: line_number, text: line, children: Vec::new() });
    }
    Ok(blocks)
}

/// What ends a banner of several lines; `None` when the line is no banner or holds all of it.
fn banner_end(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("banner ")?.trim_start();
    let after_kind = rest.split_once(' ')?.1.trim_start();
    // The control character is shown as two letters.
    let length = if after_kind.starts_with("^C") { 2 } else { after_kind.chars().next()?.len_utf8() };
    let (mark, text) = after_kind.split_at_checked(length)?;
    (!text.contains(mark)).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banner_is_no_configuration() {
        let text = "hostname a\nbanner motd ^C\ninterface Vlan1\n ip address 1.1.1.1 255.0.0.0\n^C\nend\n";
        let blocks = divide(text).unwrap();
        assert_eq!(blocks.iter().map(|b| b.text).collect::<Vec<_>>(), ["hostname a", "end"]);
        assert_eq!(divide("banner login #one line#\nend").unwrap().len(), 1);
        assert!(divide("banner exec ^C\nend").is_err());
    }
}
