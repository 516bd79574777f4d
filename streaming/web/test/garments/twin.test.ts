import { expect, test } from "vitest";
import { drawable } from "../../src/garments/twin";
import { type Scene, readShow } from "../../src/products/show";

const COUNTER = { name: "counter", distance_m: 1.8, rectangle: [0.4, 0.58, 0.25, 0.2], mask: null };
const DESK = { name: "desk", distance_m: 1.2, rectangle: null, mask: "/api/v1/channels/a/masks/0123456789abcdef.png" };

/** A scene as the server says it. */
function scene(more: object, ...garments: object[]): Scene | null {
  const said = garments.map((each, n) => ({ name: `g${n}`, yaw_deg: 0, pitch_deg: 0, model: "/api/v1/channels/a/models/g.glb", ...each }));
  const show = { revision: 1, products: [], pins: [], scene: { name: "s", garments: said, ...more } };
  return readShow(show, { here: "https://show.example/watch/a", token: null })?.scene ?? null;
}

test("a room is drawn here only as a whole", () => {
  expect(drawable(scene({}, {}, {}))).toBe(true);
  expect(drawable(null)).toBe(false);
  expect(drawable(scene({})), "nobody stands in it").toBe(false);
  expect(drawable(scene({}, {}, { deliver: "burned" })), "one may not be had").toBe(false);
  expect(drawable(scene({}, {}, { model: "https://other.example/g.glb" })), "one is somebody else's").toBe(false);
  expect(drawable(scene({ occluders: [COUNTER, DESK] }, {})), "what stands before them is known").toBe(true);
  expect(drawable(scene({ occluders: [COUNTER], occluded: true }, {})), "something in a camera's picture hides some").toBe(false);
  expect(drawable(scene({ occluders: [COUNTER, { ...DESK, mask: "https://other.example/m.png" }] }, {})), "a mask is somebody else's").toBe(false);
  expect(drawable(scene({ occluders: [{ ...COUNTER, distance_m: 0 }] }, {})), "it is nowhere").toBe(false);
});
