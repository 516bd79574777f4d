/** A soft dark patch under each garment, so that it stands and does not float: one call for all of them. */

import { Color, DynamicDrawUsage, InstancedMesh, Matrix4, PlaneGeometry, Quaternion, ShaderMaterial, Vector3 } from "three";
import type { Piece } from "./wardrobe";

const MOST = 64; // garments of a scene
const LIFT_M = 0.004; // above the floor: nothing flickers
const WIDER = 1.5; // than the garment's own outline

export class Shadows {
  readonly mesh: InstancedMesh;

  constructor() {
    const plane = new PlaneGeometry(1, 1).rotateX(-Math.PI / 2);
    const material = new ShaderMaterial({
      transparent: true,
      depthWrite: false,
      uniforms: { shade: { value: new Color(0x000000) } },
      vertexShader: `
        varying vec2 place;
        void main() {
          place = 2.0 * uv - 1.0;
          gl_Position = projectionMatrix * modelViewMatrix * instanceMatrix * vec4(position, 1.0);
        }`,
      fragmentShader: `
        varying vec2 place;
        uniform vec3 shade;
        void main() {
          float rest = clamp(1.0 - length(place), 0.0, 1.0);
          gl_FragColor = vec4(shade, 0.55 * rest * rest * (3.0 - 2.0 * rest));
        }`,
    });
    this.mesh = new InstancedMesh(plane, material, MOST);
    this.mesh.instanceMatrix.setUsage(DynamicDrawUsage);
    this.mesh.frustumCulled = false;
    this.mesh.count = 0;
  }

  /** Lie under each of these that has its model. */
  update(pieces: Iterable<Piece>): void {
    const [turn, size, foot, matrix] = [new Quaternion(), new Vector3(), new Vector3(), new Matrix4()];
    let count = 0;
    for (const { object, bounds } of pieces) {
      if (!bounds || !object.visible || count >= MOST) continue;
      bounds.getSize(size);
      bounds.getCenter(foot).setY(bounds.min.y).applyMatrix4(object.matrix);
      turn.setFromRotationMatrix(object.matrix);
      matrix.compose(foot.setY(foot.y + LIFT_M), turn, new Vector3(WIDER * size.x, 1, WIDER * size.z));
      this.mesh.setMatrixAt(count, matrix);
      count += 1;
    }
    this.mesh.count = count;
    this.mesh.instanceMatrix.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    (this.mesh.material as ShaderMaterial).dispose();
    this.mesh.dispose();
  }
}
