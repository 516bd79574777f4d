/**
 * The room as surfaces of growing roughness mirror it: the GGX-prefiltered levels of renderer/light.py, on the faces of a cube. Pure.
 *
 * three makes such a cube with the graphics card, at 256 px a side and 256 samples a texel: a dropped frame each time. What a camera's
 * picture tells of a room's light needs no such size: this takes some ms of the processor and nothing of the card.
 */

import type { Picture } from "./harmonics";

export const SIDE = 32; // px of the sharpest level
/** Roughness by level, as three reads it: 1 − √(1 − level / last). */
export const ROUGHNESS: readonly number[] = [0, 1, 2, 3].map((level) => 1 - Math.sqrt(1 - level / 3));

/** Right, left, up, down, back, front as a cube texture has them: where a face's texel looks in the world; s to the right, t down, each −1 … 1. */
const FACES: readonly ((s: number, t: number) => readonly [number, number, number])[] = [
  (s, t) => [-1, -t, -s], // three mirrors x on its way to a cube's left-handed axes
  (s, t) => [1, -t, s],
  (s, t) => [-s, 1, t],
  (s, t) => [-s, -1, -t],
  (s, t) => [-s, -t, 1],
  (s, t) => [s, -t, -1],
];

/** One level: six faces of `side`² texels, R, G, B, A. */
export interface Level {
  readonly side: number;
  readonly faces: readonly Float32Array[];
}

export function mirrored(picture: Picture): readonly Level[] {
  const soft = halved(picture);
  return ROUGHNESS.map((roughness, level) => {
    const side = SIDE >> level;
    const look = roughness === 0 ? sharp(picture) : rough(soft, roughness);
    return { side, faces: FACES.map((face) => texels(side, (s, t) => look(...unit(face(s, t))))) };
  });
}

type Look = (x: number, y: number, z: number) => readonly [number, number, number];

function texels(side: number, at: (s: number, t: number) => readonly [number, number, number]): Float32Array {
  const face = new Float32Array(4 * side * side);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      face.set([...at((2 * column + 1) / side - 1, (2 * row + 1) / side - 1), 1], 4 * (row * side + column));
    }
  }
  return face;
}

/** Between the four pixels around a direction. */
function sharp({ width, height, light }: Picture): Look {
  return (x, y, z) => {
    const u = (0.5 + Math.atan2(x, -z) / (2 * Math.PI)) * width - 0.5;
    const v = Math.min(height - 1, Math.max(0, (0.5 - Math.asin(y) / Math.PI) * height - 0.5));
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const [right, down] = [u - left, v - top];
    const pixel = (column: number, row: number, c: number): number => light[3 * (Math.min(row, height - 1) * width + ((column + width) % width)) + c] ?? 0;
    const mix = (c: number): number =>
      (1 - down) * ((1 - right) * pixel(left, top, c) + right * pixel(left + 1, top, c)) +
      down * ((1 - right) * pixel(left, top + 1, c) + right * pixel(left + 1, top + 1, c));
    return [mix(0), mix(1), mix(2)];
  };
}

/** The mean of all pixels by the lobe of a rough mirror that is looked at along its normal. */
function rough({ width, height, light }: Picture, roughness: number): Look {
  const pixels = width * height;
  const [directions, angles] = [new Float32Array(3 * pixels), new Float32Array(pixels)];
  for (let n = 0; n < pixels; n += 1) {
    const [row, column] = [Math.floor(n / width), n % width];
    const [pitch, yaw] = [Math.PI * (0.5 - (row + 0.5) / height), 2 * Math.PI * ((column + 0.5) / width - 0.5)];
    directions.set([Math.cos(pitch) * Math.sin(yaw), Math.sin(pitch), -Math.cos(pitch) * Math.cos(yaw)], 3 * n);
    angles[n] = Math.cos((Math.PI * row) / height) - Math.cos((Math.PI * (row + 1)) / height);
  }
  const alpha = roughness ** 4; // the square of GGX's alpha
  return (x, y, z) => {
    let [r, g, b, sum] = [0, 0, 0, 0];
    for (let n = 0; n < pixels; n += 1) {
      const cosine = x * directions[3 * n]! + y * directions[3 * n + 1]! + z * directions[3 * n + 2]!;
      if (cosine <= 0) continue;
      const weight = ((1 / (((1 + cosine) / 2) * (alpha - 1) + 1) ** 2) * cosine) * angles[n]!;
      r += weight * light[3 * n]!;
      g += weight * light[3 * n + 1]!;
      b += weight * light[3 * n + 2]!;
      sum += weight;
    }
    return [r / sum, g / sum, b / sum];
  };
}

function halved({ width, height, light }: Picture): Picture {
  const half = { width: width / 2, height: height / 2, light: new Float32Array((3 * width * height) / 4) };
  for (let n = 0; n < half.light.length; n += 1) {
    const [pixel, c] = [Math.floor(n / 3), n % 3];
    const at = 3 * (2 * Math.floor(pixel / half.width) * width + 2 * (pixel % half.width)) + c;
    half.light[n] = (light[at]! + light[at + 3]! + light[at + 3 * width]! + light[at + 3 * width + 3]!) / 4;
  }
  return half;
}

function unit([x, y, z]: readonly [number, number, number]): [number, number, number] {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
