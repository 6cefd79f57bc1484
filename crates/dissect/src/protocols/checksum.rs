//! Check words that several protocols share.

/// CRC-16/MODBUS: polynomial 0x8005 reflected, start value 0xffff (Modbus over Serial Line V1.02, 6.2.2; the same in ROC and Genisys).
pub(super) fn crc16_modbus(data: &[u8]) -> u16 {
    const POLYNOMIAL: u16 = 0xa001;
    data.iter().fold(u16::MAX, |crc, &byte| {
        (0..8)
            .fold(crc ^ u16::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::crc16_modbus;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(crc16_modbus(b"123456789"), 0x4b37);
    }
}
