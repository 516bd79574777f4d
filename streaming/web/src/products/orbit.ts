/** How a piece on its turntable is looked at: angles and distance, without DOM; time is passed in. */

import { clamp, rad, wrap } from "../sky/view";

const LOWEST = rad(-12);
const HIGHEST = rad(70);
const TURN_RAD_PER_S = rad(24);
const REST_S = 4; // after a touch the turntable waits
const EASE_S = 0.18;

export interface Orbit {
  /** Around the piece; 0: its front, > 0: its left side comes into view. */
  readonly yaw: number;
  readonly pitch: number;
  /** 1: the whole piece fills the window; > 1: closer. */
  readonly zoom: number;
}

export const FRONT: Orbit = { yaw: 0, pitch: rad(4), zoom: 1 };
const NEAREST = 5;
const FARTHEST = 0.7;

export class Turntable {
  /** Nothing turns by itself: the visitor asked for reduced motion. */
  still = false;
  now: Orbit = FRONT;
  private wanted: Orbit = FRONT;
  private restS = 0;

  turn(yaw: number, pitch: number): void {
    this.set({ ...this.wanted, yaw: this.wanted.yaw + yaw, pitch: clamp(this.wanted.pitch + pitch, LOWEST, HIGHEST) });
  }

  zoom(factor: number): void {
    this.set({ ...this.wanted, zoom: clamp(this.wanted.zoom * factor, FARTHEST, NEAREST) });
  }

  front(): void {
    const turns = this.wanted.yaw - wrap(this.wanted.yaw);
    this.set({ ...FRONT, yaw: turns });
  }

  /** Let time pass; true when something has moved. */
  advance(seconds: number): boolean {
    const turning = !this.still && this.restS <= 0;
    this.restS -= seconds;
    if (turning) this.wanted = { ...this.wanted, yaw: this.wanted.yaw + TURN_RAD_PER_S * seconds };
    const { yaw, pitch, zoom } = this.now;
    const share = this.still ? 1 : 1 - Math.exp(-seconds / EASE_S);
    const [dYaw, dPitch, dZoom] = [this.wanted.yaw - yaw, this.wanted.pitch - pitch, this.wanted.zoom - zoom];
    if (Math.abs(dYaw) + Math.abs(dPitch) + Math.abs(dZoom) < 1e-4) return false;
    this.now = { yaw: yaw + share * dYaw, pitch: pitch + share * dPitch, zoom: zoom + share * dZoom };
    return true;
  }

  private set(wanted: Orbit): void {
    this.wanted = wanted;
    this.restS = REST_S;
  }
}

/** “118 cm · 46½ in”: whole centimetres, half inches. */
export function lengths(metres: number): readonly [cm: string, inches: string] {
  const halves = Math.round(metres / 0.0127);
  return [String(Math.round(metres * 100)), `${Math.floor(halves / 2)}${halves % 2 ? "½" : ""}`];
}
