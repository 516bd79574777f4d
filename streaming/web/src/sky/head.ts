/** The viewer's head: the view, held by a hand, gliding after it, or turning to where it was asked to look. No DOM; time is passed in. */

import { type Speed, Throw, glide } from "./glide";
import { type Direction, FORWARD, type Point, type Size, PLANET, type View, between, bounded, clamp, hold, turn, unproject, zoom } from "./view";

const TURN_S = 0.6;
const SPIN_S = 0.8; // to get up to speed

interface Turning {
  readonly from: View;
  readonly to: View;
  done: number; // 0 … 1
}

export class Head {
  view: View = FORWARD;
  size: Size = { width: 1, height: 1 };
  /** Nothing moves by itself: the visitor asked for reduced motion. */
  still = false;
  /** How fast it turns by itself while nobody holds it, radians a second; it begins and ends softly. */
  spin = 0;
  private spinning = 0;
  private held: Direction | null = null;
  private speed: Speed | null = null;
  private turning: Turning | null = null;
  private readonly thrown = new Throw();

  /** Where it is turning to, or looks. */
  get goal(): View {
    return this.turning?.to ?? this.view;
  }

  /** Take hold of what is seen at `point`. */
  grab(point: Point): void {
    this.rest();
    this.thrown.clear();
    this.held = unproject(this.view, point, this.size);
  }

  /** Move what is held to `point`. */
  drag(point: Point, nowMs: number): void {
    if (!this.held) return;
    this.view = hold(this.view, this.held, point, this.size);
    this.thrown.note(this.view, nowMs);
  }

  /** Let go; what was moving glides on. */
  release(nowMs: number): void {
    if (this.held && !this.still) this.speed = this.thrown.speed(nowMs);
    this.held = null;
  }

  /** Two fingers: what is held goes to `point` and grows by `factor`. */
  pinch(factor: number, point: Point): void {
    if (this.held) this.view = hold(this.view, this.held, point, this.size);
    this.zoom(factor, point);
  }

  /** Come closer (factor > 1) to what is at `point`; to the middle without one. */
  zoom(factor: number, point: Point = { x: this.size.width / 2, y: this.size.height / 2 }): void {
    this.rest();
    this.view = zoom(this.view, factor, point, this.size);
  }

  turn(yaw: number, pitch: number): void {
    this.rest();
    this.view = turn(this.view, yaw, pitch);
  }

  /** Go along with a body that turned; a hand that holds the picture is stronger. */
  follow(yaw: number, pitch: number): void {
    if (this.held) return;
    if (this.turning) this.turning = { ...this.turning, from: turn(this.turning.from, yaw, pitch), to: turn(this.turning.to, yaw, pitch) };
    else this.view = turn(this.view, yaw, pitch);
  }

  /** Turn to a view the short way round, softly where that is wanted. */
  lookAt(wanted: Partial<View>): void {
    this.rest();
    const to = bounded(wanted, this.view);
    if (this.still) this.view = to;
    else this.turning = { from: this.view, to, done: 0 };
  }

  lookAhead(): void {
    this.lookAt(FORWARD);
  }

  /** Whether the world is, or is becoming, a little planet. */
  get planet(): boolean {
    return ((this.turning?.to ?? this.view).bend ?? 0) > 0.5;
  }

  set planet(wanted: boolean) {
    const { yaw } = this.turning?.to ?? this.view;
    this.lookAt({ ...(wanted ? PLANET : FORWARD), yaw });
  }

  /** Be there at once. */
  set(wanted: Partial<View>): void {
    this.rest();
    this.view = bounded(wanted, this.view);
  }

  /** Let `seconds` pass; true when the view moved by itself. */
  advance(seconds: number): boolean {
    if (this.turning) return this.advanceTurn(this.turning, seconds);
    if (!this.speed) return this.advanceSpin(seconds);
    const next = glide(this.view, this.speed, seconds);
    [this.view, this.speed] = [next.view, next.speed];
    return true;
  }

  private advanceSpin(seconds: number): boolean {
    const wanted = this.still || this.held ? 0 : this.spin;
    this.spinning += (wanted - this.spinning) * (1 - Math.exp(-seconds / SPIN_S));
    if (wanted === 0 && Math.abs(this.spinning) < 1e-3) this.spinning = 0;
    if (this.spinning === 0) return false;
    this.view = turn(this.view, this.spinning * seconds, 0);
    return true;
  }

  private advanceTurn(turning: Turning, seconds: number): boolean {
    turning.done = clamp(turning.done + seconds / TURN_S, 0, 1);
    const share = turning.done ** 2 * (3 - 2 * turning.done);
    this.view = between(turning.from, turning.to, share);
    if (turning.done === 1) this.turning = null;
    return true;
  }

  private rest(): void {
    this.speed = null;
    this.turning = null;
    this.spinning = 0;
  }
}
