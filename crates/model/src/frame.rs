//! A captured frame, as the capture crate makes it and the dissect crate reads it.

use crate::evidence::CaptureId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What the bytes of a frame begin with (the LINKTYPE_ registry of tcpdump.org).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: 4-byte address family in the order of the capturing host.
    pub const NULL: Self = Self(0);
    /// IEEE 802.3 Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP, as some BSDs number it.
    pub const RAW_BSD: Self = Self(12);
    /// Raw IP, as OpenBSD numbers it.
    pub const RAW_OPENBSD: Self = Self(14);
    /// Raw IPv4 or IPv6.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: address family in network order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
    /// No frame: a line of another system's log, as text. The registry ends far below it.
    pub const LOG_LINE: Self = Self(u16::MAX);
}

/// One frame of a capture. Borrowed: nothing on the packet path copies it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Which capture.
    pub capture: CaptureId,
    /// Number in the capture, from 1.
    pub number: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// What `data` begins with.
    pub link: LinkType,
    /// Bytes on the wire; more than `data.len()` where the capture was cut by a snap length.
    pub wire_len: u32,
    /// The captured bytes.
    pub data: &'a [u8],
}
