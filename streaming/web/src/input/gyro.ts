/** The view follows the phone: its motion sensor turns the head, and a drag sets the view off against it. */

import { toggle } from "../settings";
import type { Head } from "../sky/head";
import { clamp, deg, rad, wrap } from "../sky/view";

const SILENT_MS = 1500; // a device without a sensor sends nothing, or nothing but nulls
const STEEP_DEG = 60; // from here on the screen's upper edge says more of the heading than its back does
const POLE_DEG = 85;

export const gyroWanted = toggle("gyro", false);

/** Where the back of a device looks; radians. */
export interface Aim {
  readonly yaw: number;
  readonly pitch: number;
}

/**
 * The aim of a device by its Euler angles (W3C Device Orientation: degrees, intrinsic Z-X'-Y'', the earth's axes east, north, up).
 *
 * The roll is left out: the horizon of the page stays level.
 *
 * @param screenDeg how far the screen's picture is turned on the device, as `screen.orientation.angle`
 */
export function aim(alphaDeg: number, betaDeg: number, gammaDeg: number, screenDeg: number): Aim {
  const [sa, ca, sb, cb, sg, cg] = [alphaDeg, betaDeg, gammaDeg].map(rad).flatMap((each) => [Math.sin(each), Math.cos(each)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [sx, sy] = [Math.sin(rad(screenDeg)), Math.cos(rad(screenDeg))]; // the screen's upper edge in the device's axes
  const back = { east: -(ca * sg + sa * sb * cg), north: -(sa * sg - ca * sb * cg), up: -cb * cg };
  const edge = { east: sx * (ca * cg - sa * sb * sg) - sy * sa * cb, north: sx * (sa * cg + ca * sb * sg) + sy * ca * cb };
  const pitch = Math.asin(clamp(back.up, -1, 1));
  const steep = clamp((Math.abs(deg(pitch)) - STEEP_DEG) / (POLE_DEG - STEEP_DEG), 0, 1);
  const level = Math.max(1e-9, Math.cos(pitch));
  const heading = (name: "east" | "north"): number => ((1 - steep) * back[name]) / level - steep * Math.sign(pitch) * edge[name];
  return { yaw: Math.atan2(heading("east"), heading("north")), pitch };
}

type Asking = { requestPermission?: () => Promise<"granted" | "denied"> };

export class Gyro {
  on = false;
  private last: Aim | null = null;
  private silence = 0;

  /**
   * @param onChange called when it begins or ends
   * @param onMute called where the device has no sensor or the visitor no wish to share it
   */
  constructor(
    private readonly head: Head,
    private readonly onChange: (on: boolean) => void,
    private readonly onMute: () => void,
  ) {}

  /** The pitch to look ahead with: that of the hand. */
  get level(): number {
    return this.on ? (this.last?.pitch ?? 0) : 0;
  }

  /** Begin again after a reload, where that needs no asking. */
  resume(): void {
    const asks = typeof (globalThis.DeviceOrientationEvent as Asking | undefined)?.requestPermission === "function";
    if (gyroWanted.value && !asks) this.start();
  }

  async toggle(): Promise<void> {
    if (this.on) return this.stop(false);
    try {
      const answer = await (DeviceOrientationEvent as unknown as Asking).requestPermission?.(); // iOS; only from a tap
      if (answer === "denied") return this.onMute();
    } catch {
      return this.onMute();
    }
    this.start();
  }

  private start(): void {
    this.on = true;
    this.last = null;
    gyroWanted.value = true;
    addEventListener("deviceorientation", this.follow);
    this.silence = window.setTimeout(() => {
      this.stop(false);
      this.onMute();
    }, SILENT_MS);
    this.onChange(true);
  }

  private stop(wanted: boolean): void {
    this.on = false;
    gyroWanted.value = wanted;
    clearTimeout(this.silence);
    removeEventListener("deviceorientation", this.follow);
    this.onChange(false);
  }

  private readonly follow = ({ alpha, beta, gamma }: DeviceOrientationEvent): void => {
    if (alpha === null || beta === null || gamma === null) return;
    clearTimeout(this.silence);
    const now = aim(alpha, beta, gamma, screen.orientation?.angle ?? 0);
    if (this.last) this.head.follow(wrap(now.yaw - this.last.yaw), now.pitch - this.last.pitch);
    else this.head.lookAt({ pitch: now.pitch }); // the horizon is where it is; where “ahead” is remains the visitor's
    this.last = now;
  };
}
