//! The pcapng file format (draft-ietf-opsawg-pcapng, "PCAP Next Generation (pcapng) Capture File Format").
//!
//! A block whose inside is wrong is left out and reading goes on at the next; where its length is wrong too, the
//! next block is searched. The lengths of sections are not believed: a section ends where the next one begins.

use crate::interface::{Interface, Options};
use crate::order::Order;
use crate::step::{Found, Step};
use crate::window::Window;

/// Section Header Block; reads the same in both byte orders (section 4.1).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// Interface Description Block (section 4.2).
const INTERFACE_DESCRIPTION: u32 = 1;
/// Packet Block, obsolete (appendix A).
const PACKET: u32 = 2;
/// Simple Packet Block (section 4.4).
const SIMPLE_PACKET: u32 = 3;
/// Interface Statistics Block (section 4.6).
const INTERFACE_STATISTICS: u32 = 5;
/// Enhanced Packet Block (section 4.3).
const ENHANCED_PACKET: u32 = 6;
/// Blocks without a frame that Wireshark 4.0 gives a frame number: systemd journal entries (9), sysdig events
/// (0x204, 0x208, 0x216, 0x217, 0x221, 0x222) and custom blocks (section 4.8).
const NUMBERED: [u32; 9] = [9, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222, 0x0bad, 0x4000_0bad];

/// `isb_ifdrop` and `isb_osdrop` (section 4.6).
const DROP_COUNTS: [u16; 2] = [5, 7];
/// Type, length, and the length again at the end (section 3.1).
const BLOCK_BYTES_MIN: usize = 12;
/// The largest block that is believed (Wireshark, wiretap/pcapng.c, `MAX_BLOCK_SIZE`).
const BLOCK_BYTES_MAX: usize = 16 << 20;
/// The largest block that is believed while searching for the next one.
const SEARCHED_BYTES_MAX: usize = 256 << 10;
/// Interfaces of one section that are kept.
const INTERFACES_MAX: usize = 65_536;

/// State of the section that is being read.
pub(crate) struct Pcapng {
    order: Order,
    interfaces: Vec<Interface>,
    /// Drops that the sections before told of.
    dropped_before: u64,
}

impl Pcapng {
    /// Whether these bytes begin a pcapng file.
    pub(crate) fn is_magic(magic: &[u8]) -> bool {
        Order::Big.u32(magic, 0) == SECTION_HEADER
    }

    /// Checks the first section header, which the first step then reads. Fails with what is wrong with it.
    pub(crate) fn begin(window: &mut Window) -> Result<Self, String> {
        if !window.have(BLOCK_BYTES_MIN) {
            return Err("the file ends within its header".into());
        }
        let order = section_order(window.bytes()).ok_or("not a pcapng file: no byte-order magic")?;
        let mut new = Self { order, interfaces: Vec::new(), dropped_before: 0 };
        let Some(len) = new.block_len(window.bytes()) else {
            return Err("corrupt section header".into());
        };
        if !window.have(len) {
            return Err("the file ends within its header".into());
        }
        new.section(window.bytes())?;
        Ok(new)
    }

    /// Frames that were lost before they could be captured, as the file says.
    pub(crate) fn dropped(&self) -> u64 {
        let now = self.interfaces.iter().fold(0_u64, |sum, i| sum.saturating_add(i.dropped));
        self.dropped_before.saturating_add(now)
    }

    /// Reads the next block.
    #[inline]
    pub(crate) fn step(&mut self, window: &mut Window) -> Step {
        if !window.have(BLOCK_BYTES_MIN) {
            return window.shortage("a block header");
        }
        let Some(len) = self.block_len(window.bytes()) else {
            return self.search(window);
        };
        if !window.have(len) {
            return window.shortage("a block");
        }
        let start = window.take(len);
        let block = window.lend(start, len);
        let (kind, closing) = (self.order.u32(block, 0), self.order.len(block, len - 4));
        if closing.next_multiple_of(4) != len {
            let what =
                format!("corrupt block: its length is {len} bytes at the beginning and {closing} at the end");
            return Step::Lost { counted: has_frame(kind), what };
        }
        self.block(kind, block, start)
    }

    #[inline]
    fn block(&mut self, kind: u32, block: &[u8], start: usize) -> Step {
        let body = block.get(8..block.len() - 4).unwrap_or(&[]);
        match kind {
            ENHANCED_PACKET => self.packet(self.order.len(body, 0), body, start),
            PACKET => self.packet(usize::from(self.order.u16(body, 0)), body, start),
            SIMPLE_PACKET => self.simple_packet(body, start),
            SECTION_HEADER => self.section(block).map_or_else(Step::Stop, |()| Step::Skip { counted: false }),
            INTERFACE_DESCRIPTION => self.interface(body),
            INTERFACE_STATISTICS => self.statistics(body),
            _ => Step::Skip { counted: NUMBERED.contains(&kind) },
        }
    }

    /// Enhanced and obsolete packet blocks differ in nothing but the width of the interface number.
    #[inline]
    fn packet(&self, interface: usize, body: &[u8], block_start: usize) -> Step {
        const DATA: usize = 20;
        let len = self.order.len(body, 12);
        if len > body.len().saturating_sub(DATA) {
            return lost(format!("corrupt packet block: a frame of {len} bytes in {} bytes", body.len()));
        }
        let Some(from) = self.interfaces.get(interface) else {
            return lost(format!("packet block of interface {interface}, which is not described"));
        };
        let ticks = u64::from(self.order.u32(body, 4)) << 32 | u64::from(self.order.u32(body, 8));
        let (start, time) = (block_start + 8 + DATA, Some(from.clock.at(ticks)));
        Step::Frame(Found { start, len, time, link: from.link, wire_len: self.order.u32(body, 16) })
    }

    /// A simple packet block belongs to the first interface and has no time. Its captured length is that on the
    /// wire or the snap length, whichever is less.
    fn simple_packet(&self, body: &[u8], block_start: usize) -> Step {
        const DATA: usize = 4;
        let Some(from) = self.interfaces.first() else {
            return lost("packet block of interface 0, which is not described".into());
        };
        let wire_len = self.order.u32(body, 0);
        let snapped = if from.snap_len == 0 { wire_len } else { wire_len.min(from.snap_len) };
        let room = body.len().saturating_sub(DATA);
        let len = usize::try_from(snapped).unwrap_or(usize::MAX);
        if body.len() < DATA || len > room {
            return lost(format!(
                "corrupt simple packet block: a frame of {len} bytes in {} bytes",
                body.len()
            ));
        }
        Step::Frame(Found { start: block_start + 8 + DATA, len, time: None, link: from.link, wire_len })
    }

    /// A new section forgets the interfaces of the one before.
    fn section(&mut self, block: &[u8]) -> Result<(), String> {
        let (major, minor) = (self.order.u16(block, 12), self.order.u16(block, 14));
        if block.len() < 28 {
            return Err("corrupt section header".into());
        }
        if major != 1 {
            return Err(format!("pcapng version {major}.{minor} is not known"));
        }
        self.dropped_before = self.dropped();
        self.interfaces.clear();
        Ok(())
    }

    fn interface(&mut self, body: &[u8]) -> Step {
        let what = if body.len() < 8 {
            "corrupt interface description block"
        } else if self.interfaces.len() >= INTERFACES_MAX {
            "more interfaces than can be kept"
        } else {
            self.interfaces.push(Interface::read(self.order, body));
            return Step::Skip { counted: false };
        };
        Step::Lost { counted: false, what: what.into() }
    }

    fn statistics(&mut self, body: &[u8]) -> Step {
        let order = self.order;
        if let Some(interface) = self.interfaces.get_mut(order.len(body, 0)) {
            let counts =
                Options::new(order, body, 12).filter(|(code, v)| DROP_COUNTS.contains(code) && v.len() == 8);
            let dropped = counts.fold(0_u64, |sum, (_, value)| sum.saturating_add(order.u64(value, 0)));
            interface.dropped = interface.dropped.max(dropped);
        }
        Step::Skip { counted: false }
    }

    /// Length of the block that begins here, padding included; none if it cannot be right. The byte order changes
    /// where a section begins. Some writers leave the padding out of the length, so it is rounded up.
    #[inline]
    fn block_len(&mut self, bytes: &[u8]) -> Option<usize> {
        if Order::Big.u32(bytes, 0) == SECTION_HEADER {
            self.order = section_order(bytes)?;
        }
        let len = self.order.len(bytes, 4);
        (BLOCK_BYTES_MIN..=BLOCK_BYTES_MAX).contains(&len).then(|| len.next_multiple_of(4))
    }

    /// The length of a block cannot be right: looks for the next place where a block begins.
    #[cold]
    fn search(&mut self, window: &mut Window) -> Step {
        let len = self.order.u32(window.bytes(), 4);
        let mut skipped = 0_u64;
        loop {
            window.take(4);
            skipped += 4;
            if !window.have(BLOCK_BYTES_MIN) {
                return search_failed(len, window);
            }
            if self.begins_block(window) {
                let what = format!("corrupt block of length {len}; read on {skipped} bytes later");
                return Step::Lost { counted: false, what };
            }
        }
    }

    /// Whether a block of a known kind seems to begin here, with the same length at both ends.
    fn begins_block(&self, window: &mut Window) -> bool {
        let order = section_order(window.bytes()).unwrap_or(self.order);
        let (kind, len) = (order.u32(window.bytes(), 0), order.len(window.bytes(), 4));
        let known = kind == SECTION_HEADER || (INTERFACE_DESCRIPTION..=ENHANCED_PACKET).contains(&kind);
        let sane = (BLOCK_BYTES_MIN..=SEARCHED_BYTES_MAX).contains(&len) && len.is_multiple_of(4);
        known && sane && window.have(len) && order.len(window.bytes(), len - 4) == len
    }
}

fn search_failed(len: u32, window: &mut Window) -> Step {
    let failure = window.take_failure().map(|e| format!(" ({e})")).unwrap_or_default();
    Step::Stop(format!("corrupt block of length {len}, and no block was found behind it{failure}"))
}

fn lost(what: String) -> Step {
    Step::Lost { counted: true, what }
}

fn has_frame(kind: u32) -> bool {
    matches!(kind, ENHANCED_PACKET | PACKET | SIMPLE_PACKET) || NUMBERED.contains(&kind)
}

/// Byte order of the section header that begins here, by its byte-order magic; none if it has none (section 4.1).
fn section_order(bytes: &[u8]) -> Option<Order> {
    if Order::Big.u32(bytes, 0) != SECTION_HEADER {
        return None;
    }
    match Order::Big.u32(bytes, 8) {
        0x1a2b_3c4d => Some(Order::Big),
        0x4d3c_2b1a => Some(Order::Little),
        _ => None,
    }
}
