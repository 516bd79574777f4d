/**
 * The demo room's barcode: the frame's number on the LED ticker straight ahead. Pure.
 *
 * Two rows of eight square cells, the upper row first; a lit cell is 1. Of the sixteen bits the first is always lit and the last
 * always dark (they set the threshold), nine are the number n, five the check 30 − n mod 31, which finds every single wrong bit.
 * The layout is the one of vrlive/capture/demo/barcode.py: whoever changes one changes both.
 */

import type { LoopState } from "../api";

export const BARCODE = { columns: 8, rows: 2, cellDeg: 2.5, leftYawDeg: -10, topPitchDeg: 2.5 } as const;

const CELLS = BARCODE.columns * BARCODE.rows;
const NUMBERS = 500;
const LEAST_CONTRAST = 46; // of 255: the 40 codes of luma that Python asks for, as RGB

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of an equirectangular picture of this size that holds the code, px. */
export function barcodeArea(width: number, height: number): Area {
  const cell = { width: (BARCODE.cellDeg / 360) * width, height: (BARCODE.cellDeg / 180) * height };
  return {
    x: (0.5 + BARCODE.leftYawDeg / 360) * width,
    y: (0.5 - BARCODE.topPitchDeg / 180) * height,
    width: BARCODE.columns * cell.width,
    height: BARCODE.rows * cell.height,
  };
}

/**
 * Brightness (0 … 255) of the middle half of every cell, the upper row first.
 *
 * @param rgba the code's area alone, each cell `cellPx` × `cellPx` pixels
 */
export function cellMeans(rgba: ArrayLike<number>, cellPx: number): number[] {
  const width = BARCODE.columns * cellPx;
  return Array.from({ length: CELLS }, (_, cell) => {
    const left = (cell % BARCODE.columns) * cellPx;
    const top = Math.floor(cell / BARCODE.columns) * cellPx;
    return meanOf(rgba, width, left + cellPx / 4, top + cellPx / 4, cellPx / 2);
  });
}

/** The number in cells of these mean brightnesses, or null when they are no code. */
export function decode(means: readonly number[]): number | null {
  const [light, dark] = [means[0], means.at(-1)];
  if (means.length !== CELLS || light === undefined || dark === undefined || light - dark < LEAST_CONTRAST) return null;
  const code = means.reduce((bits, mean) => bits * 2 + (mean > (light + dark) / 2 ? 1 : 0), 0);
  const [number, check] = [(code >> 6) & 0x1ff, (code >> 1) & 0x1f];
  return number < NUMBERS && check === 30 - (number % 31) ? number : null;
}

/** The latest instant before `nowS` (both Unix time on the server's clock) when a frame of the loop was due. */
export function dueS(frame: number, loop: LoopState, nowS: number): number {
  const period = loop.frames / loop.fps;
  const first = loop.origin_unix_s + frame / loop.fps;
  return first + Math.floor((nowS - first) / period) * period;
}

/** Mean of R, G and B in a square of an RGBA picture. */
function meanOf(rgba: ArrayLike<number>, width: number, left: number, top: number, side: number): number {
  let sum = 0;
  for (let y = top; y < top + side; y += 1) {
    for (let x = left; x < left + side; x += 1) {
      const at = 4 * (y * width + x);
      sum += (rgba[at] ?? 0) + (rgba[at + 1] ?? 0) + (rgba[at + 2] ?? 0);
    }
  }
  return sum / (3 * side * side);
}
