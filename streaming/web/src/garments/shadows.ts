/** Dark on the floor around each foot, and fading within a hand's breadth or two, so that things stand and do not float: one call for all. */

import { Color, DynamicDrawUsage, InstancedMesh, Matrix4, PlaneGeometry, Quaternion, ShaderMaterial, Vector3 } from "three";
import { BEND_POSITION, BEND_UNIFORM, type Bend, STRAIGHT } from "./bend";
import type { Piece } from "./wardrobe";

const MOST = 64; // garments of a scene
const LIFT_M = 0.004; // above the floor: nothing flickers
const REACH_M = 0.3; // beyond the foot, where the floor still misses light

export class Shadows {
  readonly mesh: InstancedMesh;

  constructor(bend: Bend = STRAIGHT) {
    const plane = new PlaneGeometry(1, 1, 4, 4).rotateX(-Math.PI / 2);
    const material = new ShaderMaterial({
      transparent: true,
      depthWrite: false,
      uniforms: { shade: { value: new Color(0x000000) }, bend },
      vertexShader: `
        ${BEND_UNIFORM}
        varying vec2 place;
        varying vec2 foot;
        void main() {
          vec2 most = 0.5 * vec2(length(instanceMatrix[0].xyz), length(instanceMatrix[2].xyz));
          place = (2.0 * uv - 1.0) * most;
          foot = most - ${REACH_M};
          vec4 mvPosition = modelViewMatrix * instanceMatrix * vec4(position, 1.0);
          gl_Position = projectionMatrix * mvPosition;
          ${BEND_POSITION}
        }`,
      fragmentShader: `
        varying vec2 place; // m from the middle
        varying vec2 foot; // its half width and depth, m
        uniform vec3 shade;
        void main() {
          float round = min(foot.x, foot.y);
          float beyond = max(0.0, length(max(abs(place) - foot + round, 0.0)) - round);
          float rest = max(0.0, 1.0 - beyond / ${REACH_M});
          gl_FragColor = vec4(shade, 0.5 * rest * rest);
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
    for (const { object, foot: outline } of pieces) {
      if (!outline || !object.visible || count >= MOST) continue;
      outline.getSize(size);
      outline.getCenter(foot).setY(outline.min.y).applyMatrix4(object.matrix);
      turn.setFromRotationMatrix(object.matrix);
      matrix.compose(foot.setY(foot.y + LIFT_M), turn, new Vector3(size.x + 2 * REACH_M, 1, size.z + 2 * REACH_M));
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
