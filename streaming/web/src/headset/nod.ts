/** Yes, by the head: down and up again, twice. Pure maths, time is passed in. */

const DOWN = 0.12; // radians (7°) below where the head was: breathing and reading stay well within
const UP = 0.04; // and back to this
const SLOWEST_MS = 900; // a nod that takes longer is a look at the floor
const BETWEEN_MS = 1200; // the second follows the first within this
const SETTLE = 0.02; // share of the way that the resting pitch follows the head with each look

export class Nods {
  private rest: number | null = null;
  private downAt: number | null = null;
  private lastAt = -Infinity;

  /** Note the pitch of the head, radians, up is positive; true at the end of a second nod. */
  note(pitch: number, nowMs: number): boolean {
    this.rest ??= pitch;
    const below = this.rest - pitch;
    if (this.downAt === null) {
      if (below > DOWN) this.downAt = nowMs;
      else this.rest += SETTLE * (pitch - this.rest);
      return false;
    }
    if (nowMs - this.downAt > SLOWEST_MS) {
      this.rest = pitch;
      this.downAt = null;
      return false;
    }
    if (below > UP) return false;
    this.downAt = null;
    const twice = nowMs - this.lastAt < BETWEEN_MS;
    this.lastAt = twice ? -Infinity : nowMs;
    return twice;
  }

  clear(): void {
    this.rest = this.downAt = null;
    this.lastAt = -Infinity;
  }
}
