/** A slow line between a phone and the office: bytes are passed on as they are, late and at a rate. */

import { createServer, type AddressInfo, connect, type Server, type Socket } from "node:net";

/** What a line can do. */
export interface Rate {
  down_bits_s: number;
  up_bits_s: number;
  /** One way. */
  delay_ms: number;
}

/** EDGE in a valley. */
export const TWO_G: Rate = { down_bits_s: 250_000, up_bits_s: 50_000, delay_ms: 150 };

/** Passed on at a time: small enough that a rate is a rate. */
const PIECE_BYTES = 1_400;

export class SlowLine {
  private server: Server;
  /** When each direction is free again; all connections share them. */
  private free = { up: 0, down: 0 };

  private constructor(private readonly rate: Rate, private readonly office: () => number) {
    this.server = createServer((phone) => this.join(phone));
  }

  /** A line to whatever port `office` tells. */
  static async open(rate: Rate, office: () => number): Promise<SlowLine> {
    const line = new SlowLine(rate, office);
    await new Promise<void>((listening) => line.server.listen(0, "127.0.0.1", listening));
    return line;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }

  private join(phone: Socket): void {
    const office = connect(this.office(), "127.0.0.1");
    this.pass(phone, office, "up");
    this.pass(office, phone, "down");
  }

  private pass(from: Socket, to: Socket, way: "up" | "down"): void {
    const bits_s = way === "up" ? this.rate.up_bits_s : this.rate.down_bits_s;
    const later = (at: number, what: () => void) => setTimeout(what, Math.max(0, at - Date.now()));
    from.on("data", (bytes) => {
      from.pause();
      let at = Math.max(Date.now(), this.free[way]);
      for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
        const piece = bytes.subarray(start, start + PIECE_BYTES);
        at += (piece.length * 8_000) / bits_s;
        later(at + this.rate.delay_ms, () => to.writable && to.write(piece));
      }
      this.free[way] = at;
      later(at, () => from.resume());
    });
    from.on("end", () => later(Math.max(Date.now(), this.free[way]) + this.rate.delay_ms, () => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => later(Math.max(Date.now(), this.free[way]) + this.rate.delay_ms, () => to.destroy()));
  }
}
