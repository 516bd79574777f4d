/** Hands to views: pointer, pinch, wheel and keys on the canvas become calls on a Head. */

import type { Head } from "../sky/head";
import { type Point, rad } from "../sky/view";

const WHEEL_STEP = 0.0015; // e-folds of zoom for each px of wheel
const KEY_TURN = rad(6);
const KEY_ZOOM = 1.15;

/** What keys do that is not looking around. */
export interface Commands {
  readonly fullScreen: () => void;
  readonly mute: () => void;
  readonly pause: () => void;
  readonly planet: () => void;
  readonly details: () => void;
}

export function listen(canvas: HTMLElement, head: Head, commands: Commands): void {
  pointers(canvas, head);
  wheel(canvas, head);
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key(event.key, head, commands)) event.preventDefault();
  });
}

function pointers(canvas: HTMLElement, head: Head): void {
  const down = new Map<number, Point>();
  let apart = 0;

  /** Take hold anew whenever a finger comes or goes. */
  const grip = (): void => {
    const [first, second] = [...down.values()];
    if (first) head.grab(second ? between(first, second) : first);
    apart = first && second ? distance(first, second) : 0;
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    canvas.classList.add("held");
    grip();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!down.has(event.pointerId)) return;
    down.set(event.pointerId, place(event));
    const [first, second] = [...down.values()];
    if (!first) return;
    if (!second) return head.drag(first, event.timeStamp);
    const now = distance(first, second);
    if (apart > 0 && now > 0) head.pinch(now / apart, between(first, second));
    apart = now;
  });
  const up = (event: PointerEvent): void => {
    if (!down.delete(event.pointerId)) return;
    if (down.size > 0) return grip();
    canvas.classList.remove("held");
    head.release(event.timeStamp);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
}

function wheel(canvas: HTMLElement, head: Head): void {
  const on = (event: WheelEvent): void => {
    event.preventDefault();
    const px = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    head.zoom(Math.exp(-px * WHEEL_STEP), place(event));
  };
  canvas.addEventListener("wheel", on, { passive: false });
}

function key(name: string, head: Head, commands: Commands): boolean {
  const actions: Record<string, () => void> = {
    ArrowLeft: () => head.turn(-KEY_TURN, 0),
    ArrowRight: () => head.turn(KEY_TURN, 0),
    ArrowUp: () => head.turn(0, KEY_TURN),
    ArrowDown: () => head.turn(0, -KEY_TURN),
    "+": () => head.zoom(KEY_ZOOM),
    "=": () => head.zoom(KEY_ZOOM),
    "-": () => head.zoom(1 / KEY_ZOOM),
    Home: () => head.lookAhead(),
    f: commands.fullScreen,
    m: commands.mute,
    i: commands.details,
    p: commands.planet,
    " ": commands.pause,
  };
  const action = actions[name.length === 1 ? name.toLowerCase() : name];
  action?.();
  return action !== undefined;
}

function place(event: MouseEvent): Point {
  return { x: event.offsetX, y: event.offsetY };
}

function between(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
