/**
 * Glass to glass: from the instant a picture was captured to the instant it is shown. Pure; every time is passed in.
 *
 * Browsers tell a frame's capture time already turned into the page's clock (requestVideoFrameCallback's `captureTime`),
 * from sender reports and the abs-capture-time extension. Where they do not, the receiver's `estimatedPlayoutTimestamp`
 * is the capture time on the server's clock, and the clock handshake (clock.ts) turns it into the page's.
 */

const NTP_TO_UNIX_MS = 2_208_988_800_000;
const SMOOTHING = 0.1;
const PLAUSIBLE_MS = 30_000;

/** A mean that forgets, of values that make sense. */
export class Latency {
  private smoothMs: number | null = null;

  note(ms: number): void {
    if (!(ms > -PLAUSIBLE_MS && ms < PLAUSIBLE_MS)) return;
    this.smoothMs = this.smoothMs === null ? ms : this.smoothMs + SMOOTHING * (ms - this.smoothMs);
  }

  forget(): void {
    this.smoothMs = null;
  }

  /** Rounded, never below zero; null while unknown. */
  get ms(): number | null {
    return this.smoothMs === null ? null : Math.max(0, Math.round(this.smoothMs));
  }
}

/**
 * Latency by a time on the server's clock.
 *
 * @param capturedNtpMs since 1900 on the server's wall clock, as statistics give it
 * @param shownMs Unix time on the page's clock
 * @param offsetMs how far the server's clock is ahead of the page's
 */
export function sinceCapture(capturedNtpMs: number, shownMs: number, offsetMs: number): number {
  return shownMs + offsetMs - (capturedNtpMs - NTP_TO_UNIX_MS);
}

/** What the badge says. */
export function badge(ms: number | null): string {
  if (ms === null) return "– ms";
  return ms < 10_000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
}
