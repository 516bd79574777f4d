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
export const FORWARD: View = { yaw: 0, pitch: 0, fov: rad(90) };

/** Distance of the picture plane, px. */
export function focalPx(fov: number, size: Size): number {
  return Math.max(size.width, size.height) / 2 / Math.tan(fov / 2);
}

/** The direction seen at a place in the window. */
export function unproject(view: View, point: Point, size: Size): Direction {
  const [x, y, forward] = ray(view.fov, point, size);
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
  if (forward < 1e-6) return null;
  const y = direction[1] * Math.cos(view.pitch) - ahead * Math.sin(view.pitch);
  const scale = focalPx(view.fov, size) / forward;
  return { x: size.width / 2 + x * scale, y: size.height / 2 - y * scale };
}

/** Turn the view (never roll it) so that `direction` is seen at `point`: what is under the pointer stays under it. */
export function hold(view: View, direction: Direction, point: Point, size: Size): View {
  const [x, y, forward] = ray(view.fov, point, size);
  const reach = Math.hypot(y, forward);
  const lift = Math.asin(clamp(direction[1] / reach, -1, 1));
  const pitch = clamp(lift - Math.atan2(y, forward), -Math.PI / 2, Math.PI / 2);
  const ahead = forward * Math.cos(pitch) - y * Math.sin(pitch);
  const yaw = Math.atan2(direction[0], -direction[2]) - Math.atan2(x, ahead);
  return { yaw: wrap(yaw), pitch, fov: view.fov };
}

/** Narrow the field of view by `factor` (> 1 is closer), with what is under `point` staying there. */
export function zoom(view: View, factor: number, point: Point, size: Size): View {
  const held = unproject(view, point, size);
  const fov = clamp(2 * Math.atan(Math.tan(view.fov / 2) / factor), MIN_FOV, MAX_FOV);
  return hold({ ...view, fov }, held, point, size);
}

/** Turn by these angles; the pitch stops at the poles. */
export function turn(view: View, yaw: number, pitch: number): View {
  return { yaw: wrap(view.yaw + yaw), pitch: clamp(view.pitch + pitch, -Math.PI / 2, Math.PI / 2), fov: view.fov };
}

/** A view with every angle in its range; what is not a finite number is taken from `fallback`. */
export function bounded(wanted: Partial<View>, fallback: View): View {
  const finite = (value: number | undefined, other: number): number => (Number.isFinite(value) ? (value as number) : other);
  return {
    yaw: wrap(finite(wanted.yaw, fallback.yaw)),
    pitch: clamp(finite(wanted.pitch, fallback.pitch), -Math.PI / 2, Math.PI / 2),
    fov: clamp(finite(wanted.fov, fallback.fov), MIN_FOV, MAX_FOV),
  };
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
function ray(fov: number, point: Point, size: Size): readonly [number, number, number] {
  const x = point.x - size.width / 2;
  const y = size.height / 2 - point.y;
  const forward = focalPx(fov, size);
  const length = Math.hypot(x, y, forward);
  return [x / length, y / length, forward / length];
}
