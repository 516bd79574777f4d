/** How the directions of a picture lie in its frame, as the server writes it (vrlive.projection.outputs). Pure. */

export const PROJECTIONS = ["equirect", "vr180", "cubemap", "eac"] as const;
export type Projection = (typeof PROJECTIONS)[number];
export type Stereo = "mono" | "top-bottom";
export type Eye = "left" | "right";

export interface Layout {
  readonly projection: Projection;
  /** top-bottom: one picture for each eye, the left eye's on top. */
  readonly stereo: Stereo;
}

export const WHOLE_SPHERE: Layout = { projection: "equirect", stereo: "mono" };

/** A matrix by its rows. */
export type Turn = readonly [number, number, number, number, number, number, number, number, number];

/** The layout that a channel's state names; the whole sphere where it names none that this page knows. */
export function readLayout(said: Partial<Layout> | null | undefined): Layout {
  const projection = PROJECTIONS.find((each) => each === said?.projection);
  return projection ? { projection, stereo: said?.stereo === "top-bottom" ? "top-bottom" : "mono" } : WHOLE_SPHERE;
}

/** The rows of the frame that hold an eye's picture: where they begin and how many they are, in shares of its height. */
export function rowsOf(stereo: Stereo, eye: Eye): readonly [top: number, height: number] {
  if (stereo === "mono") return [0, 1];
  return [eye === "left" ? 0 : 0.5, 0.5];
}

const Q = Math.PI / 2;
// Yaw, pitch and roll of the six faces, three across and two down.
const CUBEMAP = [[Q, 0, 0], [-Q, 0, 0], [0, Q, Math.PI], [0, -Q, Math.PI], [0, 0, 0], [Math.PI, 0, 0]] as const; // prettier-ignore
const EAC = [[-Q, 0, 0], [0, 0, 0], [Q, 0, 0], [0, -Q, Q], [Math.PI, 0, -Q], [0, Q, Q]] as const; // prettier-ignore

/** How each face of a cube is turned, from its own axes (right, up, back) to the world's. */
export function facesOf(projection: Projection): readonly Turn[] {
  return (projection === "eac" ? EAC : CUBEMAP).map(([yaw, pitch, roll]) => turnBy(yaw, pitch, roll));
}

/** From the axes (right, up, back) of a camera to the world's: rolled clockwise, then lifted, then turned to the right. */
export function turnBy(yaw: number, pitch: number, roll = 0): Turn {
  const [sy, cy] = [Math.sin(yaw), Math.cos(yaw)];
  const [sp, cp] = [Math.sin(pitch), Math.cos(pitch)];
  const [sr, cr] = [Math.sin(roll), Math.cos(roll)];
  return [
    cy * cr + sy * sp * sr, cy * sr - sy * sp * cr, -sy * cp,
    -cp * sr, cp * cr, -sp,
    sy * cr - cy * sp * sr, sy * sr + cy * sp * cr, cy * cp,
  ]; // prettier-ignore
}
