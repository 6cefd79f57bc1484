import { expect, it } from "vitest";
import { addressed, viewId } from "../src/lib/views";

it("the open row is no part of a view", () => {
  expect(addressed("?role=plc&selected=a-1&q=x")).toBe("q=x&role=plc");
  expect(addressed("")).toBe("");
});

it("names become ids that tell them apart", () => {
  expect(viewId("assets", "Night shift")).toBe("assets.night-shift");
  expect(viewId("assets", "Öfen")).not.toBe(viewId("assets", "Äfen"));
  expect(viewId("assets", "Öfen/1 <b>")).toMatch(/^[a-z0-9._-]+$/);
});
