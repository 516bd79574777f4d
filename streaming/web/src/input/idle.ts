/** Nobody has touched anything for a while: the bar steps back, and the view may turn by itself. */

import { toggle } from "../settings";
import type { Head } from "../sky/head";
import { rad } from "../sky/view";

const TURN_AFTER_MS = 8000;
const HIDE_AFTER_MS = 4000;
const LOOK_MS = 250;
const RATE = rad(4); // a second

export const autorotate = toggle("autorotate", false);
export const hideControls = toggle("hide-controls", true);

const INPUTS = ["pointerdown", "pointermove", "wheel", "keydown", "touchstart"] as const;

/** What was last done, and when. Pure. */
export class Idle {
  private lastMs: number;
  private byKey = false;

  constructor(nowMs: number) {
    this.lastMs = nowMs;
  }

  note(nowMs: number, byKey: boolean): void {
    this.lastMs = nowMs;
    this.byKey = byKey;
  }

  turns(nowMs: number): boolean {
    return nowMs - this.lastMs >= TURN_AFTER_MS;
  }

  /** Who uses keys sees where the focus is. */
  hides(nowMs: number): boolean {
    return !this.byKey && nowMs - this.lastMs >= HIDE_AFTER_MS;
  }
}

/** @param busy whether something is open that the visitor reads or decides */
export function followIdle(page: HTMLElement, head: Head, busy: () => boolean): void {
  const idle = new Idle(performance.now());
  const mouse = matchMedia("(hover: hover) and (pointer: fine)");
  const look = (): void => {
    const now = performance.now();
    head.spin = autorotate.value && !busy() && !document.hidden && idle.turns(now) ? RATE : 0;
    const used = page.querySelector("#bar:hover, #bar:focus-within, header button:focus-visible") !== null;
    page.classList.toggle("idle", hideControls.value && mouse.matches && !used && !busy() && idle.hides(now));
  };
  for (const name of INPUTS) {
    const on = (): void => {
      idle.note(performance.now(), name === "keydown");
      look();
    };
    page.addEventListener(name, on, { passive: true, capture: true });
  }
  setInterval(look, LOOK_MS);
}
