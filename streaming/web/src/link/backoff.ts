/** How long to wait before the next attempt: 1, 2, 4 … 30 s, a little scattered so that a crowd does not come back at once. */

export const FIRST_S = 1;
export const LONGEST_S = 30;

/**
 * Seconds to wait after the `failures`-th failure in a row (from 1).
 *
 * @param chance from 0 to 1; scatters the wait by ±20 %
 * @param asked what the server asked for (Retry-After), which is never undercut
 */
export function backoff(failures: number, chance: number, asked: number | null = null): number {
  const doubled = Math.min(LONGEST_S, FIRST_S * 2 ** (Math.max(1, failures) - 1));
  return Math.max(doubled * (0.8 + 0.4 * chance), asked ?? 0);
}

/** Seconds of a Retry-After header (RFC 9110, section 10.2.3: seconds or a date), or null. */
export function retryAfter(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds : (Date.parse(header) - nowMs) / 1000;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 600) : null;
}
