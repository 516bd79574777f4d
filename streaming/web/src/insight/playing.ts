/** What counts as played, and what as a stall. Pure. */

import { type Link, isByHttp } from "../link/kinds";

export interface Picture {
  /** The visitor holds it still. */
  readonly paused: boolean;
  /** The visitor goes to another instant, and expects to wait. */
  readonly seeking: boolean;
  /** What plays by HTTP has run out. */
  readonly dry: boolean;
  /** There has been one: what comes before is the start. */
  readonly seen: boolean;
}

export function playing(kind: Link["kind"], { paused, seeking, dry, seen }: Picture): "played" | "stalled" | null {
  if (kind === "stalled" || kind === "waiting") return "stalled";
  if (paused || !seen) return null;
  if (kind === "playing") return "played";
  if (!isByHttp(kind) || seeking) return null;
  return dry ? "stalled" : "played";
}
