/** What stands for a controller, whichever it is: a dark handle with a band of brass, in the light of the room. */

import { Color, Float32BufferAttribute, LatheGeometry, Mesh, MeshStandardMaterial, Vector2 } from "three";
import { lightByHarmonics } from "../garments/lighting";

const DARK = new Color(0x1d1a21);
const BRASS = new Color(0xd8b98c);
/** m from the axis, m ahead of the palm, and whether it is brass from here on. */
const OUTLINE = [
  [0, -0.066, false],
  [0.011, -0.064, false],
  [0.0155, -0.054, false],
  [0.0165, -0.02, false],
  [0.0145, 0.018, false],
  [0.0165, 0.036, false],
  [0.0165, 0.036, true],
  [0.0178, 0.038, true],
  [0.0178, 0.046, true],
  [0.0165, 0.048, true],
  [0.0165, 0.048, false],
  [0.014, 0.056, false],
  [0, 0.059, false],
] as const;

export class Wand extends Mesh<LatheGeometry, MeshStandardMaterial> {
  constructor() {
    const around = 24;
    const geometry = new LatheGeometry(
      OUTLINE.map(([radius, ahead]) => new Vector2(radius, ahead)),
      around,
    ).rotateX(-Math.PI / 2); // a grip's rod lies along −Z
    const colours = Array.from({ length: around + 1 }, () => OUTLINE.flatMap(([, , brass]) => (brass ? BRASS : DARK).toArray())).flat();
    geometry.setAttribute("color", new Float32BufferAttribute(colours, 3));
    super(geometry, new MeshStandardMaterial({ vertexColors: true, roughness: 0.45 }));
    lightByHarmonics(this.material);
  }

  override dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
  }
}
