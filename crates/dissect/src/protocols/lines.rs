//! Lines of text, as the older protocols speak them.

use crate::protocol::{Input, Progress};

/// Longest line that is waited for. RFC 5321 §4.5.3.1 wants 512, RFC 959 sets no limit; nobody needs more than this.
const LINE_MAX: usize = 8192;

/// The first line without its end, and its length with it; or what to answer when there is none yet.
pub(super) fn first<'a>(input: &Input<'a>) -> Result<(&'a [u8], usize), Progress> {
    match input.data.iter().position(|&b| b == b'\n') {
        Some(at) => Ok((without_return(input.data.get(..at).unwrap_or_default()), at + 1)),
        None if input.cut || input.datagram => Ok((input.data, input.data.len())),
        None if input.data.len() > LINE_MAX => Err(Progress::Lost),
        None => Err(Progress::Need(input.data.len() + 1)),
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Splits at the first blank: a command and its argument.
pub(super) fn command(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    match line.iter().position(|b| b.is_ascii_whitespace()) {
        Some(at) => {
            let (word, rest) = line.split_at(at);
            (word, rest.trim_ascii())
        }
        None => (line, &[]),
    }
}

/// A reply line: its three-digit code, whether it is the last of its reply, and the text (RFC 959 §4.2, RFC 5321 §4.2).
pub(super) fn reply(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (code, rest) = line.split_first_chunk::<3>()?;
    let number =
        code.iter().try_fold(0u16, |n, d| d.is_ascii_digit().then(|| n * 10 + u16::from(d - b'0')))?;
    let (last, text) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', text)) => (true, text),
        Some((b'-', text)) => (false, text),
        Some(_) => return None,
    };
    (100..700).contains(&number).then_some((number, last, text.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::observation::Direction;

    #[test]
    fn lines_end_with_or_without_return() {
        let of = |data| first(&Input { data, direction: Direction::ToServer, datagram: false, cut: false });
        assert_eq!(of(b"USER a\r\nPASS"), Ok((&b"USER a"[..], 8)));
        assert_eq!(of(b"USER a\nPASS"), Ok((&b"USER a"[..], 7)));
        assert_eq!(of(b"USER"), Err(Progress::Need(5)));
    }

    #[test]
    fn commands_and_replies() {
        assert_eq!(command(b"USER  anna "), (&b"USER"[..], &b"anna"[..]));
        assert_eq!(command(b"QUIT"), (&b"QUIT"[..], &b""[..]));
        assert_eq!(reply(b"220-hello"), Some((220, false, &b"hello"[..])));
        assert_eq!(reply(b"230 ok "), Some((230, true, &b"ok"[..])));
        assert_eq!(reply(b"2200 ok"), None);
        assert_eq!(reply(b"ok"), None);
    }
}
