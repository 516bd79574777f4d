import { expect, test } from "vitest";
import { type Piece, clockOf, positionOf, reachOf, readPieces } from "../src/replay/reach";

const NOON = 1_790_000_000_000;
const PIECES: Piece[] = [0, 1, 2, 3].map((n) => ({ startS: 7 + n, durationS: 1, dateMs: NOON + 1000 * n }));

test("what can be played reaches from the first segment's date to the end of the last", () => {
  expect(reachOf(PIECES)).toEqual({ startMs: NOON, endMs: NOON + 4000 });
  expect(reachOf([])).toBeNull();
  expect(reachOf([{ startS: 0, durationS: 1, dateMs: null }])).toBeNull();
});

test("an instant is found in the player's time", () => {
  expect(positionOf(PIECES, NOON + 2250)).toBeCloseTo(9.25);
});

test("what is not kept is the nearest that is", () => {
  expect(positionOf(PIECES, NOON - 60_000)).toBe(7);
  expect(positionOf(PIECES, NOON + 60_000)).toBe(11);
  expect(positionOf([], NOON)).toBeNull();
});

test("a gap, as a server that was away leaves it, does not shift what comes after it", () => {
  const after: Piece = { startS: 11, durationS: 1, dateMs: NOON + 30_000 };
  expect(positionOf([...PIECES, after], NOON + 30_500)).toBeCloseTo(11.5);
  expect(positionOf([...PIECES, after], NOON + 15_000)).toBe(11);
});

test("times are said as clocks do", () => {
  expect([clockOf(0), clockOf(23.4), clockOf(83), clockOf(3723), clockOf(-5)]).toEqual(["0:00", "0:23", "1:23", "1:02:03", "0:00"]);
});

test("a playlist is read", () => {
  const list = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20.500Z\n#EXTINF:1.04000,\n1.m4s\n#EXTINF:0.5,\n2.m4s\n";
  expect(readPieces(list)).toEqual([
    { startS: 0, durationS: 1.04, dateMs: Date.UTC(2026, 8, 21, 14, 13, 20, 500) },
    { startS: 1.04, durationS: 0.5, dateMs: null },
  ]);
});
