import { describe, expect, it } from "vitest";
import type { Fact } from "../src/api/types";
import { certainty, claims } from "../src/lib/claims";

const evidence = { capture: "a.pcap", capture_id: 1, frame: 1, time: "2026-01-01T00:00:00Z", field: "x" };
const fact = (attribute: string, value: string, confidence: number): Fact => ({
  attribute,
  value,
  protocol: "lldp",
  confidence,
  evidence,
});

describe("claims", () => {
  it("prefer the value in use, then confidence", () => {
    const facts = [fact("firmware", "V2", 0.9), fact("firmware", "V1", 0.5)];
    expect(claims(facts, { firmware: "V1" })[0]?.best.value).toBe("V1");
    expect(claims(facts, {})[0]?.best.value).toBe("V2");
  });

  it("show sources that disagree", () => {
    const [claim] = claims([fact("firmware", "V2.8.1", 0.9), fact("firmware", "V2.8.0", 0.8)], {});
    expect(claim?.conflicting.map((f) => f.value)).toEqual(["V2.8.0"]);
  });

  it("see no conflict in case, spaces or a longer way to say the same", () => {
    const [claim] = claims([fact("vendor", "Siemens", 0.9), fact("vendor", "SIEMENS AG", 0.9)], {});
    expect(claim?.conflicting).toEqual([]);
    expect(claim?.agreeing).toHaveLength(1);
  });

  it("let a device have several of what it may have several of", () => {
    const [claim] = claims([fact("endpoint", "opc.tcp://a", 0.9), fact("endpoint", "opc.tcp://b", 0.9)], {});
    expect(claim?.conflicting).toEqual([]);
  });

  it("are certain, likely or a guess", () => {
    expect([0.95, 0.9, 0.7, 0.3].map(certainty)).toEqual(["certain", "certain", "likely", "guess"]);
  });
});
