#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn judge(range: &str, observed: &str) -> Verdict {
    Range::parse(range).verdict(&Labelled::all(observed), None)
}

#[test]
fn reads_the_forms_of_the_archive() {
    use Verdict::{Inside, Outside, Unsure};
    for (range, observed, expected) in [
        ("vers:all/*", "V1", Inside),
        ("All versions", "V1", Inside),
        ("vers:all/<V7.0.3", "V7.0.2", Inside),
        ("vers:all/<V7.0.3", "V7.0.3", Outside),
        ("All versions < V3.X.14", "V3.2.13", Inside),
        ("All versions < V3.X.14", "V3.3.14", Outside),
        (">= 6.02 | <= 6.05", "6.04", Inside),
        (">= 6.02 | <= 6.05", "6.06", Outside),
        ("vers:all/>=V2.9.2<V2.9.4", "V2.9.3", Inside),
        (">= V2.0 and < V2.6", "V2.6", Outside),
        ("1.00 | 1.04", "1.04", Inside),
        ("1.00 | 1.04", "1.05", Outside),
        ("20-33", "30.014", Inside),
        ("20-33", "34.011", Outside),
        ("31  - 32", "32.011", Inside),
        ("12.7.1-12.7.3", "12.7.2", Inside),
        ("V1.81.01 - V1.81.03", "V1.82.02", Outside),
        ("<V33.017_V34.014_V35.013_V36.011", "33.012", Inside),
        ("<V33.017_V34.014_V35.013_V36.011", "36.011", Outside),
        ("<V33.017_V34.014_V35.013_V36.011", "34.014", Outside),
        (">v33.011|<v33.015", "33.012", Inside),
        ("< V16 Update 3a", "V16.0.0.0", Inside),
        ("< V16 Update 5", "V16 Update 4", Inside),
        ("< V4.8 SP3", "V4.8 SP2 HF4", Inside),
        ("<V19_Update_1", "V19 Update 2", Outside),
        (">= 2.8.1 (only some)", "V2.8.1", Unsure),
        ("< 16 | 6", "V16 Update 4", Inside),
        ("V15, V15.1 and V16", "V16 Update 4", Inside),
        ("6.00 | 6.10 | 6.11", "6.11.00", Inside),
        ("<= 33", "33.011", Inside),
        ("<= 6.12", "6.12.361", Inside),
        ("<= 2.2", "2.2.3", Outside),
        (">FW16_up_to_and_including_FW26", "FW22 (04.02.13(24))", Inside),
        ("< 02.07.07(10)", "02.07.07(9)", Inside),
        ("NMC2 <= 6.9.6", "v6.9.6", Inside),
        ("<= HiOS 07.0.02", "HiOS-2A-07.0.02", Inside),
        ("All versions < CPCI85 V05.11", "CPCI85 V05.11", Outside),
        ("All versions < CPCI85 V05.20", "CPCI85 V05.11", Inside),
        (">=R400-V0|<R400-V2", "R400-V2", Outside),
        (">=R302-V0|<R302-V2", "R302-V1", Inside),
        ("< 1.1.6.S0", "1.1.5.S0", Inside),
        ("< 14.1s0", "14.0s1", Inside),
        ("prior to 2.3", "2.2", Inside),
        ("2.3 and earlier", "2.3", Inside),
        ("2.3 and earlier", "2.4", Outside),
        ("Versions 2.00 to 6.11", "3.5", Inside),
        ("versions 3.0 through 4.2", "4.3", Outside),
        ("5.0 and later", "6.1", Inside),
        ("No version", "1.0", Outside),
        ("< March 13, 2019", "1.0", Unsure),
        ("All versions < CPCI85 V05.11 (only with activated debug support)", "CPCI85 V05.10", Unsure),
        ("<=the_first_5_digits_of_serial_number_24031", "1.0", Unsure),
        ("<= 1.29F", "1.29E", Inside),
        (">= R3.10.00 | <= R3.75.00", "R3.60.00", Inside),
        ("< 15.2(4)EA7", "15.2(4)EA3", Inside),
        ("4.2.x", "4.2.9", Inside),
        ("4.X | 5.X", "6.1", Outside),
        ("<=FB", "FA", Inside),
        ("<=FB", "FC", Outside),
        ("<= K", "AA", Outside),
        ("All versions between V3.0 (including) and V3.0.2 (excluding)", "V3.0.1", Inside),
        ("All versions between V3.0 (including) and V3.0.2 (excluding)", "V3.0.2", Outside),
        ("< 8.2_20170817", "9.0.0", Outside),
        ("< 8.2_20170817", "8.1", Inside),
        ("4.7.109.20", "4.7.109", Unsure),
        ("2.1", "2.10", Unsure),
        ("<15.2{7}E2", "15.2(7)E1", Inside),
    ] {
        assert_eq!(judge(range, observed), expected, "{range} against {observed}: {:?}", Range::parse(range));
    }
}

#[test]
fn older_than_the_range_is_not_fixed() {
    let observed = Labelled::all("28.011");
    assert!(Range::parse(">= 31.011 | <= 33").is_after(&observed, None));
    assert!(!Range::parse("< 27").is_after(&observed, None));
}

#[test]
fn serial_bounds_compare_with_the_serial() {
    let range = Range::parse("<=The_first_5_digits_of_serial_No._\"26061\"");
    assert_eq!(range.verdict(&[], Some("24031")), Verdict::Inside);
    assert_eq!(range.verdict(&[], Some("27001A")), Verdict::Outside);
    assert_eq!(range.verdict(&[], None), Verdict::Unsure);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}", observed in "\\PC{0,60}") {
        let _ = judge(&text, &observed);
    }

    #[test]
    fn near_versions_are_read_without_panic(text in "[0-9vVxX.<>=|() a-dSPu*_-]{0,80}", observed in "[0-9vVx.() SPa-d-]{0,40}") {
        let _ = judge(&text, &observed);
    }

    #[test]
    fn comparison_is_total_and_antisymmetric(a in "[0-9]{1,3}(\\.[0-9a-c]{1,2}){0,3}( SP[0-9])?", b in "[0-9]{1,3}(\\.[0-9a-c]{1,2}){0,3}( HF[0-9])?", c in "[0-9]{1,2}(\\.[0-9]){0,3}") {
        let [a, b, c] = [a, b, c].map(|text| Version::read(&text).unwrap().version);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        prop_assert!(a.depth() <= crate::intel::version::PARTS_MAX);
    }

    #[test]
    fn below_and_at_least_split_every_version(version in "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}", bound in "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}") {
        let below = judge(&format!("< {bound}"), &version) == Verdict::Inside;
        let above = judge(&format!(">= {bound}"), &version) == Verdict::Inside;
        prop_assert!(below != above);
    }
}
