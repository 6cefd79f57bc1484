//! The link checksum of DNP3 (IEEE 1815-2012 §9.2.4.3.4): x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1, bits
//! reflected, inverted, low byte first.

/// The polynomial, reflected.
const POLYNOMIAL: u16 = 0xa6bc;

const fn tables() -> [[u16; 256]; 8] {
    let mut tables = [[0u16; 256]; 8];
    let mut n = 0;
    let mut value = 0u16;
    while n < 256 {
        let mut crc = value;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 != 0 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        tables[0][n] = crc;
        n += 1;
        value = value.wrapping_add(1);
    }
    // Table k is a byte followed by k zero bytes, so that eight bytes are looked up at once.
    let mut k = 1;
    while k < 8 {
        let mut n = 0;
        while n < 256 {
            let before = tables[k - 1][n];
            tables[k][n] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            n += 1;
        }
        k += 1;
    }
    tables
}

static TABLES: [[u16; 256]; 8] = tables();

fn look(table: &[u16; 256], byte: u8) -> u16 {
    table.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The checksum of `data`.
pub(super) fn crc(data: &[u8]) -> u16 {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = &TABLES;
    let mut crc = 0u16;
    let (eights, rest) = data.as_chunks::<8>();
    for &[a, b, c, d, e, f, g, h] in eights {
        let [low, high] = crc.to_le_bytes();
        crc = look(t7, a ^ low)
            ^ look(t6, b ^ high)
            ^ look(t5, c)
            ^ look(t4, d)
            ^ look(t3, e)
            ^ look(t2, f)
            ^ look(t1, g)
            ^ look(t0, h);
    }
    for &byte in rest {
        let [low, _] = crc.to_le_bytes();
        crc = (crc >> 8) ^ look(t0, low ^ byte);
    }
    !crc
}

/// Whether the last two bytes are the checksum of those before.
pub(super) fn is_good(block: &[u8]) -> bool {
    block.split_last_chunk::<2>().is_some_and(|(data, sum)| crc(data) == u16::from_le_bytes(*sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // The check value of CRC-16/DNP, and the header of a link reset from 1 to 1024 with its checksum.
        assert_eq!(crc(b"123456789"), 0xea82);
        assert!(is_good(&[0x05, 0x64, 0x05, 0xc0, 0x01, 0x00, 0x00, 0x04, 0xe9, 0x21]));
        assert!(!is_good(&[0x05, 0x64, 0x05, 0xc0, 0x01, 0x00, 0x00, 0x04, 0xe9, 0x22]));
        assert!(!is_good(&[0x05]));
        for len in 0..40 {
            let data: Vec<u8> = (0..len).map(|i: u8| i.wrapping_mul(37)).collect();
            let bitwise = data.iter().fold(0u16, |crc, &byte| {
                (0..8).fold(
                    crc ^ u16::from(byte),
                    |c, _| if c & 1 != 0 { (c >> 1) ^ POLYNOMIAL } else { c >> 1 },
                )
            });
            assert_eq!(crc(&data), !bitwise);
        }
    }
}
