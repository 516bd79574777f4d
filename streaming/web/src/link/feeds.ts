/** Which feed of the picture is sent: burned has garments in it, clean leaves them to the viewer, who draws them as models. */

import { type Message, readMessage } from "./messages";

export type Feed = "burned" | "clean";

export interface FeedState {
  /** What is sent from the picture with this RTP time stamp on; null: since the beginning. */
  readonly name: Feed;
  readonly stamp: number | null;
  /** What may be asked for. */
  readonly offered: readonly Feed[];
}

/** The feed in a data-channel message, or null for anything else. */
export function readFeed(text: string): FeedState | null {
  const message: Message | null = readMessage(text);
  if (message?.["type"] !== "feed") return null;
  const { name, offered, stamp } = message;
  return isFeed(name) && Array.isArray(offered) && offered.every(isFeed) ? { name, offered, stamp: typeof stamp === "number" ? stamp : null } : null;
}

/** Asks for the clean feed while anybody here draws garments, over sessions too. */
export class Feeds {
  /** What the server has said last. */
  state: FeedState | null = null;
  private before: Feed = "burned";
  private readonly drawers = new Set<object>();
  private channel: RTCDataChannel | null = null;

  /** Speak over a session's data channel from now on. */
  follow(channel: RTCDataChannel): void {
    this.channel = channel;
    this.state = null;
    channel.addEventListener("open", () => this.drawers.size > 0 && this.say());
    channel.addEventListener("message", (event: MessageEvent<unknown>) => {
      const state = typeof event.data === "string" ? readFeed(event.data) : null;
      if (!state || channel !== this.channel) return;
      this.before = this.state?.name ?? "burned";
      this.state = state;
    });
  }

  /** Somebody draws garments, or does not any more. */
  want(drawer: object, wanted: boolean): void {
    const before = this.wish;
    if (wanted) this.drawers.add(drawer);
    else this.drawers.delete(drawer);
    if (this.wish !== before) this.say();
  }

  /** What a picture of the session shows, by its RTP time stamp; where the browser does not tell that, by what was said last. */
  of(stamp: number | undefined): Feed {
    if (!this.state) return "burned";
    const come = stamp === undefined || this.state.stamp === null || (stamp - this.state.stamp) >>> 0 < 2 ** 31; // stamps have 32 bits
    if (come) this.before = this.state.name; // it stays so, though stamps begin anew after half a day
    return this.before;
  }

  private get wish(): Feed {
    return this.drawers.size > 0 ? "clean" : "burned";
  }

  private say(): void {
    if (this.channel?.readyState === "open") this.channel.send(JSON.stringify({ type: "feed", name: this.wish }));
  }
}

function isFeed(value: unknown): value is Feed {
  return value === "burned" || value === "clean";
}
