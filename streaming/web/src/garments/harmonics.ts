/**
 * Light by direction as nine numbers a colour (Ramamoorthi & Hanrahan 2001): the conventions of renderer/light.py.
 *
 * A room's light is nine rows of R, G, B: irradiance over π, linear, in world axes, in the order 1, y, z, x, xy, yz, 3z² − 1, xz, x² − y².
 */

export type Light = readonly (readonly [r: number, g: number, b: number])[];

/** A small equirectangular picture in linear light, R, G, B one after the other; its middle is straight ahead (−Z), its top is up. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly light: Float32Array;
}

/** The share of each row that a cosine lobe lets through, over π. */
export const LOBE: readonly number[] = [1, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4];

const ALBEDO = 0.5; // as renderer/light.py
const WHITE = 1;
const LAMPS = 6;

export function basis(x: number, y: number, z: number): readonly number[] {
  return [
    0.282095, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, //
    1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
  ];
}

/** What a white, dull surface with this normal shines back. */
export function irradiance(light: Light, x: number, y: number, z: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  for (const [n, weight] of basis(x, y, z).entries()) for (const c of [0, 1, 2] as const) sum[c] += weight * (light[n]?.[c] ?? 0);
  return sum;
}

/** The light in a data-channel message, or null where it makes no sense. */
export function readLight(value: unknown): Light | null {
  if (!Array.isArray(value) || value.length !== 9) return null;
  const rows = value.map((row: unknown) => (Array.isArray(row) && row.length === 3 && row.every(Number.isFinite) ? (row as [number, number, number]) : null));
  return rows.every((row) => row !== null) ? rows : null;
}

/** The light of a room that looks like this. */
export function harmonics({ width, height, light }: Picture): Light {
  const sums = LOBE.map((): [number, number, number] => [0, 0, 0]);
  for (let row = 0; row < height; row += 1) {
    const pitch = Math.PI * (0.5 - (row + 0.5) / height);
    const angle = (solidAngle(row, height) * 2 * Math.PI) / width;
    for (let column = 0; column < width; column += 1) {
      const yaw = 2 * Math.PI * ((column + 0.5) / width - 0.5);
      const weights = basis(Math.cos(pitch) * Math.sin(yaw), Math.sin(pitch), -Math.cos(pitch) * Math.cos(yaw));
      const at = 3 * (row * width + column);
      for (const [n, sum] of sums.entries()) {
        const weight = (LOBE[n] ?? 0) * (weights[n] ?? 0) * angle;
        for (const c of [0, 1, 2] as const) sum[c] += weight * (light[at + c] ?? 0);
      }
    }
  }
  return sums;
}

/** Give back to lamps and windows what video clipped, as renderer/light.py does. */
export function withLamps(picture: Picture): Picture {
  const { width, height, light } = picture;
  const strongest = (pixel: number): number => Math.max(light[3 * pixel] ?? 0, light[3 * pixel + 1] ?? 0, light[3 * pixel + 2] ?? 0);
  const pixels = width * height;
  let most = 1e-6;
  for (let pixel = 0; pixel < pixels; pixel += 1) most = Math.max(most, strongest(pixel));
  let [mean, lamps] = [0, 0];
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const share = solidAngle(Math.floor(pixel / width), height) / (2 * width);
    mean += share * strongest(pixel);
    lamps += share * strongest(pixel) * (strongest(pixel) / most) ** LAMPS;
  }
  const missing = Math.max(Math.min(mean / ALBEDO, WHITE) - mean, 0) / Math.max(lamps, 1e-9);
  const lit = light.map((value, n) => value * (1 + missing * (strongest(Math.floor(n / 3)) / most) ** LAMPS));
  return { width, height, light: lit };
}

/** Bytes of a canvas, RGBA in sRGB, as linear light. */
export function pictureOf(bytes: Uint8ClampedArray, width: number, height: number): Picture {
  const light = new Float32Array(3 * width * height);
  for (let n = 0; n < light.length; n += 1) light[n] = toLight((bytes[4 * Math.floor(n / 3) + (n % 3)] ?? 0) / 255);
  return { width, height, light };
}

function toLight(coded: number): number {
  return coded <= 0.04045 ? coded / 12.92 : ((coded + 0.055) / 1.055) ** 2.4;
}

/** Of a whole row, over 2π. */
function solidAngle(row: number, height: number): number {
  return Math.cos((Math.PI * row) / height) - Math.cos((Math.PI * (row + 1)) / height);
}
