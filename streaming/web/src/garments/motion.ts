/**
 * How garments move, by the show's own time alone, as vrlive/show/motion.py has it: whoever knows the time knows the pose. Pure.
 *
 * A round is what repeats: one turn, one swing back and forth, one run of a clip. Its phase goes from 0 to 1.
 */

import type { Motion } from "../products/show";
import { rad } from "../sky/view";

/**
 * Where in its round it is.
 *
 * @param clipS how long the clip lasts in its file
 * @param beganS when the garment came up: a clip that runs once runs then
 */
export function phase(motion: Motion, timeS: number, clipS = 0, beganS = -Infinity): number {
  const roundS = motion.kind === "clip" ? Math.max(clipS / motion.speed, 1e-3) : motion.periodS;
  if (motion.kind === "clip" && !motion.loop) return Math.min(Math.max((timeS - beganS) / roundS, 0), 1);
  const rounds = timeS / roundS;
  return rounds - Math.floor(rounds);
}

/** How far it is turned clockwise, seen from above, beyond its own turn: radians. */
export function turnOf(motion: Motion, at: number): number {
  if (motion.kind === "turntable") return 2 * Math.PI * at;
  return motion.kind === "sway" ? rad(motion.amplitudeDeg) * Math.sin(2 * Math.PI * at) : 0;
}
