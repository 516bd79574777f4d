/** Hands to views: pointers, pinch and wheel on the canvas become calls on a Head. */

import type { Head } from "../sky/head";
import { type Point, clamp } from "../sky/view";
import { yields } from "./embedded";

const WHEEL_STEP = 0.0015; // e-folds of zoom for each px of wheel
const PINCH_STEP = 0.01; // the same for two fingers on a trackpad, which say less
const MOST_PINCH_PX = 30;
const SCROLL_PX = 12; // a finger that moved this far meant to look around, or to scroll

export interface Hints {
  /** One finger moved over a frame: it takes two. */
  readonly twoFingers: () => void;
  /** The wheel turned over a frame that has no focus. */
  readonly wheel: () => void;
}

export function listen(canvas: HTMLElement, head: Head, hints: Hints): void {
  pointers(canvas, head, hints);
  wheel(canvas, head, hints);
}

function pointers(canvas: HTMLElement, head: Head, hints: Hints): void {
  const down = new Map<number, Point>();
  let apart = 0;
  let began: Point | null = null;

  /** Take hold anew whenever a finger comes or goes. */
  const grip = (): void => {
    const [first, second] = [...down.values()];
    if (first) head.grab(second ? between(first, second) : first);
    apart = first && second ? distance(first, second) : 0;
  };
  const scrolls = (event: PointerEvent): boolean => event.pointerType === "touch" && down.size < 2 && yields();

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    down.set(event.pointerId, place(event));
    began = place(event);
    if (scrolls(event)) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("held");
    grip();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!down.has(event.pointerId)) return;
    down.set(event.pointerId, place(event));
    if (scrolls(event)) {
      if (began && distance(began, place(event)) > SCROLL_PX) hints.twoFingers();
      return;
    }
    const [first, second] = [...down.values()];
    if (!first) return;
    if (!second) return head.drag(first, event.timeStamp);
    const now = distance(first, second);
    if (apart > 0 && now > 0) head.pinch(now / apart, between(first, second));
    apart = now;
  });
  const up = (event: PointerEvent): void => {
    if (!down.delete(event.pointerId)) return;
    began = null;
    if (down.size > 0 && !scrolls(event)) return grip();
    canvas.classList.remove("held");
    head.release(event.timeStamp);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", (event) => {
    if (began && down.has(event.pointerId) && scrolls(event)) hints.twoFingers(); // the page around scrolls with it
    up(event);
  });
  // Two fingers are ours even in a frame; said before the browser begins to scroll with them, it lets them be.
  const keep = (event: TouchEvent): void => {
    if (event.touches.length > 1 && event.cancelable) event.preventDefault();
  };
  canvas.addEventListener("touchstart", keep, { passive: false });
  canvas.addEventListener("touchmove", keep, { passive: false });
}

function wheel(canvas: HTMLElement, head: Head, hints: Hints): void {
  const on = (event: WheelEvent): void => {
    const focused = document.hasFocus() && document.activeElement === canvas;
    if (yields() && !event.ctrlKey && !focused) return hints.wheel();
    event.preventDefault();
    const px = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    const folds = event.ctrlKey ? clamp(px, -MOST_PINCH_PX, MOST_PINCH_PX) * PINCH_STEP : px * WHEEL_STEP;
    head.zoom(Math.exp(-folds), place(event));
  };
  canvas.addEventListener("wheel", on, { passive: false });
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
