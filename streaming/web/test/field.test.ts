import { expect, test } from "vitest";
import { ears, encoded } from "../src/sound/field";

const rad = (deg: number): number => (deg * Math.PI) / 180;
const LEFT = [-1, 0, 0] as const;
const RIGHT = [1, 0, 0] as const;
const AHEAD = [0, 0, -1] as const;
const BEHIND = [0, 0, 1] as const;
const ABOVE = [0, 1, 0] as const;

/** What each ear hears of a source, to a head that looks there (degrees). */
function heard(source: readonly [number, number, number], yawDeg = 0, pitchDeg = 0, rollDeg = 0): { left: number; right: number } {
  const { left, right } = ears(rad(yawDeg), rad(pitchDeg), rad(rollDeg));
  const dot = (gains: readonly number[]): number => encoded(source).reduce((sum, part, n) => sum + part * gains[n]!, 0);
  return { left: dot(left), right: dot(right) };
}

test("ambisonics are ACN and SN3D: what is on the left is W and Y, ahead W and X, above W and Z", () => {
  expect(encoded(LEFT)).toEqual([1, 1, 0, -0]);
  expect(encoded(AHEAD)).toEqual([1, -0, 0, 1]);
  expect(encoded(ABOVE)).toEqual([1, -0, 1, -0]);
});

test("what is on the left is heard on the left, and hardly on the right", () => {
  const { left, right } = heard(LEFT);
  expect(left).toBeGreaterThan(0.95);
  expect(right).toBeLessThan(0.05);
});

test("after half a turn it is heard on the right", () => {
  const { left, right } = heard(LEFT, 180);
  expect(right).toBeGreaterThan(0.95);
  expect(left).toBeLessThan(0.05);
});

test("after a quarter turn to the left it is ahead, and the same in both ears", () => {
  const { left, right } = heard(LEFT, -90);
  expect(left).toBeCloseTo(right);
  expect(left).toBeCloseTo(heard(AHEAD).left);
});

test("what is ahead is louder than what is behind, and neither is silent", () => {
  expect(heard(AHEAD).left).toBeGreaterThan(1.5 * heard(BEHIND).left);
  expect(heard(BEHIND).left).toBeGreaterThan(0.3);
});

test("looking up brings what is above to the front, and leaves both sides as they are", () => {
  expect(heard(ABOVE, 0, 90).left).toBeCloseTo(heard(AHEAD).left);
  expect(heard(RIGHT, 0, 60)).toEqual({ left: expect.closeTo(heard(RIGHT).left), right: expect.closeTo(heard(RIGHT).right) });
});

test("a head that is tipped to the right has what is above on its left, wherever it looks", () => {
  const { left, right } = heard(LEFT);
  for (const yaw of [0, 90, -135]) expect(heard(ABOVE, yaw, 0, 90)).toEqual({ left: expect.closeTo(left), right: expect.closeTo(right) });
  expect(heard(AHEAD, 0, 90, 90)).toEqual({ left: expect.closeTo(right), right: expect.closeTo(left) }); // looking up, ahead is where its feet were
});

test("only the turn between head and source counts", () => {
  for (let yaw = -180; yaw < 180; yaw += 30) {
    const source = [Math.sin(rad(yaw + 40)), 0, -Math.cos(rad(yaw + 40))] as const;
    const { left, right } = heard(source, yaw);
    const { left: before, right: beforeRight } = heard([Math.sin(rad(40)), 0, -Math.cos(rad(40))]);
    expect([left, right]).toEqual([expect.closeTo(before), expect.closeTo(beforeRight)]);
  }
});
