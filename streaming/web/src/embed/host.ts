/** The page around ours, where ours is embedded: hears what happens here, and asks for what it wants. */

import type { Emitter } from "../events";
import type { Command, CommandName, Commands, Hello, Here } from "./protocol";

type Hands = { readonly [Name in CommandName]: (command: Commands[Name]) => void };
type Message = Readonly<Record<string, unknown>>;
type Listener = (message: Message) => void;

const MOST_WAITING = 32; // what happened before the page around us asked to hear of it

/** Whether the page is shown inside another one. */
export const embedded = typeof window !== "undefined" && window.parent !== window;

/**
 * The embedding page. It may say HELLO again, after a reload of its own script: the newest port counts.
 *
 * @param hands what to do for each command; one that is not understood is told back as an error and does nothing else
 */
export class Host {
  /** Whose page it is, as the browser says; null before it has said hello. */
  origin: string | null = null;
  private port: MessagePort | null = null;
  private readonly waiting: Message[] = [];
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(
    private readonly hands: Hands,
    events: Emitter,
  ) {
    if (!embedded) return;
    events.onAny((type, detail) => this.send({ type, detail }));
    addEventListener("message", (event) => {
      const port = event.ports[0];
      if (event.source !== window.parent || !isHello(event.data) || !port) return;
      this.meet(event.origin, port);
    });
    window.parent.postMessage({ vrlive: "here" } satisfies Here, "*"); // says nothing about the visitor
  }

  /** Tell the page around us; what comes before its hello is told after it, the newest of it. */
  send(message: Message): void {
    if (this.port) return this.port.postMessage(message);
    if (!embedded) return;
    this.waiting.push(message);
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
  }

  /** Hear what it says under a name that is no command, until the answer is called. */
  on(type: string, listener: Listener): () => void {
    const all = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, all.add(listener));
    return () => all.delete(listener);
  }

  private meet(origin: string, port: MessagePort): void {
    this.port?.close();
    this.origin = origin;
    this.port = port;
    port.onmessage = (event: MessageEvent<unknown>) => this.hear(event.data);
    for (const message of this.waiting.splice(0)) port.postMessage(message);
  }

  private hear(said: unknown): void {
    if (!isMessage(said)) return;
    const type = String(said["type"]);
    const command = readCommand(said);
    const listeners = this.listeners.get(type);
    for (const listener of listeners ?? []) listener(said);
    if (command) (this.hands[command.type] as (command: Command) => void)(command);
    else if (!listeners?.size) this.send({ type: "error", detail: { message: `“${type.slice(0, 40)}” was not understood` } });
  }
}

function isMessage(said: unknown): said is Message {
  return typeof said === "object" && said !== null && typeof (said as Message)["type"] === "string";
}

function isHello(said: unknown): said is Hello {
  return typeof said === "object" && said !== null && (said as Message)["vrlive"] === "hello";
}

const PLAIN: readonly string[] = ["play", "pause", "mute", "unmute"];

/** A command with all of its values as they must be, or null. */
export function readCommand(said: Message): Command | null {
  const type = said["type"];
  if (typeof type !== "string") return null;
  if (PLAIN.includes(type)) return { type } as Command;
  if (type === "look-at") return lookAt(said);
  if (type === "set-quality") return typeof said["name"] === "string" ? { type, name: said["name"] } : null;
  if (type !== "select-product") return null;
  const product = said["product"];
  return typeof product === "string" || product === null ? { type, product } : null;
}

function lookAt(said: Message): Command | null {
  const view: { yawDeg?: number; pitchDeg?: number; fovDeg?: number } = {};
  for (const name of ["yawDeg", "pitchDeg", "fovDeg"] as const) {
    const value = said[name];
    if (value === undefined) continue;
    if (typeof value !== "number" || !Number.isFinite(value)) return null;
    view[name] = value;
  }
  return { type: "look-at", ...view };
}
