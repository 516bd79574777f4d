/** Places in the room that can be pointed at: the garments, whether they are drawn here or are part of the picture. */

import { BoxGeometry, Group, Matrix4, Mesh, MeshBasicMaterial, RingGeometry, Vector3 } from "three";
import type { Garment } from "../products/show";
import { type Measure, type Page } from "./card";
import { type Target, Panel, measure } from "./panel";
import type { Piece } from "../garments/wardrobe";

const WIDTH_M = 0.62; // of a garment whose model nobody has told
const HEIGHT_M = 1.6;
const FULL_M = 2.8; // from here a name tag is seen in its full size
const BRASS = 0xd8b98c;

/** An unseen box around a garment. */
export class Hotspot implements Target {
  readonly object = new Mesh(BOX, UNSEEN);

  constructor(
    readonly name: string,
    readonly title: string,
    private readonly heightM: number,
    private readonly on: { readonly hover: (spot: Hotspot | null) => void; readonly select: (spot: Hotspot) => void },
  ) {
    this.object.visible = false; // rays find it all the same
    this.object.matrixAutoUpdate = false;
  }

  /** Around the garment where it is now. */
  follow(piece: Piece): void {
    const [size, middle] = [new Vector3(WIDTH_M, this.heightM, WIDTH_M), new Vector3(0, this.heightM / 2, 0)];
    if (piece.bounds) {
      piece.bounds.getSize(size);
      piece.bounds.getCenter(middle);
    }
    this.object.matrix.multiplyMatrices(piece.object.matrix, new Matrix4().makeTranslation(middle).scale(size));
    this.object.matrixWorldNeedsUpdate = true;
  }

  hover(uv: object | null): string | null {
    this.on.hover(uv ? this : null);
    return uv ? `garment:${this.name}` : null;
  }

  select(): void {
    this.on.select(this);
  }

  /** Its foot, in the world. */
  foot(into: Vector3): Vector3 {
    return into.set(0, -0.5, 0).applyMatrix4(this.object.matrix);
  }

  top(into: Vector3): Vector3 {
    return into.set(0, 0.5, 0).applyMatrix4(this.object.matrix);
  }
}

/** What shows which garment is pointed at: light around its foot, its name above it. */
export class Highlight {
  readonly group = new Group();
  private readonly tag = new Panel(() => undefined, 2); // to be read across the room
  private readonly above = new Group();
  private readonly halo = new Mesh(
    new RingGeometry(0.4, 0.425, 64).rotateX(-Math.PI / 2),
    new MeshBasicMaterial({ color: BRASS, transparent: true, opacity: 0.9, depthWrite: false }),
  );
  private spot: Hotspot | null = null;

  constructor() {
    this.halo.visible = false;
    this.above.add(this.tag.object);
    this.group.add(this.halo, this.above);
  }

  get on(): Hotspot | null {
    return this.spot;
  }

  show(spot: Hotspot | null): void {
    if (spot === this.spot) return;
    this.spot = spot;
    this.halo.visible = spot !== null;
    if (spot) this.tag.show(tagPage(spot.title, measure));
    else this.tag.hide();
  }

  /** @param viewer the visitor's eyes, in the world */
  follow(viewer: Vector3): void {
    if (!this.spot) return;
    const place = new Vector3();
    this.halo.position.copy(this.spot.foot(place)).y += 0.01;
    const { position, rotation, scale } = this.above;
    this.spot.top(position).y += 0.12;
    rotation.set(0, Math.atan2(viewer.x - position.x, viewer.z - position.z), 0);
    scale.setScalar(Math.min(2, Math.max(0.5, viewer.distanceTo(position) / FULL_M))); // to the eye always about the same
  }

  dispose(): void {
    this.halo.geometry.dispose();
    this.halo.material.dispose();
    this.tag.dispose();
  }
}

/** The things of the room that can be pointed at, each with its title. */
export function spotsOf(garments: readonly Garment[], known: (garment: string) => string | null): readonly { garment: Garment; title: string }[] {
  return garments.flatMap((garment) => {
    const title = known(garment.name);
    return title === null ? [] : [{ garment, title }];
  });
}

export function heightOf(garment: Garment): number {
  return garment.heightM ?? HEIGHT_M;
}

function tagPage(title: string, width: Measure): Page {
  const inner = Math.ceil(width(title, "body"));
  return { width: inner + 72, height: 84, marks: [{ kind: "text", text: title, style: "body", centred: true, box: { x: 36, y: 21, width: inner, height: 42 } }] };
}

const BOX = new BoxGeometry(1, 1, 1);
const UNSEEN = new MeshBasicMaterial({ colorWrite: false, depthWrite: false });
