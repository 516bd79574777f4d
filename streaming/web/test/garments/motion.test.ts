import { AnimationClip, Group, Matrix4, NumberKeyframeTrack, Vector3 } from "three";
import { expect, test } from "vitest";
import { phase, turnOf } from "../../src/garments/motion";
import { Piece } from "../../src/garments/wardrobe";
import type { Model } from "../../src/products/model";
import { readShow, type Motion } from "../../src/products/show";

const TABLE: Motion = { kind: "turntable", periodS: 24 };
const SWAY: Motion = { kind: "sway", periodS: 8, amplitudeDeg: 12 };
const CLIP: Motion = { kind: "clip", name: "walk", speed: 0.5, loop: true };

/** As vrlive/show/motion.py says it. */
test("a phase follows from the time alone, and a clip that runs once stays at its end", () => {
  expect([0, 6, 30, -6].map((timeS) => phase(TABLE, timeS))).toEqual([0, 0.25, 0.25, 0.75]);
  expect(phase(CLIP, 3, 2)).toBe(0.75);
  const once: Motion = { ...CLIP, loop: false };
  expect([phase(once, 1, 2, 0), phase(once, 9, 2, 0), phase(once, -3, 2, 0), phase(once, 5, 2)]).toEqual([0.25, 1, 0, 1]);
});

test("a turntable turns once, and what sways comes back", () => {
  expect([0, 0.25, 0.5].map((at) => turnOf(TABLE, at))).toEqual([0, Math.PI / 2, Math.PI]);
  expect([0, 0.25, 0.5, 0.75].map((at) => Math.round((turnOf(SWAY, at) * 180) / Math.PI))).toEqual([0, 12, 0, -12]);
  expect(turnOf(CLIP, 0.4)).toBe(0);
});

test("a garment turns clockwise seen from above, on its place", () => {
  const piece = new Piece("coat", "camel");
  piece.motion = TABLE;
  piece.place(new Matrix4().makeTranslation(1, 0, -2).elements);
  piece.move(6);
  const face = new Vector3(0, 0, 1).transformDirection(piece.object.matrix);
  expect(face.x).toBeCloseTo(-1); // from towards the viewer (+Z) to the left
  expect(new Vector3().setFromMatrixPosition(piece.object.matrix).toArray()).toEqual([1, 0, -2]);
  expect(piece.matrix.elements[0], "where it stands is as it was told").toBe(1);
});

test("a clip of the model is shown at the time of the picture", async () => {
  const root = new Group();
  const sleeve = new Group();
  sleeve.name = "sleeve";
  root.add(sleeve);
  const animations = [new AnimationClip("walk", 2, [new NumberKeyframeTrack("sleeve.position[y]", [0, 2], [0, 1])])];
  const model: Model = { root, animations, variants: [], wear: () => Promise.resolve(), dispose: () => undefined };
  const piece = new Piece("coat", "");
  piece.motion = CLIP;
  await piece.fill(model);
  for (const [timeS, height] of [[1, 0.25], [3, 0.75], [4, 0]] as const) {
    piece.move(timeS);
    expect(sleeve.position.y).toBeCloseTo(height, 4);
  }
});

test("a motion that makes no sense is none", () => {
  const garment = (motion: unknown): unknown => ({ name: "coat", yaw_deg: 0, pitch_deg: 0, motion });
  const read = (motion: unknown): unknown =>
    readShow({ revision: 1, products: [], pins: [], scene: { name: "s", garments: [garment(motion)] } }, { here: "https://show.example/", token: null })?.scene?.garments[0]?.motion;
  expect(read({ kind: "turntable", period_s: 24 })).toEqual(TABLE);
  expect(read({ kind: "sway", period_s: 8, amplitude_deg: 12 })).toEqual(SWAY);
  expect(read({ kind: "clip", name: "walk", speed: 0.5, loop: true })).toEqual(CLIP);
  for (const motion of [null, 3, { kind: "turntable" }, { kind: "turntable", period_s: 0 }, { kind: "sway", period_s: 8 }, { kind: "clip" }, { kind: "fall" }]) expect(read(motion)).toBeNull();
});
