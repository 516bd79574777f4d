/** Bins of one area over the sphere, as vrlive/show/gaze.py has them: where a head was turned, and no closer. Pure. */

import type { View } from "../sky/view";

export const COLUMNS = 24;
export const ROWS = 12;

/** The bin of a direction, in radians. */
export function binOf({ yaw, pitch }: Pick<View, "yaw" | "pitch">): number {
  const turns = yaw / (2 * Math.PI) + 0.5;
  const column = Math.min(Math.floor((turns - Math.floor(turns)) * COLUMNS), COLUMNS - 1);
  const row = Math.min(Math.floor(((1 - Math.sin(pitch)) / 2) * ROWS), ROWS - 1);
  return row * COLUMNS + column;
}

/** Seconds by bin, since they were last taken. */
export class GazeSums {
  private readonly seconds = new Map<number, number>();

  add(view: Pick<View, "yaw" | "pitch">, seconds: number): void {
    const bin = binOf(view);
    this.seconds.set(bin, (this.seconds.get(bin) ?? 0) + seconds);
  }

  take(): Record<string, number> {
    const taken = Object.fromEntries([...this.seconds].map(([bin, seconds]) => [bin, Math.round(seconds * 10) / 10]));
    this.seconds.clear();
    return taken;
  }
}
