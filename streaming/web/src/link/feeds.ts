/** Which feed of the picture is sent: burned has garments in it, clean leaves them to the viewer, who draws them as models. */

import { type Message, readMessage } from "./messages";

export type Feed = "burned" | "clean";

export interface FeedState {
  /** What the pictures show that are sent now. */
  readonly name: Feed;
  /** What may be asked for. */
  readonly offered: readonly Feed[];
}

/** The feed in a data-channel message, or null for anything else. */
export function readFeed(text: string): FeedState | null {
  const message: Message | null = readMessage(text);
  if (message?.["type"] !== "feed") return null;
  const { name, offered } = message;
  return isFeed(name) && Array.isArray(offered) && offered.every(isFeed) ? { name, offered } : null;
}

/** Keeps the viewer's wish over sessions. */
export class Feeds {
  /** What is in force; null before the server has said so. */
  state: FeedState | null = null;
  private wish: Feed = "burned";
  private channel: RTCDataChannel | null = null;

  constructor(private readonly onChange: (state: FeedState | null) => void = () => undefined) {}

  /** Speak over a session's data channel from now on. */
  follow(channel: RTCDataChannel): void {
    this.channel = channel;
    this.set(null);
    channel.addEventListener("open", () => this.wish !== "burned" && this.say());
    channel.addEventListener("message", (event: MessageEvent<unknown>) => {
      const state = typeof event.data === "string" ? readFeed(event.data) : null;
      if (state && channel === this.channel) this.set(state);
    });
  }

  /** Ask for a feed; `state` tells when its first picture is on its way. */
  ask(name: Feed): void {
    this.wish = name;
    this.say();
  }

  private set(state: FeedState | null): void {
    this.state = state;
    this.onChange(state);
  }

  private say(): void {
    if (this.channel?.readyState === "open") this.channel.send(JSON.stringify({ type: "feed", name: this.wish }));
  }
}

function isFeed(value: unknown): value is Feed {
  return value === "burned" || value === "clean";
}
