/** Somebody who stands beside a piece, so that its size is seen. */

import { Mesh, MeshBasicMaterial, Shape, ShapeGeometry, Vector2 } from "three";

export const PERSON_M = 1.7;

/** Half an outline of somebody standing, from the neck down to the foot and up between the legs; metres. */
const OUTLINE = [
  [0.04, 1.47], [0.055, 1.435], [0.15, 1.41], [0.195, 1.36], [0.215, 1.2], [0.235, 1.03], [0.25, 0.86], [0.245, 0.76], [0.215, 0.76], [0.205, 0.88], [0.185, 1.05],
  [0.158, 1.22], [0.135, 1.07], [0.165, 0.9], [0.165, 0.7], [0.13, 0.48], [0.115, 0.3], [0.08, 0.08], [0.1, 0.015], [0.03, 0.015], [0.03, 0.3], [0.028, 0.5], [0.008, 0.79],
] as const;

/** A person as a shadow, `PERSON_M` high; in one piece, for overlaps of what is translucent would show. */
export function silhouette(): Mesh<ShapeGeometry, MeshBasicMaterial> {
  const side = (sign: number): Vector2[] => OUTLINE.map(([x, y]) => new Vector2(sign * x, y));
  const outline = new Shape();
  outline.moveTo(0.04, 1.47);
  outline.splineThru(side(1).slice(1));
  outline.splineThru(side(-1).reverse());
  outline.bezierCurveTo(-0.036, 1.5, -0.073, 1.51, -0.073, 1.595);
  outline.bezierCurveTo(-0.073, 1.66, -0.042, PERSON_M, 0, PERSON_M);
  outline.bezierCurveTo(0.042, PERSON_M, 0.073, 1.66, 0.073, 1.595);
  outline.bezierCurveTo(0.073, 1.51, 0.036, 1.5, 0.04, 1.47);
  const material = new MeshBasicMaterial({ color: 0xd8b98c, transparent: true, opacity: 0.34, depthWrite: false, toneMapped: false });
  return new Mesh(new ShapeGeometry(outline, 10), material);
}
