/** The garments of the room as true objects: their models, variants and places. */

import { type AnimationClip, AnimationMixer, Box3, Group, type Material, Matrix4, Mesh, type Object3D, type Texture, Vector3 } from "three";
import { type Model, loadModel } from "../products/model";
import type { Garment, Motion } from "../products/show";
import { type Bend, STRAIGHT } from "./bend";
import { join } from "./joining";
import { lightByHarmonics } from "./lighting";
import { phase, turnOf } from "./motion";
import { HELD } from "./occluders";

const FOOT_M = 0.05; // what is so low is on the floor

/** A garment in the room. Its model may still be on its way. */
export class Piece {
  /** In the world; empty until the model has come. */
  readonly object = new Group();
  /** Where it stands, as last told. */
  readonly matrix = new Matrix4();
  /** The same as its motion turns it. */
  readonly posed = new Matrix4();
  /** Of its model, in the model's own axes; null until it has come. */
  bounds: Box3 | null = null;
  /** What of it is on the floor, likewise. */
  foot: Box3 | null = null;
  /** The director has taken it out of the room. */
  hidden = false;
  /** How it moves; null: not at all. */
  motion: Motion | null = null;
  /** When it came up, by the time of the show: long ago, unless that was seen. */
  beganS = -Infinity;
  private taken = false;
  private player: { readonly mixer: AnimationMixer; readonly clip: AnimationClip } | null = null;
  private model: Model | null = null;
  private joined: readonly Material[] = [];

  constructor(
    readonly name: string,
    public variant: string,
    private readonly bend: Bend = STRAIGHT,
    private readonly address: string | null = null,
  ) {
    this.object.matrixAutoUpdate = false;
  }

  /** Somebody holds it: it is not on its place, and nothing of the room stands before it. */
  get away(): boolean {
    return this.taken;
  }

  set away(away: boolean) {
    this.taken = away;
    this.object.traverse((each) => {
      if (each instanceof Mesh) each.renderOrder = away ? HELD : 0; // of meshes alone: a group's would put the sky over them
    });
  }

  /** Whether this is what the show says now: the same file, whole where its parts must move. */
  isOf({ model, motion }: Garment): boolean {
    return model === this.address && (motion?.kind !== "clip" || this.joined.length === 0);
  }

  async fill(model: Model): Promise<void> {
    this.model = model;
    this.joined = this.motion?.kind === "clip" ? [] : join(model.root); // what moves by itself stays apart
    await this.wear(this.variant);
    this.bounds = new Box3().setFromObject(model.root);
    this.foot = below(model.root, this.bounds.min.y + FOOT_M);
    this.object.add(model.root);
    this.object.updateMatrixWorld(true);
  }

  /** Put on one of its variants; a name that the model does not know is how it comes. */
  async wear(variant: string): Promise<void> {
    this.variant = variant;
    await this.model?.wear(variant);
    this.model?.root.traverse((each) => each instanceof Mesh && lightByHarmonics(each.material as Material, this.bend));
  }

  place(matrix: readonly number[]): void {
    this.matrix.fromArray(matrix as number[]);
    this.move(null);
  }

  /** As it is at a time of the show; null: as it stands. */
  move(timeS: number | null): void {
    const { motion } = this;
    const clip = motion?.kind === "clip" ? this.model?.animations.find((each) => each.name === motion.name) : undefined;
    const at = motion && timeS !== null ? phase(motion, timeS, clip?.duration, this.beganS) : motion?.kind === "clip" && !motion.loop ? 1 : 0;
    this.posed.copy(this.matrix);
    if (motion) this.posed.multiply(new Matrix4().makeRotationY(-turnOf(motion, at)));
    if (clip) this.play(clip, at);
    if (!this.away) this.stand(this.posed);
  }

  stand(matrix: Matrix4): void {
    this.object.matrix.copy(matrix);
    this.object.matrixWorldNeedsUpdate = true;
  }

  dispose(): void {
    this.object.removeFromParent();
    this.player?.mixer.stopAllAction();
    this.model?.dispose();
    for (const each of this.joined) each.dispose();
  }

  private play(clip: AnimationClip, at: number): void {
    if (!this.model) return;
    if (this.player?.clip !== clip) {
      this.player?.mixer.stopAllAction();
      this.player = { mixer: new AnimationMixer(this.model.root), clip };
      this.player.mixer.clipAction(clip).play();
    }
    this.player.mixer.setTime(Math.min(at, 1 - 1e-6) * clip.duration); // at its very end a clip begins anew
  }
}

export class Wardrobe {
  /** In world axes, around the rig's centre. */
  readonly group = new Group();
  readonly pieces = new Map<string, Piece>();
  private readonly leaving = new AbortController();
  /** Whether a model did not come, or cannot be drawn. */
  failed = false;

  /** @param onChange told when a model has come, or what it wears has changed */
  constructor(
    private readonly onChange: () => void = () => undefined,
    private readonly bend: Bend = STRAIGHT,
  ) {}

  /** Whether there are garments, and the model of each is here. */
  get complete(): boolean {
    return this.pieces.size > 0 && [...this.pieces.values()].every((each) => each.bounds !== null);
  }

  /** The garments of a room, and what the visitor put on some of them; those that were there before stay, but for what is new. */
  furnish(garments: readonly Garment[], worn: ReadonlyMap<string, string>): void {
    for (const [name, piece] of this.pieces) {
      if (garments.some((each) => each.name === name && piece.isOf(each))) continue;
      piece.dispose();
      this.pieces.delete(name);
    }
    for (const garment of garments) {
      const piece = this.pieces.get(garment.name) ?? this.hang(garment);
      piece.motion = garment.motion;
      if (garment.matrix) piece.place(garment.matrix);
      const variant = worn.get(garment.name) ?? garment.variant;
      if (variant !== piece.variant) void piece.wear(variant).then(this.onChange);
    }
  }

  dispose(): void {
    this.leaving.abort();
    for (const each of this.pieces.values()) each.dispose();
  }

  private hang(garment: Garment): Piece {
    const piece = new Piece(garment.name, garment.variant, this.bend, garment.model);
    piece.motion = garment.motion;
    this.pieces.set(garment.name, piece);
    this.group.add(piece.object);
    if (garment.model) void this.fetch(garment.model, piece);
    return piece;
  }

  private async fetch(address: string, piece: Piece): Promise<void> {
    try {
      const model = await loadModel(address, this.leaving.signal);
      if (this.leaving.signal.aborted || this.pieces.get(piece.name) !== piece) model.dispose();
      else {
        await piece.fill(model);
        this.onChange();
      }
    } catch (fault) {
      if (this.leaving.signal.aborted) return;
      console.warn(fault); // all stay in the picture, where the server has drawn them
      this.failed = true;
      this.onChange();
    }
  }
}

/** Around all points of a model that are lower than this. */
function below(root: Object3D, y: number): Box3 {
  const [box, point] = [new Box3(), new Vector3()];
  root.traverse((each) => {
    if (!(each instanceof Mesh)) return;
    const places = (each as Mesh).geometry.getAttribute("position");
    for (let n = 0; n < places.count; n += 1) if (point.fromBufferAttribute(places, n).applyMatrix4(each.matrixWorld).y < y) box.expandByPoint(point);
  });
  return box;
}

/** Bytes that the textures of these objects take on the graphics card, each counted once: copies share what they are made from. */
export function textureBytes(root: Object3D): number {
  const found = new Map<Texture["source"], Texture>();
  root.traverse((each) => {
    if (!(each instanceof Mesh)) return;
    for (const value of Object.values(each.material as Material) as unknown[]) if ((value as Texture | null)?.isTexture) found.set((value as Texture).source, value as Texture);
  });
  let bytes = 0;
  for (const { image, generateMipmaps } of found.values()) {
    const { width = 0, height = 0 } = (image ?? {}) as { width?: number; height?: number };
    bytes += Math.round(width * height * 4 * (generateMipmaps ? 4 / 3 : 1));
  }
  return bytes;
}
