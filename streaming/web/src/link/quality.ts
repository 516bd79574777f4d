/** How many pixels to draw: fewer where drawing is slow (no GPU), as many as the screen has where it is not. Pure; time is passed in. */

const SLOW_MS = 45; // fewer than 22 pictures a second
const FAST_MS = 20;
const SMOOTHING = 0.15;
const PATIENCE_MS = 1000; // between two steps down
const COURAGE_MS = 10_000; // between two steps up
const STEP = 0.75;
export const LEAST = 0.4;

export class Quality {
  /** Share of the screen's pixels along each side: 1 is all of them. */
  scale = 1;
  private smoothMs: number | null = null;
  private changedMs = Number.NEGATIVE_INFINITY;
  private falls = 0;

  /** Note the time between two animation frames while drawing; true when `scale` has changed. */
  observe(intervalMs: number, nowMs: number): boolean {
    if (intervalMs > 1000) return false; // the page was asleep
    this.smoothMs = this.smoothMs === null ? intervalMs : this.smoothMs + SMOOTHING * (intervalMs - this.smoothMs);
    const waited = nowMs - this.changedMs;
    if (this.smoothMs > SLOW_MS && waited > PATIENCE_MS && this.scale > LEAST) return this.change(Math.max(LEAST, this.scale * STEP), nowMs, 1);
    const mayRise = this.falls < 3; // after that many falls it has found its place
    if (this.smoothMs < FAST_MS && waited > COURAGE_MS && this.scale < 1 && mayRise) return this.change(Math.min(1, this.scale / STEP), nowMs, 0);
    return false;
  }

  private change(scale: number, nowMs: number, falls: number): boolean {
    this.scale = scale;
    this.changedMs = nowMs;
    this.smoothMs = null;
    this.falls += falls;
    return true;
  }
}
