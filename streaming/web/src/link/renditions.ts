/** Which rendition of the picture is sent: the server chooses by the line, unless the viewer wishes for one. */

import { readMessage } from "./messages";

export const AUTO = "auto";

export interface Choice {
  /** Size of the picture that is sent, like 1920x960. */
  readonly name: string;
  /** Whether the server chooses. */
  readonly auto: boolean;
  /** What may be wished for, the largest first. */
  readonly offered: readonly string[];
}

/** The choice in a data-channel message, or null for anything else. */
export function readChoice(text: string): Choice | null {
  const message = readMessage(text);
  if (message?.["type"] !== "rendition") return null;
  const { name, auto, offered } = message;
  const named = Array.isArray(offered) && offered.every((each): each is string => typeof each === "string");
  return typeof name === "string" && typeof auto === "boolean" && named ? { name, auto, offered } : null;
}

/** Keeps the viewer's wish over sessions. */
export class Renditions {
  /** What is sent; null before the server has said so. */
  choice: Choice | null = null;
  private wish = AUTO;
  private channel: RTCDataChannel | null = null;

  /** Speak over a session's data channel from now on. */
  follow(channel: RTCDataChannel): void {
    this.channel = channel;
    this.choice = null;
    channel.addEventListener("open", () => this.wish !== AUTO && this.say());
    channel.addEventListener("message", (event: MessageEvent<unknown>) => {
      const choice = typeof event.data === "string" ? readChoice(event.data) : null;
      if (choice && channel === this.channel) this.choice = choice;
    });
  }

  /** Wish for a rendition by its name, or leave it to the server. */
  ask(name: string): void {
    this.wish = name;
    this.say();
  }

  private say(): void {
    if (this.channel?.readyState === "open") this.channel.send(JSON.stringify({ type: "rendition", name: this.wish }));
  }
}
