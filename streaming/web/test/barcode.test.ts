import { expect, test } from "vitest";
import type { LoopState } from "../src/api";
import { BARCODE, barcodeArea, cellMeans, decode, dueS } from "../src/link/barcode";

const DARK = 40;
const LIT = 210;

/** The cells of a number as vrlive/capture/demo/barcode.py draws them. */
function cells(number: number): number[] {
  const code = (1 << 15) | (number << 6) | ((30 - (number % 31)) << 1);
  return Array.from({ length: 16 }, (_, index) => (code >> (15 - index)) & 1);
}

function lit(bits: readonly number[]): number[] {
  return bits.map((bit) => (bit ? LIT : DARK));
}

/** Bits as Python printed them. */
function printed(rows: string): number[] {
  return [...rows.replace(" ", "")].map(Number);
}

test.each([
  [0, "10000000 00111100"],
  [1, "10000000 01111010"],
  [31, "10000111 11111100"],
  [250, "10111110 10111000"],
  [499, "11111100 11110110"],
])("the code of %i that Python draws is read", (number, rows) => {
  expect(cells(number)).toEqual(printed(rows));
  expect(decode(lit(printed(rows)))).toBe(number);
});

test("every number of the loop is read", () => {
  for (let number = 0; number < 500; number += 1) expect(decode(lit(cells(number)))).toBe(number);
});

test("no single wrong cell passes for another number", () => {
  for (let number = 0; number < 500; number += 1) {
    for (let wrong = 0; wrong < 16; wrong += 1) {
      const bits = cells(number).map((bit, index) => (index === wrong ? 1 - bit : bit));
      expect(decode(lit(bits))).toBeNull();
    }
  }
});

test("a grey wall is no code", () => {
  expect(decode(Array.from({ length: 16 }, () => 128))).toBeNull();
  expect(decode(cells(77).map((bit) => 100 + 30 * bit))).toBeNull();
  expect(decode([])).toBeNull();
});

test("exposure and haze do not matter", () => {
  expect(decode(cells(321).map((bit) => 90 + 60 * bit))).toBe(321);
});

test("the code lies straight ahead, in squares of 2.5 degrees", () => {
  const area = barcodeArea(3600, 1800);
  expect(area).toEqual({ x: expect.closeTo(1700), y: expect.closeTo(875), width: expect.closeTo(200), height: expect.closeTo(50) });
});

test("a cell's brightness is that of its middle half", () => {
  const side = 4;
  const width = BARCODE.columns * side;
  const rgba = new Uint8ClampedArray(4 * width * BARCODE.rows * side).fill(255);
  for (let y = 0; y < BARCODE.rows * side; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const middle = [x % side, y % side].every((place) => place === 1 || place === 2);
      const cell = Math.floor(x / side) + BARCODE.columns * Math.floor(y / side);
      if (middle) rgba.fill(10 * cell, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  expect(cellMeans(rgba, side)).toEqual(Array.from({ length: 16 }, (_, cell) => 10 * cell));
});

test("a frame was last due at most one turn of the loop ago", () => {
  const loop: LoopState = { frames: 500, fps: 25, origin_unix_s: 1000 };
  expect(dueS(0, loop, 1000.1)).toBeCloseTo(1000);
  expect(dueS(3, loop, 1000.2)).toBeCloseTo(1000.12);
  expect(dueS(499, loop, 1020.05)).toBeCloseTo(1019.96);
  expect(dueS(0, loop, 1063)).toBeCloseTo(1060);
});
