//! What CIP services do: common ones by their number, those of an object by class and number.
//! Sources: CIP Networks Library Volume 1, Appendix A (common services), 3-5 (Connection Manager), chapter 5 (objects); Volume 8, CIP
//! Security (V8), as the OpENer stack has its services and attributes; Rockwell
//! 1756-PM020 (Logix 5000 Data Access); Rockwell 1770-6.5.16 chapter 7 (PCCC commands). Classes of Logix controllers that no
//! document describes are named after what they do in captures of uploads, downloads and mode changes.

pub(super) use super::catalogue::CIP;
use super::path::Path;

/// Object classes (V1 5-1; PM020).
pub(super) mod class {
    pub(in super::super) const IDENTITY: u32 = 0x01;
    pub(in super::super) const MESSAGE_ROUTER: u32 = 0x02;
    pub(in super::super) const CONNECTION_MANAGER: u32 = 0x06;
    pub(in super::super) const CIP_SECURITY: u32 = 0x5d;
    pub(in super::super) const ETHERNET_IP_SECURITY: u32 = 0x5e;
    pub(in super::super) const LOGIX_PROJECT: u32 = 0x64;
    pub(in super::super) const PCCC: u32 = 0x67;
}

/// Services (V1 Appendix A, 3-5.5; PM020).
pub(super) mod service {
    pub(in super::super) const GET_ATTRIBUTES_ALL: u8 = 0x01;
    pub(in super::super) const GET_ATTRIBUTE_LIST: u8 = 0x03;
    pub(in super::super) const RESET: u8 = 0x05;
    pub(in super::super) const MULTIPLE_SERVICE_PACKET: u8 = 0x0a;
    pub(in super::super) const GET_ATTRIBUTE_SINGLE: u8 = 0x0e;
    pub(in super::super) const SET_ATTRIBUTE_SINGLE: u8 = 0x10;
    pub(in super::super) const EXECUTE_PCCC: u8 = 0x4b;
    pub(in super::super) const UNCONNECTED_SEND: u8 = 0x52;
    pub(in super::super) const FORWARD_OPEN: u8 = 0x54;
    pub(in super::super) const LARGE_FORWARD_OPEN: u8 = 0x5b;
}

/// Unconnected Send of the Connection Manager (V1 3-5.5.4): answered under its own name only when the router fails.
pub(super) const UNCONNECTED_SEND: u32 = 0x652;

/// Services from here on belong to the object (V1 table 4-9.7).
const OBJECT_SPECIFIC: u8 = 0x32;

/// The code of an operation: the service, or class and service where the object decides what the service does.
pub(super) fn code(service: u8, path: &Path<'_>) -> u32 {
    let plain = u32::from(service);
    let Some(class) = path.class else { return plain };
    let own = (class << 8) | plain;
    if service < OBJECT_SPECIFIC {
        // Reading is reading everywhere.
        let reads = matches!(service, 0x01 | 0x03 | 0x0a | 0x0e | 0x11 | 0x18);
        // All attributes or a list of them are set as one is.
        let single = (class << 8) | u32::from(service::SET_ATTRIBUTE_SINGLE);
        let sets = matches!(service, 0x02 | 0x04) && is_listed(single);
        return match () {
            () if !reads && is_listed(own) => own,
            () if sets => single,
            () => plain,
        };
    }
    // Tag services go to a symbol by name or by its instance (PM020).
    if path.symbol.is_some() && !is_listed(own) { plain } else { own }
}

/// The code of a PCCC command and its function.
pub(super) const fn pccc(command: u8, function: u8) -> u32 {
    0x0067_0000 | (command as u32) << 8 | function as u32
}

/// Kinds of reset of a device (V1 table 5-2.5): 1 is out of the box, 2 the same without the addresses. The codes are the project's own, as
/// are those of PCCC commands by the type of file.
pub(super) const FACTORY_DEFAULTS: u32 = 0x0100_0105;
pub(super) const FACTORY_DEFAULTS_BUT_NETWORK: u32 = 0x0100_0205;
pub(super) const PCCC_PROGRAM: u32 = 0x0200_0000;
pub(super) const PCCC_FORCES: u32 = 0x0200_0010;
pub(super) const PCCC_PORTS: u32 = 0x0200_0020;
pub(super) const READS: u32 = 1;
pub(super) const WRITES: u32 = 2;

/// The code of a typed command on a file of SLC 500 and MicroLogix that holds something else than data: ladder or an online edit, forces,
/// the configuration of the channels. The types are as Wireshark has them; DF1 lists those of data only.
pub(super) fn typed(function: u8, file_type: u8) -> Option<u32> {
    let what = match function {
        0xa1 | 0xa2 | 0xa7 => READS,
        0xa9..=0xab | 0xaf => WRITES,
        _ => return None,
    };
    Some(
        what | match file_type {
            0x22 | 0x65 => PCCC_PROGRAM,
            0xa1 | 0xa2 => PCCC_FORCES,
            0x49 => PCCC_PORTS,
            _ => return None,
        },
    )
}

fn is_listed(code: u32) -> bool {
    CIP.list.binary_search_by_key(&code, |o| o.code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted() {
        assert!(CIP.list.windows(2).all(|w| w[0].code < w[1].code));
    }

    #[test]
    fn the_object_decides() {
        let path = |bytes: &'static [u8]| Path::read(bytes);
        assert_eq!(code(0x54, &path(&[0x20, 0x06, 0x24, 0x01])), 0x654);
        assert_eq!(code(0x07, &path(&[0x20, 0x8e, 0x24, 0x01])), 0x8e07);
        assert_eq!(code(0x01, &path(&[0x20, 0x01, 0x24, 0x01])), 0x01);
        assert_eq!(code(0x4c, &path(&[0x91, 0x01, b'a', 0])), 0x4c);
        assert_eq!(code(0x05, &path(&[0x20, 0x01, 0x24, 0x01])), 0x05);
    }
}
