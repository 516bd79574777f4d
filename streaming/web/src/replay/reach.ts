/** What of a show can be played: from an instant to an instant, both Unix time in ms on the server's clock. Pure. */

export interface Reach {
  readonly startMs: number;
  readonly endMs: number;
}

/** A segment of a playlist: where it lies in the player's time, and when it was captured. */
export interface Piece {
  readonly startS: number;
  readonly durationS: number;
  readonly dateMs: number | null;
}

/** The segments of a media playlist (RFC 8216), each with its date, in a time that begins with the first. */
export function readPieces(playlist: string): Piece[] {
  const pieces: Piece[] = [];
  let [startS, durationS] = [0, 0];
  let dateMs: number | null = null;
  for (const line of playlist.split("\n")) {
    const [tag = "", value = ""] = line.split(/:(.*)/);
    if (tag === "#EXT-X-PROGRAM-DATE-TIME") dateMs = Date.parse(value);
    else if (tag === "#EXTINF") durationS = Number.parseFloat(value);
    else if (line !== "" && !line.startsWith("#")) {
      pieces.push({ startS, durationS, dateMs: dateMs === null || Number.isNaN(dateMs) ? null : dateMs });
      startS += durationS;
      dateMs = null;
    }
  }
  return pieces;
}

export function reachOf(pieces: readonly Piece[]): Reach | null {
  const dated = pieces.filter((each) => each.dateMs !== null);
  const [first, last] = [dated[0], dated.at(-1)];
  return first && last ? { startMs: first.dateMs!, endMs: last.dateMs! + 1000 * last.durationS } : null;
}

/** Where in the player's time an instant is; the nearest that there is, for one that is not kept. */
export function positionOf(pieces: readonly Piece[], unixMs: number): number | null {
  const dated = pieces.filter((each) => each.dateMs !== null);
  const first = dated[0];
  if (!first) return null;
  const piece = dated.findLast((each) => each.dateMs! <= unixMs) ?? first;
  const into = (unixMs - piece.dateMs!) / 1000;
  return piece.startS + Math.min(Math.max(into, 0), piece.durationS);
}

/** “0:23”, “1:02:03”. */
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
