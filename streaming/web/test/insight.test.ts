import { expect, test } from "vitest";
import { actionOf } from "../src/insight/actions";
import { refusedByBrowser } from "../src/insight/consent";
import { COLUMNS, GazeSums, ROWS, binOf } from "../src/insight/gaze";

test("straight ahead is the middle, and behind has no seam", () => {
  expect(binOf({ yaw: 0, pitch: 0 })).toBe((ROWS / 2) * COLUMNS + COLUMNS / 2);
  expect(binOf({ yaw: Math.PI, pitch: 0 })).toBe(binOf({ yaw: -Math.PI, pitch: 0 }));
});

test("no direction is outside of all bins", () => {
  for (const yaw of [-7, -Math.PI, 0, Math.PI, 7])
    for (const pitch of [-Math.PI / 2, 0, Math.PI / 2]) {
      const bin = binOf({ yaw, pitch });
      expect(bin).toBeGreaterThanOrEqual(0);
      expect(bin).toBeLessThan(ROWS * COLUMNS);
    }
});

test("seconds add up by bin and are told once", () => {
  const sums = new GazeSums();
  sums.add({ yaw: 0.05, pitch: 0.05 }, 0.5);
  sums.add({ yaw: 0.06, pitch: 0.06 }, 0.5);
  sums.add({ yaw: 1, pitch: 0 }, 0.5);
  expect(Object.values(sums.take()).sort()).toEqual([0.5, 1]);
  expect(sums.take()).toEqual({});
});

test("events have the names that shops know", () => {
  expect(actionOf("product-view", { product: "coat" })).toEqual({ name: "view_item", product: "coat" });
  expect(actionOf("hotspot-select", { id: "x".repeat(100) })?.product).toHaveLength(64);
  expect(actionOf("vr-enter", {})).toEqual({ name: "vr_enter", product: "" });
  expect(actionOf("position-change", { yawDeg: 0, pitchDeg: 0, fovDeg: 90 })).toBeNull();
});

test("a browser that says no for its user is believed", () => {
  expect(refusedByBrowser({ globalPrivacyControl: true })).toBe(true);
  expect(refusedByBrowser({ doNotTrack: "1" })).toBe(true);
  expect(refusedByBrowser({})).toBe(false);
});
