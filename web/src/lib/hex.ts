/** Lines of a hex dump, with the marked bytes. */
export interface HexCell {
  hex: string;
  text: string;
  marked: boolean;
}

export interface HexLine {
  offset: string;
  cells: HexCell[];
}

/** Bytes from hex digits; anything else between them is skipped. */
export function parseHex(hex: string): number[] {
  const digits = hex.replaceAll(/[^0-9a-fA-F]/g, "");
  const out: number[] = [];
  for (let i = 0; i + 1 < digits.length; i += 2) out.push(Number.parseInt(digits.slice(i, i + 2), 16));
  return out;
}

export function hexLines(bytes: number[], mark: { offset: number; length: number } | null, perLine = 16): HexLine[] {
  const lines: HexLine[] = [];
  for (let start = 0; start < bytes.length; start += perLine) {
    lines.push({
      offset: start.toString(16).padStart(4, "0"),
      cells: bytes.slice(start, start + perLine).map((byte, i) => ({
        hex: byte.toString(16).padStart(2, "0"),
        text: byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
        marked: mark !== null && start + i >= mark.offset && start + i < mark.offset + mark.length,
      })),
    });
  }
  return lines;
}
