/** A card at the side of the room, on phones a sheet from below. Only one is open; the room goes on and stays in reach behind it. */

import { icon, make } from "../ui/dom";
import { giveBack } from "../ui/focus";
import { say } from "./words";

const CLOSE = ["M6 6l12 12M18 6L6 18"];
const DRAG_TO_CLOSE_PX = 110;
const FLICK_PX_PER_MS = 0.6;

let open: Sheet | null = null;

export class Sheet {
  readonly element = make("aside", "sheet");
  readonly heading = make("h2");
  /** A small line above the heading. */
  readonly eyebrow = make("p", "brand");
  readonly body = make("div", "sheet-body");
  private opener: Element | null = null;

  /** @param onClose the visitor closed it, or another one took its place */
  constructor(
    name: string,
    private readonly onClose: () => void,
  ) {
    this.element.id = name;
    this.heading.id = `${name}-heading`;
    this.element.hidden = true;
    this.element.tabIndex = -1;
    this.element.setAttribute("role", "dialog");
    this.element.setAttribute("aria-labelledby", this.heading.id);
    const head = make("div", "sheet-head");
    const grip = make("i", "grip");
    const close = make("button", "close");
    close.type = "button";
    close.setAttribute("aria-label", say.close);
    close.append(icon(...CLOSE));
    close.addEventListener("click", () => this.close());
    const title = make("div", "sheet-title");
    title.append(this.eyebrow, this.heading);
    head.append(grip, title, close);
    this.element.append(head, this.body);
    this.dragged(head);
  }

  get shown(): boolean {
    return !this.element.hidden;
  }

  /** Show it, and move the focus there; it goes back to `opener` when it closes. */
  open(opener: Element | null = document.activeElement): void {
    if (this.shown) return;
    const before = open;
    this.opener = before && before.element.contains(opener) ? before.opener : opener;
    before?.put(false);
    open = this;
    this.element.hidden = false;
    this.body.scrollTop = 0;
    this.element.focus({ preventScroll: true });
  }

  close(): void {
    if (this.shown) this.put(true);
  }

  private put(back: boolean): void {
    const inside = this.element.contains(document.activeElement);
    this.element.hidden = true;
    if (open === this) open = null;
    if (back && inside) giveBack(this.opener);
    this.onClose();
  }

  /** On phones it can be drawn down by its head. */
  private dragged(head: HTMLElement): void {
    let from: { y: number; ms: number } | null = null;
    const move = (event: PointerEvent): number => Math.max(0, event.clientY - (from?.y ?? event.clientY));
    const rest = (): void => {
      from = null;
      this.element.classList.remove("dragged");
      this.element.style.translate = "";
    };
    head.addEventListener("pointerdown", (event) => {
      if (!sheetsRiseFromBelow() || (event.target as Element).closest("button")) return;
      from = { y: event.clientY, ms: event.timeStamp };
      head.setPointerCapture(event.pointerId);
      this.element.classList.add("dragged");
    });
    head.addEventListener("pointermove", (event) => {
      if (from) this.element.style.translate = `0 ${move(event)}px`;
    });
    head.addEventListener("pointerup", (event) => {
      if (!from) return;
      const [px, ms] = [move(event), Math.max(1, event.timeStamp - from.ms)];
      rest();
      if (px > DRAG_TO_CLOSE_PX || (px > 24 && px / ms > FLICK_PX_PER_MS)) this.close();
    });
    head.addEventListener("pointercancel", rest);
  }
}

/** Close the one that is open; false when none was. */
export function closeSheet(): boolean {
  if (!open) return false;
  open.close();
  return true;
}

export function sheetsRiseFromBelow(): boolean {
  return matchMedia("(max-width: 560px)").matches;
}
