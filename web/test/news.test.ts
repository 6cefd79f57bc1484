import { expect, it } from "vitest";
import { buildPlant } from "../mock/plant";
import { views } from "../mock/views";
import { news } from "../src/lib/news";
import { span } from "../src/lib/span";

const { assets, findings, summary } = views(buildPlant(), 1);

it("everything is new on the first visit", () => {
  const n = news(null, assets, findings, summary.captures);
  expect([n.assets.length, n.findings.length, n.captures, n.gone]).toEqual([assets.length, findings.length, 2, 0]);
});

it("then only what came since, and what went", () => {
  const before = {
    at: "2026-01-01T00:00:00Z",
    assets: assets.slice(1).map((a) => a.id),
    findings: [...findings.map((f) => f.id), "old"],
    captures: [1],
  };
  const n = news(before, assets, findings, summary.captures);
  expect([n.assets.map((a) => a.id), n.findings.length, n.captures, n.gone]).toEqual([[assets[0]?.id], 0, 1, 1]);
});

it("the worst finding comes first", () => {
  expect(news(null, assets, findings, []).findings[0]?.severity).toBe("critical");
});

it("the span covers all captures", () => {
  expect(span(summary.captures)).toEqual({ first: "2026-11-20T06:02:11.104412Z", last: "2026-11-20T14:01:58.220411Z" });
  expect(span([])).toBeNull();
});
