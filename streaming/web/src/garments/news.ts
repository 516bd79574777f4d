/** What the server says of garments that are drawn here (data channel, clean feed): the light of the room, what they wear and where they stand. */

import { type Message, readMessage } from "../link/messages";
import { type Light, readLight } from "./harmonics";

export interface Pose {
  readonly variant?: string;
  readonly matrix?: readonly number[];
  readonly visible?: boolean;
}

/** What is told to whoever draws; `atMs` is the capture time, on the server's clock, of the picture it belongs to. */
export interface Hears {
  /** `peak`: the light of the strip's full white. */
  readonly light: (atMs: number, light: Light, strip: string | null, peak: number) => void;
  /** `timeS`: what motions count from, at that picture; null: nobody knows. */
  readonly poses: (atMs: number, poses: ReadonlyMap<string, Pose>, timeS: number | null) => void;
  /** Whether what is sent is the room, and no slate. */
  readonly live: (live: boolean) => void;
}

export class News {
  private channel: RTCDataChannel | null = null;

  constructor(private readonly hears: Hears) {}

  /** Follow what the server says over the channel of the present session, and hear what it has said there already; null: nothing. */
  follow(channel: RTCDataChannel | null, heard: ReadonlyMap<string, string>): void {
    if (channel === this.channel) return;
    this.channel?.removeEventListener("message", this.listen);
    this.channel = channel;
    channel?.addEventListener("message", this.listen);
    if (channel) for (const each of heard.values()) this.hear(each);
  }

  private readonly listen = (event: MessageEvent<unknown>): void => {
    if (typeof event.data === "string") this.hear(event.data);
  };

  private hear(text: string): void {
    const message = readMessage(text);
    if (message?.["type"] === "state") this.hears.live(message["state"] === "live");
    const atMs = message?.["at_ms"];
    if (typeof atMs !== "number") return;
    if (message?.["type"] === "light") this.hearLight(atMs, message);
    if (message?.["type"] === "poses") this.hears.poses(atMs, readPoses(message["garments"]), finite(message["time_s"]));
  }

  private hearLight(atMs: number, message: Message): void {
    const light = readLight(message["sh"]);
    const { strip, peak } = message;
    const white = typeof peak === "number" && peak > 0 && peak < Infinity ? peak : 1;
    if (light) this.hears.light(atMs, light, typeof strip === "string" && strip !== "" ? strip : null, white);
  }
}

export function readPoses(value: unknown): ReadonlyMap<string, Pose> {
  const poses = new Map<string, Pose>();
  if (typeof value !== "object" || value === null) return poses;
  for (const [name, each] of Object.entries(value)) {
    if (typeof each !== "object" || each === null) continue;
    const { variant, matrix, visible } = each as Record<string, unknown>;
    poses.set(name, {
      ...(typeof variant === "string" && { variant }),
      ...(Array.isArray(matrix) && matrix.length === 16 && matrix.every(Number.isFinite) && { matrix: matrix as number[] }),
      ...(typeof visible === "boolean" && { visible }),
    });
  }
  return poses;
}

function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
