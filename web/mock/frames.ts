import type { Evidence } from "../src/api/types.ts";

/** Made-up frames: Ethernet, IPv4 and TCP around a payload that contains the witness's bytes. */
export interface Frame {
  time: string;
  bytes: number[];
  layers: { name: string; offset: number; length: number; summary: string }[];
}

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const mac = (text: string): number[] => text.split(":").map((part) => Number.parseInt(part, 16));
const ip = (text: string): number[] => text.split(".").map(Number);

export class Frames {
  private readonly frames = new Map<string, Frame>();
  private next = new Map<number, number>();

  constructor(
    private readonly captures: { id: number; path: string; first: number }[],
    private readonly addresses: Map<string, string>,
  ) {}

  /** Adds a frame from `source` to `target` whose payload holds `value` and gives the evidence for it. */
  add(
    captureId: number,
    protocol: string,
    field: string,
    value: string,
    source: string,
    target: string,
    port: number,
  ): Evidence {
    const capture = this.captures.find((c) => c.id === captureId) ?? this.captures[0];
    if (!capture) throw new Error("no capture");
    const number = (this.next.get(capture.id) ?? 0) + 1 + (value.length % 7);
    this.next.set(capture.id, number);
    const time = new Date(capture.first + number * 1373).toISOString().replace("Z", "412Z");
    const before = ascii(protocol.slice(0, 4).padEnd(4, "\0")).concat([0x00, 0x1e, 0x64, 0x00, 0x00, value.length]);
    const payload = [...before, ...ascii(value), 0x00, 0x00, 0x0a, 0x01];
    const ethernet = [
      ...mac(this.addresses.get(target) ?? "01:00:5e:00:00:01"),
      ...mac(this.addresses.get(source) ?? "02:00:00:00:00:01"),
      0x08,
      0x00,
    ];
    const total = 40 + payload.length;
    const ipv4 = [
      0x45,
      0,
      total >> 8,
      total & 255,
      number >> 8,
      number & 255,
      0x40,
      0,
      0x40,
      6,
      0,
      0,
      ...ip(source),
      ...ip(target),
    ];
    const tcp = [0xc3, 0x50, port >> 8, port & 255, 0, 0, 0, number & 255, 0, 0, 0, 1, 0x50, 0x18, 0x20, 0, 0, 0, 0, 0];
    const bytes = [...ethernet, ...ipv4, ...tcp, ...payload];
    this.frames.set(`${capture.id}/${number}`, {
      time,
      bytes,
      layers: [
        {
          name: "ethernet",
          offset: 0,
          length: 14,
          summary: `${this.addresses.get(source) ?? "?"} → ${this.addresses.get(target) ?? "?"}`,
        },
        { name: "ipv4", offset: 14, length: 20, summary: `${source} → ${target}` },
        { name: "tcp", offset: 34, length: 20, summary: `50000 → ${port} PSH, ACK` },
        { name: protocol, offset: 54, length: payload.length, summary: `${field}: ${value}` },
      ],
    });
    return {
      capture: capture.path,
      capture_id: capture.id,
      frame: number,
      time,
      field,
      offset: 54 + before.length,
      length: new TextEncoder().encode(value).length,
    };
  }

  get(captureId: number, number: number): Frame | undefined {
    return this.frames.get(`${captureId}/${number}`);
  }
}
