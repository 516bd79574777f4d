/**
 * The demo room's barcode: the frame's number in large blocks near the horizon, forward. Pure.
 *
 * The layout is the one of vrlive/capture/demo: whoever changes one changes both.
 */

import type { LoopState } from "./api";

export const BARCODE = {
  bits: 16,
  yawDeg: [-20, 20],
  pitchDeg: [-14, -10],
} as const;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of an equirectangular picture of this size that holds the code, px. */
export function barcodeArea(width: number, height: number): Area {
  const [left, right] = BARCODE.yawDeg.map((yaw) => (yaw / 360 + 0.5) * width) as [number, number];
  const [bottom, top] = BARCODE.pitchDeg.map((pitch) => (0.5 - pitch / 180) * height) as [number, number];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The number in blocks of these mean brightnesses (0 … 255), or null when they are no code. */
export function decode(blocks: readonly number[]): number | null {
  if (blocks.length !== BARCODE.bits) return null;
  return blocks.reduce((number, each) => number * 2 + (each > 128 ? 1 : 0), 0);
}

/** The latest instant before `nowS` (both Unix time on the server's clock) when a frame of the loop was due. */
export function dueS(frame: number, loop: LoopState, nowS: number): number {
  const period = loop.frames / loop.fps;
  const first = loop.origin_unix_s + frame / loop.fps;
  return first + Math.floor((nowS - first) / period) * period;
}
