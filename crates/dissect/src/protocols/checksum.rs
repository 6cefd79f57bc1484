//! Check words that several protocols share.

/// CRC-16/MODBUS: polynomial 0x8005 reflected, start value 0xffff (Modbus over Serial Line V1.02, 6.2.2; the same in ROC and Genisys).
pub(super) fn crc16_modbus(data: &[u8]) -> u16 {
    crc16(u16::MAX, data)
}

/// CRC-16/ARC: the same polynomial, start value 0 (TriStation).
pub(super) fn crc16_arc(data: &[u8]) -> u16 {
    crc16(0, data)
}

/// CRC-16/KERMIT: polynomial 0x1021 reflected, start value 0 (ProConOS).
pub(super) fn crc16_kermit(data: &[u8]) -> u16 {
    reflected(0x8408, 0, data)
}

fn crc16(start: u16, data: &[u8]) -> u16 {
    reflected(0xa001, start, data)
}

fn reflected(polynomial: u16, start: u16, data: &[u8]) -> u16 {
    data.iter().fold(start, |crc, &byte| {
        (0..8)
            .fold(crc ^ u16::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ polynomial } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::{crc16_arc, crc16_kermit, crc16_modbus};

    #[test]
    fn check_values_of_the_catalogue() {
        assert_eq!(crc16_modbus(b"123456789"), 0x4b37);
        assert_eq!(crc16_arc(b"123456789"), 0xbb3d);
        assert_eq!(crc16_kermit(b"123456789"), 0x2189);
    }
}
