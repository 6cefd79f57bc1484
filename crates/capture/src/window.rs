//! A sliding window over the uncompressed bytes of a capture: one buffer, filled in large reads.

use crate::step::Step;
use std::io::{self, Read};

/// First size of the buffer, and the least that is asked of the system at once while there is room.
const BUFFER_BYTES: usize = 1 << 20;

/// Bytes `start..end` of `buffer` are read and not yet taken. What was taken stays in place until the next
/// call of [`Window::have`], so a frame can be lent from it.
///
/// The buffer grows only when a caller asks for more than it holds; callers cap what they ask for.
pub(crate) struct Window {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    failure: Option<io::Error>,
    /// To read on in, once the buffer is full: then whoever gave it gets the full one.
    spare: Option<Vec<u8>>,
    full: Option<Vec<u8>>,
}

impl Window {
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Self {
        let buffer = vec![0; BUFFER_BYTES];
        Self { source, buffer, start: 0, end: 0, ended: false, failure: None, spare: None, full: None }
    }

    /// Whether `len` bytes can be had; reads on where needed.
    #[inline]
    pub(crate) fn have(&mut self, len: usize) -> bool {
        self.end - self.start >= len || self.fill(len)
    }

    /// The bytes that are here, from the first that was not taken.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or(&[])
    }

    /// Takes `len` bytes that are here, and says where in the buffer they begin.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> usize {
        let at = self.start;
        self.start = at.saturating_add(len).min(self.end);
        at
    }

    /// Bytes that were taken last, by position.
    #[inline]
    pub(crate) fn lend(&self, start: usize, len: usize) -> &[u8] {
        start.checked_add(len).and_then(|end| self.buffer.get(start..end)).unwrap_or(&[])
    }

    /// Gives it a buffer for [`Window::full`].
    pub(crate) fn give(&mut self, spare: Vec<u8>) {
        self.spare = Some(spare);
    }

    /// The buffer that was full, with everything that was taken since the last call in its place; none while there is room.
    #[inline]
    pub(crate) fn full(&mut self) -> Option<Vec<u8>> {
        self.full.take()
    }

    /// The buffer at the end of the input. Nothing is left then.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        (self.start, self.end) = (0, 0);
        std::mem::take(&mut self.buffer)
    }

    /// Says why [`Window::have`] could not deliver.
    #[cold]
    pub(crate) fn shortage(&mut self, wanted: &str) -> Step {
        match self.failure.take() {
            Some(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Step::Cut(format!("the file is cut short ({e})"))
            }
            Some(e) => Step::Stop(format!("cannot read on ({e})")),
            None if self.start == self.end => Step::End,
            None => Step::Cut(format!("the file is cut short in {wanted}")),
        }
    }

    /// The failure of the source, if that is why nothing more came.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    #[cold]
    fn fill(&mut self, len: usize) -> bool {
        // Also keeps the search for a block from moving the rest of the buffer at each of its steps.
        if self.ended {
            return false;
        }
        self.make_room(len);
        while self.end < len && !self.ended {
            self.read_once();
        }
        self.end >= len
    }

    /// Moves what is not taken yet to the front of the buffer, or of the next one.
    fn make_room(&mut self, len: usize) {
        let size = len.max(BUFFER_BYTES);
        if let Some(mut next) = self.spare.take() {
            // One huge block must not make every buffer huge for good.
            next.resize(size, 0);
            next.shrink_to(size);
            let left = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(front) = next.get_mut(..left.len()) {
                front.copy_from_slice(left);
            }
            self.full = Some(std::mem::replace(&mut self.buffer, next));
        } else {
            self.buffer.copy_within(self.start..self.end, 0);
            if self.buffer.len() < size {
                self.buffer.resize(size, 0);
            }
        }
        self.end -= self.start;
        self.start = 0;
    }

    fn read_once(&mut self) {
        let Some(room) = self.buffer.get_mut(self.end..) else { return self.ended = true };
        match self.source.read(room) {
            Ok(0) => self.ended = true,
            Ok(n) => self.end = self.end.saturating_add(n).min(self.buffer.len()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => {
                self.failure = Some(e);
                self.ended = true;
            }
        }
    }
}
