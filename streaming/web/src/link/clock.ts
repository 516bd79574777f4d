/**
 * The server's clock as seen from this page: the handshake of NTP (RFC 5905, section 8) over a data channel.
 *
 * The page sends `{"type": "ping", "t0"}`, the server answers `{"type": "pong", "t0", "t1", "t2"}`; all in ms, t0 on the
 * page's clock, t1 (received) and t2 (answered) on the server's wall clock.
 */

import { readMessage } from "./messages";

export interface Pong {
  readonly t0: number;
  readonly t1: number;
  readonly t2: number;
}

/** One exchange: how far the server's clock is ahead of the page's, and how long the way there and back took. */
export interface Exchange {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

const KEPT = 8;

/** The page's own clock: Unix time in ms, as fine and as steady as performance.now(). */
export function pageClockMs(): number {
  return performance.timeOrigin + performance.now();
}

/** What one answer, received at `t3` on the page's clock, says. */
export function exchange(pong: Pong, t3: number): Exchange {
  return { offsetMs: (pong.t1 - pong.t0 + (pong.t2 - t3)) / 2, roundTripMs: t3 - pong.t0 - (pong.t2 - pong.t1) };
}

/** Believes the quickest of the last exchanges: it had the least room for being lopsided. */
export class ClockOffset {
  private recent: Exchange[] = [];

  note(found: Exchange): void {
    if (found.roundTripMs >= 0) this.recent = [...this.recent, found].slice(-KEPT);
  }

  /** The best exchange, or null before the first answer. */
  get best(): Exchange | null {
    return this.recent.reduce<Exchange | null>((best, each) => (best && best.roundTripMs <= each.roundTripMs ? best : each), null);
  }
}

/** The pong in a data-channel message, or null for anything else. */
export function readPong(text: string): Pong | null {
  const message = readMessage(text);
  if (message?.["type"] !== "pong") return null;
  const [t0, t1, t2] = [message["t0"], message["t1"], message["t2"]];
  return typeof t0 === "number" && typeof t1 === "number" && typeof t2 === "number" ? { t0, t1, t2 } : null;
}

const SETTLE = 5; // quick exchanges first …
const QUICK_MS = 200;
const SLOW_MS = 5000; // … then enough to follow a drifting clock

/** Keep `clock` informed over a data channel for as long as the channel is open. */
export function keepTime(channel: RTCDataChannel, clock: ClockOffset): void {
  let sent = 0;
  const ping = (): void => {
    if (channel.readyState !== "open") return;
    channel.send(JSON.stringify({ type: "ping", t0: pageClockMs() }));
    sent += 1;
    setTimeout(ping, sent < SETTLE ? QUICK_MS : SLOW_MS);
  };
  channel.addEventListener("open", ping);
  channel.addEventListener("message", (event: MessageEvent<unknown>) => {
    const received = pageClockMs();
    const pong = typeof event.data === "string" ? readPong(event.data) : null;
    if (pong) clock.note(exchange(pong, received));
  });
}
