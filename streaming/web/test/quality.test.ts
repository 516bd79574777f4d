import { expect, test } from "vitest";
import { Quality } from "../src/link/quality";

/** Draw for some seconds with this long between two pictures. */
function run(quality: Quality, intervalMs: number, fromS: number, seconds: number): number {
  for (let ms = 0; ms < seconds * 1000; ms += intervalMs) quality.observe(intervalMs, fromS * 1000 + ms);
  return quality.scale;
}

test("a quick machine draws every pixel", () => {
  expect(run(new Quality(), 16, 0, 30)).toBe(1);
});

test("a slow machine draws fewer pixels, down to a limit", () => {
  expect(run(new Quality(), 120, 0, 30)).toBe(0.4);
});

test("a machine that was busy for a while gets its pixels back", () => {
  const quality = new Quality();
  expect(run(quality, 60, 0, 1.5)).toBeLessThan(1);
  expect(run(quality, 16, 2, 60)).toBe(1);
});

test("a page that was asleep has not been slow", () => {
  const quality = new Quality();
  expect(quality.observe(60_000, 60_000)).toBe(false);
  expect(quality.scale).toBe(1);
});
