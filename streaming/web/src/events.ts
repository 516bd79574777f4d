/**
 * What happens on the page, told to whoever listens: the frame around an embedded page, statistics, tests.
 *
 * Names are those that integrators know from other players. A part of the page that does something of that name emits it.
 */

import type { ViewDeg } from "./diagnostics";

export interface Events {
  /** The first picture is shown. */
  ready: { readonly channel: string };
  play: Record<string, never>;
  pause: Record<string, never>;
  /** The view has come to rest somewhere else; several times a second at most while it moves. */
  "position-change": ViewDeg;
  /** Another size of the picture is sent. */
  "quality-change": { readonly name: string; readonly auto: boolean };
  "volume-change": { readonly muted: boolean };
  "fullscreen-change": { readonly on: boolean };
  "vr-enter": Record<string, never>;
  "vr-exit": Record<string, never>;
  /** A place in the room was chosen, by whatever hand. */
  "hotspot-select": { readonly id: string };
  "product-view": { readonly product: string; readonly variant?: string };
  "product-link": { readonly product: string; readonly url: string };
  "add-to-cart": { readonly product: string; readonly sku: string; readonly quantity: number };
  "remove-from-cart": { readonly product: string; readonly sku: string; readonly quantity: number };
  /** The visitor goes to the shop's check-out, with these. */
  "begin-checkout": { readonly items: readonly { readonly product: string; readonly sku: string; readonly quantity: number }[] };
  share: { readonly url: string };
  /** The channel may not be watched here, or is gone; or the page around ours was not understood. In the visitor's language. */
  error: { readonly message: string };
}

export type EventName = keyof Events;

type Listener<Name extends EventName> = (detail: Events[Name]) => void;

/** A tiny typed emitter. A listener that fails neither stops the others nor the one who tells. */
export class Emitter {
  private readonly listeners = new Map<EventName, Set<Listener<never>>>();
  private readonly everyone = new Set<(name: EventName, detail: Events[EventName]) => void>();

  emit<Name extends EventName>(name: Name, detail: Events[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) attempt(() => (listener as Listener<Name>)(detail));
    for (const listener of this.everyone) attempt(() => listener(name, detail));
  }

  /** Be told, until the answer is called. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }

  /** Be told of everything. */
  onAny(listener: (name: EventName, detail: Events[EventName]) => void): () => void {
    this.everyone.add(listener);
    return () => this.everyone.delete(listener);
  }
}

export const events = new Emitter();

function attempt(tell: () => void): void {
  try {
    tell();
  } catch (fault) {
    console.warn(fault);
  }
}
