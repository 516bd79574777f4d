/** Where a head looks, in the angles of the page's own view. Pure. */

import type { Matrix4 } from "three";
import { type View, clamp } from "../sky/view";

export interface Gaze extends View {
  /** > 0: the head is tipped to the right. */
  readonly roll: number;
}

/** @param projection both eyes', together */
export function gazeOf(head: Matrix4, projection: Matrix4): Gaze {
  const [, rightY, , , , upY, , , backX, backY, backZ] = head.elements;
  const { 0: across, 5: high } = projection.elements;
  return {
    yaw: Math.atan2(-backX, backZ),
    pitch: Math.asin(clamp(-backY, -1, 1)),
    roll: Math.atan2(-rightY, upY),
    fov: 2 * Math.atan(1 / Math.min(across, high)),
  };
}
