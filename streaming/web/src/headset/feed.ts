/** The clean feed, whose garments are ours to draw: asks for it, and hears its light and poses (data channel "clock"). */

import type { Feeds, Feed as FeedName } from "../link/feeds";
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
  readonly poses: (atMs: number, poses: ReadonlyMap<string, Pose>) => void;
  readonly feed: (name: FeedName) => void;
}

export class Feed {
  /** Which one is shown: burned until the server says otherwise. */
  name: FeedName = "burned";
  private channel: RTCDataChannel | null = null;

  constructor(
    private readonly feeds: Feeds,
    private readonly hears: Hears,
  ) {
    feeds.ask("clean");
  }

  /** Follow what the server says over the channel of the present session. */
  follow(channel: RTCDataChannel | null): void {
    const name = this.feeds.state?.name ?? "burned";
    if (name !== this.name) {
      this.name = name;
      this.hears.feed(name);
    }
    if (channel === this.channel) return;
    this.channel?.removeEventListener("message", this.hear);
    this.channel = channel;
    channel?.addEventListener("message", this.hear);
  }

  /** Back to the feed that has its garments in it. */
  leave(): void {
    this.channel?.removeEventListener("message", this.hear);
    this.feeds.ask("burned");
  }

  private readonly hear = (event: MessageEvent<unknown>): void => {
    const message = typeof event.data === "string" ? readMessage(event.data) : null;
    const atMs = message?.["at_ms"];
    if (typeof atMs !== "number") return;
    if (message?.["type"] === "light") this.hearLight(atMs, message);
    if (message?.["type"] === "poses") this.hears.poses(atMs, readPoses(message["garments"]));
  };

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
