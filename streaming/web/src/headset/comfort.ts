/** Nobody is moved who did not ask: turns are the visitor's own, in steps, behind a short fade. */

import { Matrix4, Mesh, PlaneGeometry, Quaternion, ShaderMaterial, Vector3 } from "three";

export const STEP = Math.PI / 6; // 30°
const FLICK = 0.7; // of the stick's way: a turn …
const REST = 0.3; // … and no second one before it has come back
const UP_Y = new Vector3(0, 1, 0);

/** A stick that is flicked turns once. Pure. */
export class Flick {
  private held = false;

  /** Where the stick is, −1 … 1; the answer is 1 once for a flick to the right, −1 to the left, else 0. */
  note(x: number): -1 | 0 | 1 {
    if (Math.abs(x) < REST) this.held = false;
    if (this.held || Math.abs(x) < FLICK) return 0;
    this.held = true;
    return x > 0 ? 1 : -1;
  }
}

/** The thumbstick's way to the side, −1 … 1 (WebXR Gamepads Module: xr-standard has it third, its touchpad first). */
export function stickOf(source: XRInputSource): number {
  const axes = source.gamepad?.axes ?? [];
  return axes.length >= 4 ? (axes[2] ?? 0) : (axes[0] ?? 0);
}

/** The origin of a space in which a viewer who stands at `head` has turned right by `angle`. */
export function turned(head: Matrix4, angle: number): XRRigidTransform {
  const turn = new Quaternion().setFromAxisAngle(UP_Y, angle); // the room turns left under who turns right
  const place = new Vector3().setFromMatrixPosition(head);
  return rigid(place.clone().sub(place.clone().applyQuaternion(turn)), turn);
}

/** The origin of a space in which `head` stands in the middle and looks ahead; heights stay. */
export function centred(head: Matrix4): XRRigidTransform {
  const ahead = new Vector3(0, 0, -1).transformDirection(head);
  const place = new Vector3().setFromMatrixPosition(head).setY(0);
  return rigid(place, new Quaternion().setFromAxisAngle(UP_Y, Math.atan2(-ahead.x, -ahead.z)));
}

function rigid(place: Vector3, turn: Quaternion): XRRigidTransform {
  return new XRRigidTransform({ x: place.x, y: place.y, z: place.z }, { x: turn.x, y: turn.y, z: turn.z, w: turn.w });
}

const CLOSE_S = 0.08;
const OPEN_S = 0.22;

/** Eyes shut for a blink, while things move that must not be seen moving. */
export class Fade {
  readonly mesh: Mesh<PlaneGeometry, ShaderMaterial>;
  /** How dark it is, 0 … 1. Whoever comes in, comes in from the dark. */
  dark = 1;
  private hidden: (() => void)[] = [];

  constructor() {
    const material = new ShaderMaterial({
      transparent: true,
      depthTest: false,
      depthWrite: false,
      uniforms: { dark: { value: 1 } },
      vertexShader: "void main() { gl_Position = vec4(position.xy, 0.0, 1.0); }",
      fragmentShader: "uniform float dark; void main() { gl_FragColor = vec4(0.0, 0.0, 0.0, dark); }",
    });
    this.mesh = new Mesh(new PlaneGeometry(2, 2), material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 1000;
  }

  /** Do this in the dark. */
  behind(change: () => void): void {
    this.hidden.push(change);
  }

  advance(seconds: number): void {
    const closing = this.hidden.length > 0;
    this.dark = Math.min(1, Math.max(0, this.dark + (closing ? seconds / CLOSE_S : -seconds / OPEN_S)));
    if (closing && this.dark === 1) for (const each of this.hidden.splice(0)) each();
    this.mesh.visible = this.dark > 0;
    this.mesh.material.uniforms["dark"]!.value = this.dark;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}
