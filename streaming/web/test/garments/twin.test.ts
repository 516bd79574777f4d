import { expect, test } from "vitest";
import { drawable } from "../../src/garments/twin";
import { type Scene, readShow } from "../../src/products/show";

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
  expect(drawable(scene({ occluded: true }, {})), "a counter hides some").toBe(false);
});
