/**
 * Things of the room that stand before garments: where the picture shows one, only what is nearer than it is drawn. A sphere's patch, of depth alone.
 *
 * The picture is infinitely far, and no step to the side moves the table in it: the patch stays where each eye sees the table, and what is
 * behind it is asked by the distance from the cameras, whatever way one's head goes.
 */

import {
  DoubleSide,
  Group,
  LinearFilter,
  Mesh,
  NoColorSpace,
  RedFormat,
  RepeatWrapping,
  ShaderMaterial,
  SphereGeometry,
  Texture,
} from "three";
import type { Occluder } from "../products/show";
import { BEND_POSITION, BEND_UNIFORM, type Bend, STRAIGHT } from "./bend";

/** Order of drawing: what is held comes before whatever would hide it, that before all that it hides. */
export const HELD = -2;
const HIDING = -1;
const CELL = Math.PI / 36; // at most so wide and high: edges bend with the sphere, within 0.03°
const LEAST_M = 0.1; // from the eyes: nearer than that nothing is drawn
const PATIENCE_MS = 60_000;

const VERTEX = `
  ${BEND_UNIFORM}
  uniform float radius; // m, around the cameras
  varying vec3 towards;
  varying float backward;
  void main() {
    towards = position;
    vec3 eye = cameraPosition - modelMatrix[3].xyz;
    float ahead = dot(eye, position);
    float most = sqrt(max(0.0, ahead * ahead - dot(eye, eye) + radius * radius)) - ahead;
    vec4 mvPosition = vec4(mat3(modelViewMatrix) * position * max(most, ${LEAST_M}), 1.0);
    backward = normalize(mvPosition.xyz).z;
    gl_Position = projectionMatrix * mvPosition;
    ${BEND_POSITION}
  }`;

const FRAGMENT = `
  #include <common>
  ${BEND_UNIFORM}
  uniform sampler2D mask;
  varying vec3 towards;
  varying float backward;
  void main() {
    if (bend > 0.0 && backward > 0.99) discard; // a planet's edge is infinitely far, and a cell around it would be everywhere
    #ifdef MASK
      vec3 ray = normalize(towards);
      vec2 place = vec2(atan(ray.x, -ray.z) / (2.0 * PI) + 0.5, 0.5 - asin(clamp(ray.y, -1.0, 1.0)) / PI);
      if (texture2D(mask, place).r < 0.5) discard;
    #endif
    gl_FragColor = vec4(0.0);
  }`;

export class Occluders {
  /** In world axes, around the rig's centre. */
  readonly group = new Group();
  /** Whether a mask did not come. */
  failed = false;
  private readonly screens = new Map<string, Screen>();
  private readonly leaving = new AbortController();

  /** @param onChange told when a mask has come */
  constructor(
    private readonly onChange: () => void = () => undefined,
    private readonly bend: Bend = STRAIGHT,
  ) {}

  /** Whether the mask of each is here. */
  get complete(): boolean {
    return [...this.screens.values()].every((each) => each.complete);
  }

  /** Those of a room; those that were there before stay. */
  furnish(occluders: readonly Occluder[]): void {
    const wanted = new Map(occluders.map((each) => [JSON.stringify(each), each]));
    for (const [key, screen] of this.screens) {
      if (wanted.has(key)) continue;
      screen.dispose();
      this.screens.delete(key);
    }
    for (const [key, occluder] of wanted) if (!this.screens.has(key)) this.put(key, occluder);
  }

  dispose(): void {
    this.leaving.abort();
    for (const each of this.screens.values()) each.dispose();
  }

  private put(key: string, occluder: Occluder): void {
    const screen = new Screen(occluder, this.bend);
    this.screens.set(key, screen);
    this.group.add(screen.mesh);
    if (occluder.mask) void this.fetch(occluder.mask, screen);
  }

  private async fetch(address: string, screen: Screen): Promise<void> {
    const { signal } = this.leaving;
    try {
      const picture = await loadMask(address, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
      if (signal.aborted || !screen.mesh.parent) picture.close();
      else screen.fill(picture);
    } catch (fault) {
      if (signal.aborted) return;
      console.warn(fault); // all garments stay in the picture
      this.failed = true;
    }
    this.onChange();
  }
}

class Screen {
  readonly mesh: Mesh<SphereGeometry, ShaderMaterial>;
  complete: boolean;
  private texture: Texture | null = null;

  constructor({ distanceM, rectangle, mask }: Occluder, bend: Bend) {
    const uniforms = { bend, radius: { value: distanceM }, mask: { value: null } };
    const material = new ShaderMaterial({ uniforms, vertexShader: VERTEX, fragmentShader: FRAGMENT, colorWrite: false, side: DoubleSide });
    if (mask) material.defines = { MASK: "" };
    this.complete = mask === null;
    this.mesh = new Mesh(patch(rectangle), material);
    this.mesh.visible = this.complete;
    this.mesh.renderOrder = HIDING;
    this.mesh.frustumCulled = false;
  }

  fill(picture: ImageBitmap): void {
    this.texture = new Texture(picture, undefined, RepeatWrapping);
    this.texture.format = RedFormat;
    this.texture.colorSpace = NoColorSpace;
    this.texture.flipY = this.texture.generateMipmaps = false;
    this.texture.minFilter = this.texture.magFilter = LinearFilter;
    this.texture.needsUpdate = true;
    this.mesh.material.uniforms["mask"]!.value = this.texture;
    this.mesh.visible = this.complete = true;
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.texture?.dispose();
    (this.texture?.image as ImageBitmap | undefined)?.close();
  }
}

/** Directions of a rectangle of the panorama, as points of a sphere of 1 m in the world's axes. */
export function patch([left, top, width, height]: Occluder["rectangle"]): SphereGeometry {
  const [yaw, across, down] = [(left - 0.5) * 2 * Math.PI, width * 2 * Math.PI, height * Math.PI];
  const [columns, rows] = [Math.ceil(across / CELL), Math.ceil(down / CELL)];
  return new SphereGeometry(1, columns, rows, -Math.PI / 2 - yaw, -across, top * Math.PI, down); // three's longitudes begin at −X and go to the left
}

async function loadMask(address: string, signal: AbortSignal): Promise<ImageBitmap> {
  const response = await fetch(address, { signal });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return createImageBitmap(await response.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}
