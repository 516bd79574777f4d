import { Group, Mesh, Vector3 } from "three";
import { expect, test } from "vitest";
import { HELD, patch } from "../../src/garments/occluders";
import { Piece } from "../../src/garments/wardrobe";

test("a rectangle of the panorama becomes the directions that it shows", () => {
  const places = patch([0.4, 0.58, 0.25, 0.2]).getAttribute("position");
  const corners = { left: Infinity, right: -Infinity, top: -Infinity, bottom: Infinity };
  for (let n = 0; n < places.count; n += 1) {
    const { x, y, z } = new Vector3().fromBufferAttribute(places, n);
    expect(Math.hypot(x, y, z)).toBeCloseTo(1, 6);
    const [yaw, pitch] = [(Math.atan2(x, -z) * 180) / Math.PI, (Math.asin(y) * 180) / Math.PI];
    corners.left = Math.min(corners.left, yaw);
    corners.right = Math.max(corners.right, yaw);
    corners.top = Math.max(corners.top, pitch);
    corners.bottom = Math.min(corners.bottom, pitch);
  }
  expect(corners.left).toBeCloseTo(-36, 4);
  expect(corners.right).toBeCloseTo(54, 4);
  expect(corners.top).toBeCloseTo(90 - 0.58 * 180, 4);
  expect(corners.bottom).toBeCloseTo(90 - 0.78 * 180, 4);
});

test("all of the panorama is all of the sphere, in cells that bend with it", () => {
  const sphere = patch([0, 0, 1, 1]);
  sphere.computeBoundingBox();
  expect(sphere.boundingBox?.min.toArray().every((each) => Math.abs(each + 1) < 1e-6)).toBe(true);
  expect(sphere.boundingBox?.max.toArray().every((each) => Math.abs(each - 1) < 1e-6)).toBe(true);
  const places = sphere.getAttribute("position");
  const [one, next] = [0, 1].map((n) => new Vector3().fromBufferAttribute(places, Math.floor(places.count / 2) + n));
  expect(one!.distanceTo(next!)).toBeLessThan((5.01 * Math.PI) / 180);
});

test("what is held is drawn before all that would hide it, and on its place like all others", () => {
  const [piece, part, mesh] = [new Piece("coat", "camel"), new Group(), new Mesh()];
  piece.object.add(part.add(mesh));
  piece.away = true;
  expect(mesh.renderOrder).toBe(HELD);
  expect([piece.object, part].map((each) => each.renderOrder), "groups are sorted before the sky").toEqual([0, 0]);
  piece.away = false;
  expect(mesh.renderOrder).toBe(0);
});
