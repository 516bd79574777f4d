/** To look at a thing for a moment is to choose it, for who has no other hand. Pure; time is passed in. */

export const DWELL_MS = 1200;
const BLINK_MS = 150; // a gaze that slips off for less has not left

export class Dwell {
  private key: string | null = null;
  private sinceMs = 0;
  private seenMs = 0;
  private done = false;

  /** What is looked at now, null: nothing. How far the choice is, 0 … 1; it is 1 once, and the gaze must leave before it can be again. */
  note(key: string | null, nowMs: number): number {
    if (key === this.key) this.seenMs = nowMs;
    else if (key !== null || nowMs - this.seenMs > BLINK_MS) {
      this.key = key;
      this.sinceMs = this.seenMs = nowMs;
      this.done = false;
    }
    if (this.key === null || key === null || this.done) return 0;
    const share = Math.min(1, (nowMs - this.sinceMs) / DWELL_MS);
    this.done = share === 1;
    return share;
  }
}
