/** A garment is taken from its place, comes near and turns, and goes back when it is let go. */

import { Matrix4, Quaternion, Vector3 } from "three";
import type { Piece } from "../garments/wardrobe";

const WAY_S = 0.7;
const TURN_S = 14; // once around

const UP = new Vector3(0, 1, 0);
const ONE = new Vector3(1, 1, 1);

export class Fitting {
  piece: Piece | null = null;
  /** 0: on its place, 1: near. */
  private share = 0;
  private leaving = false;
  private turned = 0;
  private readonly near = { place: new Vector3(), turn: new Quaternion() };

  /** @param still no motion but the visitor's own: things are there at once, and do not turn */
  constructor(private readonly still: boolean) {}

  /** Bring this one near, to stand at `place` (world) with its face to `viewer`; another one goes back at once. */
  take(piece: Piece, place: Vector3, viewer: Vector3): void {
    if (this.piece !== piece) this.drop();
    this.piece = piece;
    piece.away = true;
    this.leaving = false;
    this.near.place.copy(place);
    this.near.turn.setFromAxisAngle(UP, Math.atan2(viewer.x - place.x, viewer.z - place.z)); // models face +Z
  }

  /** Let it go back to its place. */
  release(): void {
    this.leaving = true;
  }

  /** Let time pass; true when it has just come back to its place. */
  advance(seconds: number): boolean {
    if (!this.piece) return false;
    const step = this.still ? 1 : seconds / WAY_S;
    this.share = Math.min(1, Math.max(0, this.share + (this.leaving ? -step : step)));
    if (this.leaving && this.share === 0) {
      this.drop();
      return true;
    }
    if (!this.still && this.share === 1 && !this.leaving) this.turned += (2 * Math.PI * seconds) / TURN_S;
    const eased = this.share ** 2 * (3 - 2 * this.share);
    const [place, turn] = [new Vector3(), new Quaternion()];
    this.piece.posed.decompose(place, turn, new Vector3());
    place.lerp(this.near.place, eased);
    turn.slerp(this.near.turn, eased).multiply(new Quaternion().setFromAxisAngle(UP, this.turned * eased));
    this.piece.stand(new Matrix4().compose(place, turn, ONE));
    return false;
  }

  private drop(): void {
    if (this.piece) {
      this.piece.away = false;
      this.piece.stand(this.piece.posed);
    }
    this.piece = null;
    this.share = this.turned = 0;
    this.leaving = false;
  }
}
