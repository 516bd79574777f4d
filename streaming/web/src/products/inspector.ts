/** A piece by itself, in 3D, in front of the room: turned by hand, in all its colours, and beside a ruler in its real size. */

import "./inspector.css";
import { rad } from "../sky/view";
import { icon, make } from "../ui/dom";
import { alone } from "./alone";
import type { Catalogue, Thing } from "./catalogue";
import { loadModel } from "./model";
import { Turntable, lengths } from "./orbit";
import { type Option, button, choices, fill } from "./parts";
import { PERSON_M } from "./silhouette";
import { Studio } from "./studio";
import { say } from "./words";

const KEY_TURN = rad(12);
const KEY_ZOOM = 1.2;
const PX_TURN = rad(0.4);
const ICONS = { front: ["M12 4a8 8 0 1 1-7.4 5", "M4 4v5h5"], ruler: ["M8 3h8v18H8Z", "M8 7h3M8 11h5M8 15h3M8 19h0"], nearer: ["M12 6v12M6 12h12"], farther: ["M6 12h12"], close: ["M6 6l12 12M18 6L6 18"] };

export class Inspector {
  private readonly element = make("section", "inspector");
  private readonly canvas = make("canvas");
  private readonly colours = make("div", "choose");
  private readonly message = make("p", "inspector-said");
  private readonly ruler = make("div", "ruler");
  private readonly person = make("span", "person", say.person(String(PERSON_M * 100)));
  private readonly rulerButton: HTMLButtonElement;
  private readonly table = new Turntable();
  private readonly gone = new AbortController();
  private readonly observer = new ResizeObserver(() => this.resize());
  private studio: Studio | null = null;
  private shown: string | null = null;
  private loading = 0;
  private lastMs = 0;
  private frame = 0;

  /** Open it in `host`; `onClose` is told once when it has closed. */
  constructor(
    private readonly catalogue: Catalogue,
    private thing: string,
    host: HTMLElement,
    private readonly onClose: () => void,
  ) {
    this.element.setAttribute("role", "dialog");
    this.element.tabIndex = -1;
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-description", say.turnIt);
    this.message.setAttribute("role", "status");
    for (const each of [this.ruler, this.person]) each.setAttribute("aria-hidden", "true");
    this.rulerButton = tool(ICONS.ruler, say.realSize, () => this.toggleRuler());
    this.rulerButton.setAttribute("aria-pressed", "false");
    const bar = make("div", "bar");
    bar.append(
      tool(ICONS.farther, say.farther, () => this.table.zoom(1 / KEY_ZOOM)),
      tool(ICONS.nearer, say.nearer, () => this.table.zoom(KEY_ZOOM)),
      tool(ICONS.front, say.reset, () => this.table.front()),
      this.rulerButton,
    );
    const close = tool(ICONS.close, say.backToRoom, () => this.close());
    close.classList.add("close");
    const foot = make("div", "inspector-foot");
    foot.append(this.colours, bar);
    this.element.append(this.canvas, this.ruler, this.person, this.message, close, foot);
    host.append(this.element);
    alone(this.element, this.gone.signal);
    this.hands();
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const obey = (): void => {
      this.table.still = calm.matches;
    };
    calm.addEventListener("change", obey, { signal: this.gone.signal });
    obey();
    try {
      this.studio = new Studio(this.canvas);
    } catch (fault) {
      console.warn(fault);
      this.fail();
    }
    this.canvas.addEventListener("webglcontextlost", () => this.fail(), { signal: this.gone.signal });
    this.observer.observe(this.element);
    this.update();
    this.canvas.focus({ preventScroll: true });
    this.frame = requestAnimationFrame(this.tick);
  }

  /** The catalogue has changed: another thing may be selected, or another colour. */
  update(): void {
    if (this.catalogue.selected !== null) this.thing = this.catalogue.selected;
    const thing = this.catalogue.thing(this.thing);
    if (!thing?.garment?.model) return this.close();
    this.element.setAttribute("aria-label", say.viewOf(thing.name));
    this.canvas.setAttribute("aria-label", say.viewOf(thing.name));
    if (thing.garment.model !== this.shown) void this.load(thing, thing.garment.model);
    else this.studio?.wear(this.variant(thing));
    this.showColours(thing);
  }

  close(): void {
    if (this.gone.signal.aborted) return;
    this.gone.abort();
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.studio?.dispose();
    this.studio = null;
    this.element.remove();
    this.onClose();
  }

  private variant({ product, garment }: Thing): string | null {
    return (product && this.catalogue.variant(product)?.gltfVariant) || garment?.variant || null;
  }

  private async load(thing: Thing, url: string): Promise<void> {
    if (!this.studio) return;
    const turn = ++this.loading;
    this.shown = url;
    this.element.classList.add("loading");
    this.message.replaceChildren(say.loading);
    try {
      const model = await loadModel(url, this.gone.signal);
      if (turn !== this.loading || !this.studio) return model.dispose();
      await this.studio.show(model, this.variant(thing));
      this.table.front();
      this.message.replaceChildren();
      this.resize();
      this.showColours(thing);
    } catch (fault) {
      if (turn !== this.loading || this.gone.signal.aborted) return;
      console.warn(fault);
      this.fail();
    } finally {
      if (turn === this.loading) this.element.classList.remove("loading");
    }
  }

  private fail(): void {
    const again = button(say.again, "quiet-button", "again", () => {
      this.shown = null;
      this.update();
    });
    this.message.replaceChildren(say.cannot, ...(this.studio ? [" ", again] : []));
  }

  /** Colours of the product; of a garment that is not sold, the variants of its file. */
  private showColours({ product, garment }: Thing): void {
    const chosen = product && this.catalogue.variant(product)?.id;
    const options = (product?.variants ?? []).map((each): Option => ({ id: each.id, name: each.name, chosen: each.id === chosen, swatch: each.swatch }));
    fill(this.colours, { options, garment: garment?.name }, () => {
      if (!product || options.length < 2) return [];
      return [choices(say.colour, "inspector-colour", "colours", options, (id) => this.catalogue.choose(product, id))];
    });
  }

  private toggleRuler(): void {
    const on = !this.element.classList.contains("measured");
    this.rulerButton.setAttribute("aria-pressed", String(on));
    this.element.classList.toggle("measured", on);
    this.studio?.compare(on);
    if (on) this.table.front();
    if (this.studio?.height) this.message.replaceChildren(on ? make("span", "unseen", say.high(...lengths(this.studio.height))) : "");
    this.resize();
  }

  private readonly tick = (nowMs: number): void => {
    this.frame = requestAnimationFrame(this.tick);
    const seconds = Math.min((nowMs - this.lastMs) / 1000, 0.1);
    this.lastMs = nowMs;
    const moved = this.table.advance(seconds);
    if (!this.studio || document.hidden) return;
    if (moved || this.studio.stale) {
      this.studio.draw(this.table);
      this.placeRuler();
    }
  };

  private resize(): void {
    this.studio?.resize(this.canvas.clientWidth, this.canvas.clientHeight);
  }

  /** The ruler stands where the piece ends, as high as it is. */
  private placeRuler(): void {
    const studio = this.studio;
    if (!studio?.height) return;
    const [top, bottom, head] = studio.span(this.canvas.clientWidth, this.canvas.clientHeight);
    this.person.style.transform = `translate(${head.x.toFixed(1)}px, ${head.y.toFixed(1)}px)`;
    this.ruler.style.transform = `translate(${bottom.x.toFixed(1)}px, ${top.y.toFixed(1)}px)`;
    this.ruler.style.height = `${Math.max(0, bottom.y - top.y).toFixed(1)}px`;
    fill(this.ruler, studio.height.toFixed(3), () => [make("span", "", say.high(...lengths(studio.height)))]);
  }

  private hands(): void {
    const { canvas, table } = this;
    const down = new Map<number, { x: number; y: number }>();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return;
      const now = { x: event.clientX, y: event.clientY };
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other) table.zoom(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)));
      else table.turn((now.x - before.x) * PX_TURN, (now.y - before.y) * PX_TURN);
      down.set(event.pointerId, now);
    });
    for (const kind of ["pointerup", "pointercancel"] as const) canvas.addEventListener(kind, (event) => down.delete(event.pointerId));
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        table.zoom(Math.exp(-event.deltaY * 0.0015));
      },
      { passive: false },
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") this.close();
      else if (event.target !== canvas || !this.key(event.key)) return;
      event.preventDefault();
    });
  }

  private key(key: string): boolean {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.table.turn(-KEY_TURN, 0),
      ArrowRight: () => this.table.turn(KEY_TURN, 0),
      ArrowUp: () => this.table.turn(0, KEY_TURN),
      ArrowDown: () => this.table.turn(0, -KEY_TURN),
      "+": () => this.table.zoom(KEY_ZOOM),
      "=": () => this.table.zoom(KEY_ZOOM),
      "-": () => this.table.zoom(1 / KEY_ZOOM),
      Home: () => this.table.front(),
    };
    actions[key]?.();
    return key in actions;
  }
}

function tool(paths: readonly string[], name: string, act: () => void): HTMLButtonElement {
  const made = button("", "tool", name, act, name);
  made.title = name;
  made.append(icon(...paths));
  return made;
}
