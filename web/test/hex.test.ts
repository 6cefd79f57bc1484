import { expect, it } from "vitest";
import { hexLines, parseHex } from "../src/lib/hex";

it("marks exactly the witness's bytes, over the end of a line", () => {
  const lines = hexLines(parseHex(`${"00".repeat(15)}4142ff`), { offset: 15, length: 2 });
  expect(lines.map((l) => l.offset)).toEqual(["0000", "0010"]);
  const marked = lines.flatMap((l) => l.cells).filter((c) => c.marked);
  expect(marked.map((c) => c.text).join("")).toBe("AB");
  expect(lines[1]?.cells.at(-1)?.text).toBe("·");
});

it("reads hex with separators", () => {
  expect(parseHex("0a:0b 0C")).toEqual([10, 11, 12]);
});
