import { expect, test } from "vitest";
import { WHOLE_SPHERE } from "../src/sky/layout";
import { neededPx } from "../src/sky/sharpness";
import { FORWARD, PLANET, rad } from "../src/sky/view";

const WINDOW = { width: 1280, height: 720 };

test("a pixel of the frame for each of the screen's in the middle of the window", () => {
  expect(neededPx(FORWARD, WINDOW, 1, WHOLE_SPHERE)).toBeCloseTo(640 * 2 * Math.PI, 6); // 90°: the plane is 640 px away
  expect(neededPx(FORWARD, WINDOW, 2, WHOLE_SPHERE)).toBeCloseTo(1280 * 2 * Math.PI, 6);
  expect(neededPx({ ...FORWARD, fov: rad(40) }, WINDOW, 1, WHOLE_SPHERE)).toBeGreaterThan(10_000);
});

test("half a sphere fills a frame of half the width; a cube's faces are as sharp in their middle", () => {
  const whole = neededPx(FORWARD, WINDOW, 1, WHOLE_SPHERE);
  expect(neededPx(FORWARD, WINDOW, 1, { projection: "vr180", stereo: "mono" })).toBeCloseTo(whole / 2, 6);
  expect(neededPx(FORWARD, WINDOW, 1, { projection: "eac", stereo: "mono" })).toBeCloseTo((whole * 3) / 4, 6);
  expect(neededPx(FORWARD, WINDOW, 1, { projection: "cubemap", stereo: "mono" })).toBeCloseTo(640 * 6, 6);
});

test("a little planet is as sharp as its rim needs", () => {
  const planet = { ...PLANET, yaw: 0 };
  const rim = 1 / Math.cos(planet.fov / 4) ** 2; // how much larger than in the middle
  expect(neededPx(planet, WINDOW, 1, WHOLE_SPHERE)).toBeCloseTo(rim * neededPx({ ...planet, bend: 0, fov: 2 * Math.atan(2 * Math.tan(planet.fov / 4)) }, WINDOW, 1, WHOLE_SPHERE), 3);
});
