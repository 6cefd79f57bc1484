import { expect, it } from "vitest";
import { runs } from "../src/ui/protocols";

it("shows neighbouring ports as one run", () => {
  expect(runs([502, 802], "TCP")).toEqual(["TCP 502, 802"]);
  expect(runs([80, 47808, 47809, 47810], "UDP")).toEqual(["UDP 80, 47808–47810"]);
  expect(runs([], "UDP")).toEqual([]);
});
