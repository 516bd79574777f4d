/** How large a picture has to be for a view: pure maths. */

import type { Layout, Projection } from "./layout";
import { type Size, type View, focalPx } from "./view";

/** Width of a frame in which a px in the middle of its front takes in one radian. */
const WIDTH: Readonly<Record<Projection, number>> = { equirect: 2 * Math.PI, vr180: Math.PI, cubemap: 6, eac: (3 * Math.PI) / 2 };

/**
 * The width of a frame with one pixel for each of the screen's in the middle of the window; of a little planet, at its rim.
 *
 * @param ratio pixels of the screen for each px of the window
 */
export function neededPx(view: View, size: Size, ratio: number, layout: Layout): number {
  const bend = view.bend ?? 0;
  const rim = 1 + bend * (1 / Math.cos(view.fov / 4) ** 2 - 1); // stereographic: everything is larger, the farther from its middle
  return WIDTH[layout.projection] * focalPx(view.fov, size, bend) * rim * ratio;
}
