import { describe, expect, it } from "vitest";
import { csv, csvField, middle, shortName, visible } from "../src/lib/inert";

describe("text from the wire", () => {
  it("shows what does not show by itself", () => {
    expect(visible("a\u0000b\u001b[31m\u007f\r\n\t")).toBe("a‹NUL›b‹ESC›[31m‹DEL›‹CR›‹LF›‹TAB›");
    expect(visible("\u0001\u0085")).toBe("‹01›‹U+0085›");
  });

  it("takes the power from characters that turn the order of others", () => {
    expect(visible("\u202egnp.exe\u2066\u200b\ufeff")).toBe("‹U+202E›gnp.exe‹U+2066›‹U+200B›‹U+FEFF›");
  });

  it("leaves other languages alone", () => {
    expect(visible("Füller Ägypten 泵 насос")).toBe("Füller Ägypten 泵 насос");
  });

  it("cuts the middle by characters", () => {
    expect(middle("short", 10)).toBe("short");
    expect(middle("6ES7516-3AN01-0AB0", 11)).toBe("6ES75…-0AB0");
    expect(middle("🏭🏭🏭🏭🏭", 3)).toBe("🏭…🏭");
  });
});

it("short names lose their domain, never their meaning", () => {
  expect(shortName("plc-fill-01.brightwater.example")).toBe("plc-fill-01");
  expect(shortName("750-352 (192.168.10.21)")).toBe("750-352");
  expect(shortName("192.168.10.14")).toBe("192.168.10.14");
  expect(shortName("PowerFlex 525 3P 400V 5.0HP (192.168.10.31)")).toBe("PowerFlex 525 3P 400V 5.0HP");
  expect(shortName("1756-EN2T/D")).toBe("1756-EN2T/D");
});

describe("CSV", () => {
  it("quotes what must be quoted", () => {
    expect(
      csv([
        ["a", 'b"c'],
        ["d,e", "f\ng"],
      ]),
    ).toBe('a,"b""c"\r\n"d,e","f\ng"');
  });

  it("lets no device write a formula into a spreadsheet", () => {
    for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
      expect(csvField(text).replace('"', "").startsWith("'")).toBe(true);
  });
});
