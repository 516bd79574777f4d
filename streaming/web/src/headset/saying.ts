/** What is said to who wears a headset, and where: in view, without being in the way. Pure; time is passed in. */

import { Vector3 } from "three";
import { direction, wrap } from "../sky/view";
import type { Words } from "../ui/words";

/** The page's words about the stream. */
export interface Said extends Words {
  /** What the visitor may do about it. */
  readonly asks: "play" | "retry" | "replay" | null;
  /** There is a picture that goes on: it is enough to say it once. */
  readonly passes: boolean;
}

const SAID_MS = 8000;
const LOOSE = 0.45; // radians (26°) that a head turns before words come along
const STEP_M = 0.4; // and how far it goes
const COME_S = 0.3;
const ARRIVED = 0.02;
const LEVEL = 1.2; // radians: who looks up or down more steeply does not say where ahead is

/** Each new thing for a while, or for as long as it is so. */
export class Spell {
  private thing = "";
  private sinceMs = 0;

  /** Whether this is to be said now; "": there is nothing. */
  lasts(thing: string, passes: boolean, nowMs: number): boolean {
    if (thing !== this.thing) [this.thing, this.sinceMs] = [thing, nowMs];
    return thing !== "" && (!passes || nowMs - this.sinceMs < SAID_MS);
  }
}

/** Stays where it is while the head looks about, and comes along when it has turned or gone away. */
export class Linger {
  private readonly eyes = new Vector3();
  private yaw = 0;
  private coming = false;
  private stands = false;

  /** @param still nothing glides: it is there at once */
  constructor(private readonly still: boolean) {}

  /** Begin anew, straight ahead. */
  clear(): void {
    this.stands = false;
  }

  follow(eyes: Vector3, yaw: number, pitch: number, seconds: number): void {
    if (!this.stands) this.come(eyes, yaw, 1);
    this.stands = true;
    if (Math.abs(pitch) > LEVEL) return;
    const [turned, gone] = [Math.abs(wrap(yaw - this.yaw)), eyes.distanceTo(this.eyes)];
    if (turned > LOOSE || gone > STEP_M) this.coming = true;
    else if (turned < ARRIVED && gone < ARRIVED) this.coming = false;
    if (this.coming) this.come(eyes, yaw, this.still ? 1 : 1 - Math.exp(-seconds / COME_S));
  }

  /** The place so far ahead and above. */
  place(ahead: number, above: number): Vector3 {
    return new Vector3(...direction(this.yaw, 0)).multiplyScalar(ahead).add(this.eyes).setY(this.eyes.y + above);
  }

  private come(eyes: Vector3, yaw: number, share: number): void {
    this.yaw = wrap(this.yaw + share * wrap(yaw - this.yaw));
    this.eyes.lerp(eyes, share);
  }
}
