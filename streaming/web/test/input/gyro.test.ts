import { expect, test } from "vitest";
import { aim } from "../../src/input/gyro";
import { deg } from "../../src/sky/view";

function aimDeg(alpha: number, beta: number, gamma: number, screen = 0): [yaw: number, pitch: number] {
  const { yaw, pitch } = aim(alpha, beta, gamma, screen);
  return [Number(deg(yaw).toFixed(3)) + 0, Number(deg(pitch).toFixed(3)) + 0];
}

test("a phone held upright looks north, and its heading turns against alpha", () => {
  expect(aimDeg(0, 90, 0)).toEqual([0, 0]);
  expect(aimDeg(90, 90, 0)).toEqual([-90, 0]);
  expect(aimDeg(330, 90, 0)).toEqual([30, 0]);
});

test("leaning back looks up, leaning forward looks down", () => {
  expect(aimDeg(0, 120, 0)).toEqual([0, 30]);
  expect(aimDeg(20, 50, 0)).toEqual([-20, -40]);
});

test("flat on a table the upper edge of the screen points", () => {
  expect(aimDeg(0, 0, 0)).toEqual([0, -90]);
  expect(aimDeg(40, 0, 0)).toEqual([-40, -90]);
  expect(aimDeg(0, 0, 0, 90)).toEqual([90, -90]); // held across, its right edge is up
});

test("a tilted wrist does not turn the view", () => {
  for (const roll of [-60, -20, 35, 80]) {
    // upright, then turned about the axis through its back: that is gamma, seen from beta = 90
    const [yaw, pitch] = aimDeg(-roll, 90, roll);
    expect(Math.abs(yaw)).toBeLessThan(1e-3);
    expect(pitch).toBeCloseTo(0, 3);
  }
});

test("the heading runs on smoothly over the steep", () => {
  for (let beta = 0; beta < 180; beta += 3) expect(aimDeg(25, beta, 0)[0]).toBeCloseTo(-25, 2);
});
