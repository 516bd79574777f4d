/** Changes that belong to a picture wait until that picture is shown: pure, time is passed in. */

const MOST = 512; // a video that stands still keeps no more; the oldest are then done at once

interface Change {
  readonly atMs: number;
  readonly apply: () => void;
}

export class Moments {
  private waiting: Change[] = [];

  /** Do this when the picture captured at `atMs`, or a later one, is shown. Changes of one instant keep their order. */
  add(atMs: number, apply: () => void): void {
    const after = this.waiting.findLastIndex((each) => each.atMs <= atMs);
    this.waiting.splice(after + 1, 0, { atMs, apply });
    if (this.waiting.length > MOST) this.waiting.shift()?.apply();
  }

  /** The picture now shown was captured at `atMs`; null: nobody knows, and nothing is waited for. */
  reach(atMs: number | null): void {
    const due = atMs === null ? this.waiting.length : this.waiting.findLastIndex((each) => each.atMs <= atMs) + 1;
    for (const each of this.waiting.splice(0, due)) each.apply();
  }

  clear(): void {
    this.waiting = [];
  }
}
