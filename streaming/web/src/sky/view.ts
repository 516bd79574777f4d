/**
 * Where the viewer looks: pure maths, no DOM.
 *
 * World and angles are those of the whole product (docs/topics/conventions): +X right, +Y up, −Z forward;
 * yaw > 0 turns right, pitch > 0 turns up, radians. `fov` is the field of view across the window's longer side,
 * so that a phone held upright sees as much as one held across.
 */

export interface View {
  /** −π … π, 0 is forward. */
  readonly yaw: number;
  /** −π/2 … π/2, 0 is the horizon. */
  readonly pitch: number;
  /** Across the longer side of the window. */
  readonly fov: number;
  /** 0, or none: straight lines are straight; 1: the world is a little planet; in between it bends. */
  readonly bend?: number;
}

/** A direction in the world, of length 1. */
export type Direction = readonly [x: number, y: number, z: number];

/** A place in the window, px from its upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The window, in the same px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export const MIN_FOV = rad(30);
export const MAX_FOV = rad(120);
const MIN_PLANET = rad(90);
const MAX_PLANET = rad(310);
export const FORWARD: View = { yaw: 0, pitch: 0, fov: rad(90), bend: 0 };
/** All around, seen from above. */
export const PLANET: Omit<View, "yaw"> = { pitch: -Math.PI / 2, fov: rad(250), bend: 1 };

/**
 * Distance of the picture plane, px: a pixel in the middle of the window takes in 1 / that, in radians, however the view bends.
 *
 * A view that bends by b is the sphere seen from b behind its middle: from the middle itself lines are straight (rectilinear),
 * from the sphere angles are true (stereographic).
 */
export function focalPx(fov: number, size: Size, bend = 0): number {
  const reach = ((1 + bend) * Math.sin(fov / 2)) / (bend + Math.cos(fov / 2));
  return Math.max(size.width, size.height) / 2 / reach;
}

/** The direction seen at a place in the window. */
export function unproject(view: View, point: Point, size: Size): Direction {
  const [x, y, forward] = ray(view, point, size);
  const up = y * Math.cos(view.pitch) + forward * Math.sin(view.pitch);
  const ahead = forward * Math.cos(view.pitch) - y * Math.sin(view.pitch);
  const [sin, cos] = [Math.sin(view.yaw), Math.cos(view.yaw)];
  return [x * cos + ahead * sin, up, x * sin - ahead * cos];
}

/** The place in the window where a direction is seen, or null when it is behind the viewer. */
export function project(view: View, direction: Direction, size: Size): Point | null {
  const [sin, cos] = [Math.sin(view.yaw), Math.cos(view.yaw)];
  const x = direction[0] * cos + direction[2] * sin;
  const ahead = direction[0] * sin - direction[2] * cos;
  const forward = ahead * Math.cos(view.pitch) + direction[1] * Math.sin(view.pitch);
  const bend = view.bend ?? 0;
  if (bend + forward < 1e-6) return null;
  const y = direction[1] * Math.cos(view.pitch) - ahead * Math.sin(view.pitch);
  const scale = (focalPx(view.fov, size, bend) * (1 + bend)) / (bend + forward);
  return { x: size.width / 2 + x * scale, y: size.height / 2 - y * scale };
}

/** Turn the view (never roll it) so that `direction` is seen at `point`: what is under the pointer stays under it. */
export function hold(view: View, direction: Direction, point: Point, size: Size): View {
  const [x, y, forward] = ray(view, point, size);
  const reach = Math.hypot(y, forward);
  const lift = Math.asin(clamp(direction[1] / reach, -1, 1));
  const ways = [lift, Math.PI - lift].map((each) => wrap(each - Math.atan2(y, forward))); // the second looks over a pole
  const nearest = ways.reduce((a, b) => (Math.abs(b - view.pitch) < Math.abs(a - view.pitch) ? b : a));
  const pitch = clamp(nearest, -Math.PI / 2, Math.PI / 2);
  const ahead = forward * Math.cos(pitch) - y * Math.sin(pitch);
  const yaw = Math.atan2(direction[0], -direction[2]) - Math.atan2(x, ahead);
  return { ...view, yaw: wrap(yaw), pitch };
}

/** Narrow the field of view by `factor` (> 1 is closer), with what is under `point` staying there. */
export function zoom(view: View, factor: number, point: Point, size: Size): View {
  const held = unproject(view, point, size);
  const [sideways, , forward] = onSphere(Math.max(size.width, size.height) / 2, 0, focalPx(view.fov, size, view.bend) * factor, view.bend);
  const fov = boundedFov(2 * Math.atan2(sideways, forward), view.bend);
  return hold({ ...view, fov }, held, point, size);
}

/** Turn by these angles; the pitch stops at the poles. */
export function turn(view: View, yaw: number, pitch: number): View {
  return { ...view, yaw: wrap(view.yaw + yaw), pitch: clamp(view.pitch + pitch, -Math.PI / 2, Math.PI / 2) };
}

/** A view with every angle in its range; what is not a finite number is taken from `fallback`. */
export function bounded(wanted: Partial<View>, fallback: View): View {
  const finite = (value: number | undefined, other: number): number => (Number.isFinite(value) ? (value as number) : other);
  const bend = clamp(finite(wanted.bend, fallback.bend ?? 0), 0, 1);
  return {
    yaw: wrap(finite(wanted.yaw, fallback.yaw)),
    pitch: clamp(finite(wanted.pitch, fallback.pitch), -Math.PI / 2, Math.PI / 2),
    fov: boundedFov(finite(wanted.fov, fallback.fov), bend),
    bend,
  };
}

/** A part of the way from one view to another, the short way round. */
export function between(from: View, to: View, share: number): View {
  const part = (a: number, b: number): number => a + share * (b - a);
  return {
    yaw: wrap(from.yaw + share * wrap(to.yaw - from.yaw)),
    pitch: part(from.pitch, to.pitch),
    fov: part(from.fov, to.fov),
    bend: part(from.bend ?? 0, to.bend ?? 0),
  };
}

function boundedFov(fov: number, bend = 0): number {
  return clamp(fov, MIN_FOV + bend * (MIN_PLANET - MIN_FOV), MAX_FOV + bend * (MAX_PLANET - MAX_FOV));
}

/** The direction at these angles. */
export function direction(yaw: number, pitch: number): Direction {
  return [Math.cos(pitch) * Math.sin(yaw), Math.sin(pitch), -Math.cos(pitch) * Math.cos(yaw)];
}

/** The same angle in −π … π. */
export function wrap(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

export function rad(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

export function deg(radians: number): number {
  return (radians * 180) / Math.PI;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** The ray through a place in the window, in camera axes: right, up, forward; of length 1. */
function ray(view: View, point: Point, size: Size): Direction {
  return onSphere(point.x - size.width / 2, size.height / 2 - point.y, focalPx(view.fov, size, view.bend), view.bend);
}

/** The same for px right of and above the middle. */
function onSphere(x: number, y: number, focal: number, bend = 0): Direction {
  const far = focal * (1 + bend);
  const squared = x * x + y * y + far * far;
  const along = (bend * far + Math.sqrt(bend * bend * far * far + squared * (1 - bend * bend))) / squared;
  return [along * x, along * y, along * far - bend];
}
