import { describe, expect, it } from "vitest";
import { absolute, bytes, count, duration, natural, relative, zoneName } from "../src/lib/format";

describe("numbers", () => {
  it("groups thousands by a thin space", () => {
    expect(count(0)).toBe("0");
    expect(count(1234567)).toBe("1\u202f234\u202f567");
  });

  it("shows bytes with three figures and never as 1000 of a unit", () => {
    expect(bytes(0)).toBe("0 B");
    expect(bytes(999)).toBe("999 B");
    expect(bytes(1000)).toBe("1.00 kB");
    expect(bytes(999_600)).toBe("1.00 MB");
    expect(bytes(41_220_144)).toBe("41.2 MB");
  });
});

describe("times", () => {
  const time = "2026-03-29T00:59:59.123456789Z";

  it("are shown in the zone asked for, over the change to summer time", () => {
    expect(absolute(time, "UTC")).toBe("2026-03-29 00:59:59");
    expect(absolute(time, "Europe/Berlin")).toBe("2026-03-29 01:59:59");
    expect(absolute("2026-03-29T01:00:00Z", "Europe/Berlin")).toBe("2026-03-29 03:00:00");
  });

  it("keep every digit of the source", () => {
    expect(absolute(time, "UTC", true)).toBe("2026-03-29 00:59:59.123456789");
  });

  it("show midnight as 00, and what is no time as it is", () => {
    expect(absolute("2026-01-01T00:00:00Z", "UTC")).toBe("2026-01-01 00:00:00");
    expect(absolute("soon", "UTC")).toBe("soon");
  });

  it("name the zone with its offset at that time", () => {
    expect(zoneName("UTC", 0)).toBe("UTC");
    expect(zoneName("Europe/Berlin", Date.parse("2026-01-15T00:00:00Z"))).toBe("Europe/Berlin (UTC+1)");
    expect(zoneName("Europe/Berlin", Date.parse("2026-07-15T00:00:00Z"))).toBe("Europe/Berlin (UTC+2)");
  });

  it("are relative in one unit, also into the future", () => {
    const now = Date.parse("2026-01-10T00:00:00Z");
    expect(relative("2026-01-10T00:00:00Z", now)).toBe("now");
    expect(relative("2026-01-09T23:00:01Z", now)).toBe("59 min ago");
    expect(relative("2016-01-10T00:00:00Z", now)).toBe("10 y ago");
    expect(relative("2026-01-12T00:00:00Z", now)).toBe("in 2 d");
  });

  it("last as long as their two largest units say", () => {
    expect(duration(0)).toBe("0 s");
    expect(duration(0.42)).toBe("0.4 s");
    expect(duration(200)).toBe("3 min 20 s");
    expect(duration(187_200)).toBe("2 d 4 h");
    expect(duration(Number.POSITIVE_INFINITY)).toBe("–");
  });
});

it("addresses sort as people count", () => {
  expect(["10.0.0.10", "10.0.0.9", "10.0.0.100"].sort(natural)).toEqual(["10.0.0.9", "10.0.0.10", "10.0.0.100"]);
});
