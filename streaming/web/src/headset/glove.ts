/** A hand as the headset sees it: beads along its bones, so near to each other that they are fingers. One call a hand. */

import { DynamicDrawUsage, IcosahedronGeometry, InstancedMesh, Matrix4, MeshStandardMaterial, Vector3, type XRHandSpace } from "three";
import { lightByHarmonics } from "../garments/lighting";

const BEADS = 7; // a bone
const RADIUS_M = 0.008; // of a joint that tells none
const BONES: readonly (readonly [XRHandJoint, XRHandJoint])[] = [
  ["thumb-metacarpal", "thumb-phalanx-proximal", "thumb-phalanx-distal", "thumb-tip"] as const,
  ...(["index", "middle", "ring", "pinky"] as const).map(
    (finger) =>
      [
        `${finger}-finger-metacarpal`,
        `${finger}-finger-phalanx-proximal`,
        `${finger}-finger-phalanx-intermediate`,
        `${finger}-finger-phalanx-distal`,
        `${finger}-finger-tip`,
      ] as const,
  ),
].flatMap((finger) => finger.map((joint, n) => [n === 0 ? "wrist" : finger[n - 1]!, joint] as const));

export class Glove {
  readonly mesh = new InstancedMesh(new IcosahedronGeometry(1, 1), new MeshStandardMaterial({ color: 0x2b2730, roughness: 0.7 }), BONES.length * BEADS);

  constructor(private readonly hand: XRHandSpace) {
    this.mesh.instanceMatrix.setUsage(DynamicDrawUsage);
    this.mesh.frustumCulled = false;
    lightByHarmonics(this.mesh.material);
    hand.add(this.mesh);
  }

  /** Be where the hand is now. */
  update(shown: boolean): void {
    const [matrix, place] = [new Matrix4(), new Vector3()];
    let count = 0;
    for (const [from, to] of shown ? BONES : []) {
      const [a, b] = [this.hand.joints[from], this.hand.joints[to]];
      if (!a?.visible || !b?.visible) continue;
      for (let n = 0; n < BEADS; n += 1) {
        const share = (n + 1) / BEADS;
        const radius = (1 - share) * (a.jointRadius ?? RADIUS_M) + share * (b.jointRadius ?? RADIUS_M);
        this.mesh.setMatrixAt(count, matrix.makeScale(radius, radius, radius).setPosition(place.lerpVectors(a.position, b.position, share)));
        count += 1;
      }
    }
    this.mesh.count = count;
    this.mesh.visible = count > 0;
    this.mesh.instanceMatrix.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.mesh.dispose();
  }
}
