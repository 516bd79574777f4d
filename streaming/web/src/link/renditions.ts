/**
 * Which rendition of the picture is seen. By WebRTC the server chooses by the line, by HTTP the player does, unless the viewer wishes for one.
 */

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

/** What plays by HTTP, as far as its renditions go. */
export interface Offer {
  /** By their names, the largest first; none: nothing is known of them. */
  readonly offered: readonly string[];
  /** What is played. */
  readonly size: string | null;
  /**
   * Play one of them, or, automatically, what the line carries.
   *
   * @param most no larger than this
   * @param first  to begin with, where nothing is known of the line
   */
  choose(name: string, most: string | null, first: string | null): void;
}

const ENOUGH = 0.75; // of the pixels that the screen could show: nobody sees the rest in moving pictures
const CALM_MS = 8000; // whoever has zoomed out may zoom in again: so long the larger picture stays

/** Width and height of a rendition by its name. */
export function sizeOf(name: string): readonly [width: number, height: number] {
  const [width = 0, height = 0] = name.split("x").map(Number);
  return [width, height];
}

/** The smallest of the renditions, the largest first, that is sharp enough. */
export function sharpEnough(offered: readonly string[], neededPx: number): string | undefined {
  return offered.findLast((each) => sizeOf(each)[0] >= ENOUGH * neededPx) ?? offered[0];
}

/** Keeps the viewer's wish over sessions and ways of delivery, and asks for no picture that is larger than can be shown here. */
export class Renditions {
  /** The longest side of a picture that the graphics card takes, px. */
  longestPx = Number.POSITIVE_INFINITY;
  private heard: Choice | null = null;
  private offer: Offer | null = null;
  private wish = AUTO;
  private most: string | null = null;
  private needs: { px: number; atMs: number }[] = [];
  private tooLarge = false;
  private channel: RTCDataChannel | null = null;

  /** What is seen; null before that is known. What is offered is what can be shown here. */
  get choice(): Choice | null {
    const choice = this.offer ? { name: this.offer.size, auto: this.wish === AUTO, offered: this.offer.offered } : this.heard;
    return choice?.name ? { ...choice, name: choice.name, offered: choice.offered.filter((each) => this.fits(each)) } : null;
  }

  /** Speak over a session's data channel from now on. */
  follow(channel: RTCDataChannel): void {
    this.channel = channel;
    this.heard = null;
    channel.addEventListener("open", () => (this.wish !== AUTO || this.most !== null) && this.say());
    channel.addEventListener("message", (event: MessageEvent<unknown>) => {
      const choice = typeof event.data === "string" ? readChoice(event.data) : null;
      if (choice && channel === this.channel) this.heard = choice;
    });
  }

  /** Choose among what plays by HTTP; null: nothing does any more. */
  followOffer(offer: Offer | null): void {
    this.offer = offer;
    if (!offer) return;
    this.most = this.limit();
    offer.choose(this.wish, this.most, this.heard?.name ?? null);
  }

  /** Wish for a rendition by its name, or leave it to who sends. */
  ask(name: string): void {
    if (name === this.wish) return;
    this.wish = name;
    this.most = this.limit();
    this.say();
  }

  /** Note how wide a picture the window is worth now, in px; asks for less when it was worth less for a while, for more at once. */
  need(px: number, nowMs: number): void {
    this.needs = [...this.needs.filter((each) => nowMs - each.atMs < CALM_MS && each.px > px), { px, atMs: nowMs }];
    const most = this.limit();
    if (most === this.most) return;
    this.most = most;
    this.say();
  }

  private fits(name: string): boolean {
    return Math.max(...sizeOf(name)) <= this.longestPx;
  }

  /** The largest that may be sent; null: any. */
  private limit(): string | null {
    const all = (this.offer ?? this.heard)?.offered ?? [];
    const offered = all.filter((each) => this.fits(each));
    if (all.length > 0) this.tooLarge = offered.length < all.length;
    const needed = this.needs[0]?.px; // the most of late
    const sharp = this.wish === AUTO && needed !== undefined ? sharpEnough(offered, needed) : undefined;
    if (sharp !== undefined && sharp !== offered[0]) return sharp;
    return this.tooLarge ? `${this.longestPx}x${this.longestPx}` : null;
  }

  private say(): void {
    this.offer?.choose(this.wish, this.most, null);
    if (this.channel?.readyState !== "open") return;
    this.channel.send(JSON.stringify({ type: "rendition", name: this.wish, ...(this.most !== null && { most: this.most }) }));
  }
}
