/** A view that goes on turning after the hand has let go, and comes to rest: pure maths, time is passed in. */

import { type View, turn, wrap } from "./view";

/** Angular speed, radians a second. */
export interface Speed {
  readonly yaw: number;
  readonly pitch: number;
}

const MEMORY_MS = 100; // only the last of a drag counts: a hand that stopped before letting go throws nothing
const REST_S = 0.28; // the speed falls to 1/e in this time
const STILL = 0.01; // radians a second that nobody sees

/** Remembers the last of a drag and says how fast the view was turning. */
export class Throw {
  private seen: { yaw: number; pitch: number; atMs: number }[] = [];

  clear(): void {
    this.seen = [];
  }

  note(view: View, atMs: number): void {
    this.seen = this.seen.filter((each) => atMs - each.atMs <= MEMORY_MS);
    this.seen.push({ yaw: view.yaw, pitch: view.pitch, atMs });
  }

  /** The speed at the instant of letting go, or null when the hand had stopped. */
  speed(atMs: number): Speed | null {
    const recent = this.seen.filter((each) => atMs - each.atMs <= MEMORY_MS);
    const [first, last] = [recent[0], recent.at(-1)];
    if (!first || !last || last.atMs - first.atMs < 10) return null;
    const seconds = (last.atMs - first.atMs) / 1000;
    const speed = { yaw: wrap(last.yaw - first.yaw) / seconds, pitch: (last.pitch - first.pitch) / seconds };
    return Math.hypot(speed.yaw, speed.pitch) < STILL ? null : speed;
  }
}

/** The view and its speed after `seconds` of gliding; the speed is null once it rests. */
export function glide(view: View, speed: Speed, seconds: number): { view: View; speed: Speed | null } {
  const kept = Math.exp(-seconds / REST_S);
  const way = REST_S * (1 - kept); // the integral of the falling speed
  const slower = { yaw: speed.yaw * kept, pitch: speed.pitch * kept };
  const moved = turn(view, speed.yaw * way, speed.pitch * way);
  return { view: moved, speed: Math.hypot(slower.yaw, slower.pitch) < STILL ? null : slower };
}
