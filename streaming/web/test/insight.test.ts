import { expect, test } from "vitest";
import server from "../../../vrlive/show/audience.py?raw";
import { NAMES, actionsOf } from "../src/insight/actions";
import { refusedByBrowser } from "../src/insight/consent";
import { playing } from "../src/insight/playing";
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
  expect(actionsOf("product-view", { product: "coat" })).toEqual([{ name: "view_item", product: "coat" }]);
  expect(actionsOf("hotspot-select", { id: "x".repeat(100) })[0]?.product).toHaveLength(64);
  expect(actionsOf("vr-enter", {})).toEqual([{ name: "vr_enter", product: "" }]);
  expect(actionsOf("position-change", { yawDeg: 0, pitchDeg: 0, fovDeg: 90 })).toEqual([]);
});

test("a check-out counts once for each product in it", () => {
  const item = (product: string, sku: string) => ({ product, sku, quantity: 2 });
  expect(actionsOf("begin-checkout", { items: [item("coat", "C-S"), item("coat", "C-M"), item("scarf", "scarf")] })).toEqual([
    { name: "begin_checkout", product: "coat" },
    { name: "begin_checkout", product: "scarf" },
  ]);
});

test("no event has a name that the server does not count, and it counts none that the page never tells", () => {
  const names = [...server.match(/^ACTIONS: Final = \((.*)\)$/m)![1]!.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  expect([...new Set(Object.values(NAMES))].sort()).toEqual(names.sort());
});

const SEEN = { paused: false, seeking: false, dry: false, seen: true };

test("what comes by HTTP is played, too, and stalls where it runs out", () => {
  for (const kind of ["bridged", "behind", "replay"] as const) {
    expect(playing(kind, SEEN)).toBe("played");
    expect(playing(kind, { ...SEEN, dry: true })).toBe("stalled");
    expect(playing(kind, { ...SEEN, dry: true, seeking: true })).toBeNull();
    expect(playing(kind, { ...SEEN, dry: true, paused: true })).toBeNull();
    expect(playing(kind, { ...SEEN, dry: true, seen: false })).toBeNull(); // the start
  }
});

test("by WebRTC the link says what stalls", () => {
  expect(playing("playing", SEEN)).toBe("played");
  expect(playing("playing", { ...SEEN, paused: true })).toBeNull();
  for (const kind of ["stalled", "waiting"] as const) expect(playing(kind, SEEN)).toBe("stalled");
  for (const kind of ["connecting", "blocked", "refused", "stopped"] as const) expect(playing(kind, SEEN)).toBeNull();
});

test("a browser that says no for its user is believed", () => {
  expect(refusedByBrowser({ globalPrivacyControl: true })).toBe(true);
  expect(refusedByBrowser({ doNotTrack: "1" })).toBe(true);
  expect(refusedByBrowser({})).toBe(false);
});
