/** Rays of controllers, hands and eyes: what they hover over, and what a select of theirs hits. */

import {
  BufferAttribute,
  CylinderGeometry,
  Group,
  type Matrix4,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  Raycaster,
  RingGeometry,
  Vector2,
  Vector3,
  type WebGLRenderer,
  type WebXRManager,
  type XRTargetRaySpace,
} from "three";
import { Dwell } from "./dwell";
import { Glove } from "./glove";
import { Wand } from "./wand";
import type { Target } from "./panel";

const REACH_M = 60;
const SHOWN_M = 1.4; // of a ray that hits nothing
const CURSOR = 0.011; // radius over distance: half a degree and a bit
const IVORY = 0xf5f0e8;

interface Hit {
  readonly target: Target;
  readonly uv: Vector2;
  readonly point: Vector3;
  readonly distance: number;
}

interface Hand {
  readonly space: XRTargetRaySpace;
  readonly ray: Mesh;
  readonly cursor: Mesh;
  readonly wand: Wand;
  readonly glove: Glove;
  source: XRInputSource | null;
}

export class Pointing {
  /** Rays and cursors, in the reference space. */
  readonly group = new Group();
  /** What is hovered over now, by any ray: as `Target.hover` names it. */
  hovered: string | null = null;
  /** Where rays may end; those of `front` are hit through what stands before them. */
  front: readonly Target[] = [];
  targets: readonly Target[] = [];
  /** False while something of the system lies over the room. */
  active = true;
  private readonly hands: readonly Hand[];
  private readonly gaze = { cursor: ring(0.55, 1), progress: ring(1.25, 1.8) };
  private readonly dwell = new Dwell();
  private readonly caster = new Raycaster();
  private readonly head = new Vector3();
  private lit = new Set<Target>();
  private pinches = false; // this device's hands are seen only while they pinch: eyes must not select by themselves

  /** @param sees the visitor's own hands are in sight anyway */
  constructor(
    renderer: WebGLRenderer,
    private readonly sees: boolean,
    private readonly onBack: () => void,
  ) {
    this.caster.far = REACH_M;
    this.hands = [0, 1].map((index) => this.hand(renderer.xr, index));
    this.group.add(this.gaze.cursor, this.gaze.progress);
  }

  /** How the visitor points, for tests and for words. */
  get by(): "hands" | "gaze" {
    return this.pinches || this.hands.some((each) => each.source) ? "hands" : "gaze";
  }

  /** Look where all rays end now. */
  update(head: Matrix4, nowMs: number): void {
    this.head.setFromMatrixPosition(head);
    const lit = new Set<Target>();
    this.hovered = null;
    for (const hand of this.hands) {
      const hit = this.active && hand.source ? this.cast(hand.space.matrixWorld) : null;
      const drawn = this.active && hand.source?.targetRayMode === "tracked-pointer";
      hand.ray.visible = drawn;
      hand.wand.visible = drawn && !this.sees && !hand.source?.hand;
      hand.glove.update(drawn && !this.sees && Boolean(hand.source?.hand));
      hand.ray.scale.z = Math.min(hit?.distance ?? SHOWN_M, SHOWN_M);
      this.put(hand.cursor, drawn ? hit : null);
      if (hit) this.light(hit, lit);
    }
    const looks = this.active && this.by === "gaze";
    const hit = looks ? this.cast(head) : null;
    const key = hit && this.light(hit, lit);
    this.put(this.gaze.cursor, hit);
    const share = looks ? this.dwell.note(key, nowMs) : this.dwell.note(null, nowMs);
    this.put(this.gaze.progress, share > 0 && share < 1 ? hit : null);
    this.gaze.progress.geometry.setDrawRange(0, 6 * Math.ceil(share * 48));
    for (const each of this.lit) if (!lit.has(each)) each.hover(null);
    this.lit = lit;
    if (share === 1 && hit) hit.target.select(hit.uv);
  }

  dispose(): void {
    for (const { ray, cursor, wand, glove } of this.hands) {
      dispose(ray, cursor);
      wand.dispose();
      glove.dispose();
    }
    dispose(this.gaze.cursor, this.gaze.progress);
  }

  private light(hit: Hit, lit: Set<Target>): string | null {
    lit.add(hit.target);
    const key = hit.target.hover(hit.uv);
    this.hovered ??= key;
    return key;
  }

  private hand(xr: WebXRManager, index: number): Hand {
    const [space, grip, joints] = [xr.getController(index), xr.getControllerGrip(index), xr.getHand(index)];
    const hand: Hand = { space, ray: beam(), cursor: ring(0, 0.7), wand: new Wand(), glove: new Glove(joints), source: null };
    space.add(hand.ray);
    grip.add(hand.wand);
    this.group.add(space, grip, joints, hand.cursor);
    space.addEventListener("connected", ({ data }) => {
      hand.source = data;
      this.pinches ||= data.targetRayMode === ("transient-pointer" as XRTargetRayMode);
    });
    space.addEventListener("disconnected", () => {
      hand.source = null;
    });
    space.addEventListener("select", () => this.select(hand));
    space.addEventListener("squeeze", () => this.active && this.onBack());
    return hand;
  }

  private select(hand: Hand): void {
    if (!this.active) return;
    hand.space.updateWorldMatrix(true, false);
    const hit = this.cast(hand.space.matrixWorld);
    if (hit) hit.target.select(hit.uv);
  }

  private cast(from: Matrix4): Hit | null {
    this.caster.ray.origin.setFromMatrixPosition(from);
    this.caster.ray.direction.set(0, 0, -1).transformDirection(from);
    return this.first(this.front.filter((each) => each.object.visible)) ?? this.first(this.targets);
  }

  private first(among: readonly Target[]): Hit | null {
    const objects = among.map((each): Object3D => each.object);
    const [found] = this.caster.intersectObjects(objects, false);
    const target = found && among.find((each) => each.object === found.object);
    return found && target ? { target, uv: found.uv ?? new Vector2(), point: found.point, distance: found.distance } : null;
  }

  /** Always of the same size to the eye, and turned to it. */
  private put(cursor: Mesh, hit: Hit | null): void {
    cursor.visible = hit !== null;
    if (!hit) return;
    cursor.position.copy(hit.point);
    cursor.lookAt(this.head);
    cursor.scale.setScalar(CURSOR * hit.point.distanceTo(this.head));
  }
}

/** Fades out on its way. */
function beam(): Mesh {
  const geometry = new CylinderGeometry(0.0009, 0.0014, 1, 8, 1, true).rotateX(-Math.PI / 2).translate(0, 0, -0.5);
  const places = geometry.getAttribute("position");
  const colours = new Float32Array(4 * places.count);
  for (let n = 0; n < places.count; n += 1) colours.set([0.96, 0.94, 0.91, places.getZ(n) < -0.5 ? 0 : 0.85], 4 * n);
  geometry.setAttribute("color", new BufferAttribute(colours, 4));
  const mesh = new Mesh(geometry, new MeshBasicMaterial({ vertexColors: true, transparent: true, depthWrite: false }));
  mesh.renderOrder = 20;
  mesh.frustumCulled = false;
  return mesh;
}

function ring(inner: number, outer: number): Mesh {
  const material = new MeshBasicMaterial({ color: IVORY, transparent: true, opacity: 0.95, depthTest: false });
  const mesh = new Mesh(new RingGeometry(inner, outer, 48, 1, Math.PI / 2, 2 * Math.PI), material);
  mesh.renderOrder = 30;
  mesh.visible = false;
  return mesh;
}

function dispose(...meshes: Mesh[]): void {
  for (const each of meshes) {
    each.geometry.dispose();
    (each.material as MeshBasicMaterial).dispose();
  }
}
