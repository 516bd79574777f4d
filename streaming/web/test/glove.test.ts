import { Group, Matrix4, Vector3, type XRHandSpace } from "three";
import { expect, test } from "vitest";
import { Glove } from "../src/headset/glove";

/** An index finger that lies along +X, 3 cm a bone and 1 cm thick, on its wrist. */
function finger(): { hand: XRHandSpace; joints: Record<string, Group & { jointRadius?: number }> } {
  const joints: Record<string, Group & { jointRadius?: number }> = {};
  for (const [n, name] of ["wrist", "index-finger-metacarpal", "index-finger-phalanx-proximal", "index-finger-phalanx-intermediate"].entries()) {
    joints[name] = Object.assign(new Group(), { jointRadius: 0.01 });
    joints[name].position.set(0.03 * n, 0, 0);
  }
  return { hand: Object.assign(new Group(), { joints }) as unknown as XRHandSpace, joints };
}

function beads(glove: Glove): { x: number; radius: number }[] {
  return Array.from({ length: glove.mesh.count }, (_, n) => {
    const matrix = new Matrix4();
    glove.mesh.getMatrixAt(n, matrix);
    return { x: new Vector3().setFromMatrixPosition(matrix).x, radius: matrix.elements[0] };
  });
}

test("a hand is beads along its bones, as thick as the headset says, and nearer to each other than that", () => {
  const { hand } = finger();
  const glove = new Glove(hand);
  glove.update(true);
  const found = beads(glove);
  expect(found.map(({ x }) => x)).toEqual(found.map(({ x }) => x).sort((a, b) => a - b));
  expect(found.at(-1)?.x).toBeCloseTo(0.09);
  for (const [n, { x, radius }] of found.entries()) {
    expect(radius).toBeCloseTo(0.01);
    expect(x - (found[n - 1]?.x ?? 0)).toBeLessThan(radius);
  }
});

test("bones whose ends are not both seen are not drawn, and none is where hands are not to be shown", () => {
  const { hand, joints } = finger();
  const glove = new Glove(hand);
  joints["index-finger-phalanx-proximal"]!.visible = false;
  glove.update(true);
  expect(beads(glove).at(-1)?.x).toBeCloseTo(0.03);
  glove.update(false);
  expect(glove.mesh.visible).toBe(false);
});
