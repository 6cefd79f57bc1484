import { describe, expect, it } from "vitest";
import { paths } from "../src/lib/paths";
import { list, readParams, toggled, writeParams } from "../src/lib/url";

const defaults = { q: "", sort: "name", role: "" };

describe("state in the address", () => {
  it("reads what is there and fills in the rest", () => {
    expect(readParams("role=plc,hmi&other=1", defaults)).toEqual({ q: "", sort: "name", role: "plc,hmi" });
  });

  it("leaves defaults out, keeps what it does not know, and sorts", () => {
    expect(writeParams("zzz=1&q=pump", { q: "", sort: "level" }, defaults)).toBe("sort=level&zzz=1");
    expect(writeParams("sort=level", { sort: "name" }, defaults)).toBe("");
  });

  it("can say that a filter with a default is empty", () => {
    expect(readParams(writeParams("", { status: "" }, { status: "affected" }), { status: "affected" })).toEqual({
      status: "",
    });
  });

  it("survives any text", () => {
    const q = "a&b=c #?/ü";
    expect(readParams(writeParams("", { q }, defaults), defaults).q).toBe(q);
  });

  it("toggles one of several values", () => {
    expect(toggled("", "plc")).toBe("plc");
    expect(toggled("plc,hmi", "plc")).toBe("hmi");
    expect(list("")).toEqual([]);
    expect(list(toggled(toggled("", "Rockwell Automation, Inc."), "100%2C"))).toEqual([
      "Rockwell Automation, Inc.",
      "100%2C",
    ]);
  });
});

it("every link", () => {
  const evidence = { capture_id: 2, frame: 17, offset: 60, length: 4, field: "enip.lir.name" };
  expect({
    overview: paths.overview(),
    assets: paths.assets({ role: "plc", level: "3.5" }),
    asset: paths.asset("a/b", "findings"),
    map: paths.map({ selected: "x" }),
    findings: paths.findings({ check: "smb1" }),
    finding: paths.finding("f-1"),
    packet: paths.packet(evidence, "/findings/f-1?a=b"),
    reassembled: paths.packet({ capture_id: 2, frame: 17, field: "x" }),
    vulnerabilities: paths.vulnerabilities({ q: "CVE-2022-38465" }),
    conversations: paths.conversations({ protocol: "s7comm" }),
    access: paths.access(),
    sources: paths.sources(),
  }).toMatchInlineSnapshot(`
    {
      "access": "/access",
      "asset": "/assets/a%2Fb?tab=findings",
      "assets": "/assets?role=plc&level=3.5",
      "conversations": "/conversations?protocol=s7comm",
      "finding": "/findings/f-1",
      "findings": "/findings?check=smb1",
      "map": "/map?selected=x",
      "overview": "/",
      "packet": "/packets/2/17?offset=60&length=4&field=enip.lir.name&from=%2Ffindings%2Ff-1%3Fa%3Db",
      "reassembled": "/packets/2/17?field=x",
      "sources": "/sources",
      "vulnerabilities": "/vulnerabilities?q=CVE-2022-38465",
    }
  `);
});
