/** The shop in the room: markers, the card of what was selected, the list, the bag, and the note of what the host shows. */

import "./products.css";
import { type ChannelState, tokenOf } from "../api";
import { events } from "../events";
import { type Size, type View, direction, hold, rad } from "../sky/view";
import { byId, icon, make, setText } from "../ui/dom";
import { giveBack } from "../ui/focus";
import { Bag, kept } from "./bag";
import { BagSheet } from "./bagsheet";
import { Banner } from "./banner";
import { Card } from "./card";
import { Catalogue, type Thing } from "./catalogue";
import type { Inspector } from "./inspector";
import { List } from "./list";
import { Markers } from "./markers";
import { closeSheet, sheetsRiseFromBelow } from "./sheet";
import type { Embedder } from "./shop";
import type { Product, Size as ProductSize, Variant } from "./show";
import { type Outcome, Till } from "./till";
import { say } from "./words";

const ICONS = {
  list: ["M8.5 6.5h11M8.5 12h11M8.5 17.5h11", "M4.5 6.5h.1M4.5 12h.1M4.5 17.5h.1"],
  bag: ["M5.5 8.5h13l1 11.5h-15Z", "M9 10.5v-3a3 3 0 0 1 6 0v3"],
} as const;

/** What the room is to the shop. */
export interface Room {
  readonly view: View;
  readonly size: Size;
  readonly lookAt: (view: Partial<View>) => void;
}

export class Products {
  readonly catalogue: Catalogue;
  private readonly stage = byId("stage", HTMLElement);
  private readonly spoken = make("p", "unseen");
  private readonly listButton = cornerButton(ICONS.list, say.products);
  private readonly bagButton = cornerButton(ICONS.bag, say.bag);
  private readonly count = make("span", "count");
  private readonly till: Till;
  private readonly markers: Markers;
  private readonly card: Card;
  private readonly list: List;
  private readonly bag: BagSheet;
  private readonly banner: Banner;
  private inspector: Inspector | null = null;
  private opener: Element | null = null;

  constructor(
    channel: string,
    private readonly room: Room,
    embedder: Embedder | null = null,
  ) {
    const catalogue = (this.catalogue = new Catalogue(channel, tokenOf(location)));
    const update = (): void => this.update();
    const [look, open] = [(thing: Thing) => this.look(thing), (thing: Thing, opener?: Element) => this.open(thing, opener)];
    this.till = new Till(embedder, catalogue, new Bag(kept(channel)), update);
    this.markers = new Markers(catalogue, look, (thing) => open(thing, this.markers.element(thing.id) ?? undefined));
    const announce = (words: string): void => setText(this.spoken, words);
    const openBag = (): void => this.openBag();
    this.card = new Card(catalogue, this.till, { look, inspect: (thing, opener) => void this.inspect(thing, opener), openBag }, () =>
      catalogue.select(null),
    );
    this.list = new List(catalogue, look, open, update);
    this.bag = new BagSheet(catalogue, this.till, announce, update);
    this.banner = new Banner(catalogue, (thing) => open(thing), announce);
    this.build();
    catalogue.follow(update);
    this.keys();
    update();
  }

  /** The channel says which revision of its show there is. */
  follow(channel: ChannelState | null | undefined): void {
    void this.catalogue.revise(channel?.show_revision);
  }

  /** Open the card of a product, or of a garment by its name, and look there; null: close it. */
  select(id: string | null): void {
    const thing = this.catalogue.thing(id) ?? (id === null ? null : this.catalogue.thingOf(id));
    if (thing) this.open(thing);
    else if (id === null) this.catalogue.select(null);
  }

  /** Turn the room to a product; its card stays closed. */
  show(product: string): void {
    const thing = this.catalogue.thing(product);
    if (thing) this.look(thing);
  }

  /** Go to the next thing to the right (1) or to the left (−1); an open card goes along. */
  step(by: 1 | -1): void {
    const thing = by > 0 ? this.catalogue.next() : this.catalogue.previous();
    if (!thing) return;
    this.look(thing);
    if (this.catalogue.selected === null) this.markers.focus(thing.id);
  }

  /** Put one into the bag. */
  add(product: Product, variant: Variant | null, size: ProductSize | null): Promise<Outcome> {
    return this.till.add(product, variant, size, 1);
  }

  /** The view has moved. */
  place(view: View, size: Size): void {
    this.markers.place(view, size);
  }

  private build(): void {
    const skip = make("button", "skip", say.productsAsList);
    skip.type = "button";
    for (const each of [skip, this.listButton]) {
      each.setAttribute("aria-haspopup", "dialog");
      each.addEventListener("click", () => this.toggleList(each));
    }
    this.bagButton.append(this.count);
    this.bagButton.setAttribute("aria-haspopup", "dialog");
    this.bagButton.addEventListener("click", () => (this.bag.sheet.shown ? this.bag.sheet.close() : this.openBag()));
    this.spoken.setAttribute("aria-live", "polite");
    const corner = make("div", "corner");
    corner.append(this.listButton, this.bagButton);
    this.stage.prepend(skip);
    byId("compass", HTMLElement).before(corner);
    byId("card", HTMLElement).before(this.banner.element, this.card.sheet.element, this.list.sheet.element, this.bag.sheet.element);
    this.stage.append(this.spoken);
    const keys = byId("keys", HTMLElement);
    keys.append(" ", say.keys);
  }

  private update(): void {
    const thing = this.catalogue.thing(this.catalogue.selected);
    this.till.update();
    this.markers.update();
    if (thing) {
      this.card.show(thing);
      if (!this.card.sheet.shown) this.card.sheet.open(this.opener);
    } else this.card.sheet.close();
    this.list.update();
    this.bag.update();
    this.banner.update();
    this.inspector?.update();
    const { count } = this.till.bag;
    setText(this.count, count > 99 ? "99+" : String(count));
    this.count.hidden = count === 0;
    this.bagButton.setAttribute("aria-label", count > 0 ? say.bagHolds(count) : say.bag);
    this.listButton.setAttribute("aria-expanded", String(this.list.sheet.shown));
    this.bagButton.setAttribute("aria-expanded", String(this.bag.sheet.shown));
    this.stage.classList.toggle("sheeted", this.card.sheet.shown || this.list.sheet.shown || this.bag.sheet.shown);
    const sold = this.catalogue.things.some((each) => each.product !== null);
    this.bagButton.hidden = !sold && count === 0;
    this.listButton.hidden = this.catalogue.things.length === 0;
  }

  private open(thing: Thing, opener?: Element): void {
    this.opener = opener ?? document.activeElement;
    events.emit("hotspot-select", { id: thing.id });
    if (thing.product) {
      const variant = this.catalogue.variant(thing.product)?.id;
      events.emit("product-view", { product: thing.product.id, ...(variant ? { variant } : {}) });
    }
    this.catalogue.select(thing.id);
    this.look(thing);
  }

  /** Turn the room so that a thing is in the middle of what no sheet covers. */
  private look(thing: Thing): void {
    const { garment } = thing;
    this.catalogue.point(thing.id);
    if (!garment) return;
    const { size, view } = this.room;
    const sheet = this.stage.querySelector<HTMLElement>(".sheet:not([hidden])");
    const below = sheet !== null && sheetsRiseFromBelow();
    const middle = {
      x: (size.width - (sheet && !below ? sheet.offsetWidth : 0)) / 2,
      y: (size.height - (below ? sheet.offsetHeight : 0)) / 2,
    };
    this.room.lookAt(hold(view, direction(rad(garment.yawDeg), rad(garment.pitchDeg)), middle, size));
  }

  private toggleList(opener: Element): void {
    if (this.list.sheet.shown) return this.list.sheet.close();
    this.list.sheet.open(opener);
    this.update();
  }

  private openBag(): void {
    this.bag.sheet.open(this.bagButton);
    this.update();
  }

  /** [ and ] step from thing to thing wherever the focus is, but where somebody writes; Escape closes what is open. */
  private keys(): void {
    this.stage.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement && event.target.type !== "radio") return;
      if (event.key === "Escape" && closeSheet()) event.preventDefault();
      if (event.key !== "[" && event.key !== "]") return;
      event.preventDefault();
      this.step(event.key === "]" ? 1 : -1);
    });
  }

  private async inspect(thing: Thing, opener: HTMLElement): Promise<void> {
    const chunk = await import("./inspector").catch(() => null);
    if (!chunk) return this.card.say(say.noChunk); // offline, or the server has a newer page by now
    this.inspector?.close();
    this.inspector = new chunk.Inspector(this.catalogue, thing.id, this.stage, () => {
      this.inspector = null;
      this.stage.classList.remove("inspecting");
      giveBack(opener);
    });
    this.stage.classList.add("inspecting");
  }
}

function cornerButton(paths: readonly string[], name: string): HTMLButtonElement {
  const made = make("button");
  made.type = "button";
  made.title = name;
  made.setAttribute("aria-label", name);
  made.append(icon(...paths));
  return made;
}
