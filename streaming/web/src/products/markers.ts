/** A marker at each thing in the room: its name, and its price when one comes near. By keyboard the room turns to the one that has the focus. */

import { type Size, type View, direction, project, rad } from "../sky/view";
import { byId, make, setText } from "../ui/dom";
import { type Catalogue, type Thing, priceOf } from "./catalogue";
import { money } from "./money";

const MARGIN_PX = 40;

interface Marker {
  readonly id: string;
  readonly button: HTMLButtonElement;
  readonly name: HTMLElement;
  readonly price: HTMLElement;
}

export class Markers {
  private readonly layer = byId("pips", HTMLElement);
  private shown: readonly Marker[] = [];

  constructor(
    private readonly catalogue: Catalogue,
    private readonly look: (thing: Thing) => void,
    private readonly select: (thing: Thing) => void,
  ) {}

  update(): void {
    const things = this.catalogue.things.filter((each) => each.garment !== null);
    if (things.map((each) => each.id).join("\n") !== this.shown.map((each) => each.id).join("\n")) this.build(things);
    const pinned = this.catalogue.pinned?.id;
    things.forEach((thing, index) => {
      const { button, name, price } = this.shown[index] as Marker;
      const { product } = thing;
      const cost = product && priceOf(product, this.catalogue.variant(product));
      setText(name, thing.name);
      setText(price, cost ? money(cost) : "");
      button.classList.toggle("lit", thing.id === this.catalogue.pointed);
      button.classList.toggle("open", thing.id === this.catalogue.selected);
      button.classList.toggle("pinned", thing.id === pinned);
      button.setAttribute("aria-expanded", String(thing.id === this.catalogue.selected));
    });
  }

  /** Move each to its place in the window. */
  place(view: View, size: Size): void {
    for (const { id, button } of this.shown) {
      const garment = this.catalogue.thing(id)?.garment;
      const point = garment ? project(view, direction(rad(garment.yawDeg), rad(garment.pitchDeg)), size) : null;
      const seen = point !== null && point.x > MARGIN_PX && point.x < size.width - MARGIN_PX && point.y > 0 && point.y < size.height;
      button.classList.toggle("away", !seen);
      if (!seen) continue;
      const turned = point.x + button.offsetWidth > size.width; // no room for its name on the right
      button.classList.toggle("turned", turned);
      button.style.transform = `translate(${point.x.toFixed(1)}px, ${point.y.toFixed(1)}px)${turned ? " translateX(-100%)" : ""}`;
    }
  }

  /** Move the focus to the marker of a thing, if it has one. */
  focus(id: string): void {
    this.shown.find((each) => each.id === id)?.button.focus({ preventScroll: true });
  }

  element(id: string): HTMLElement | null {
    return this.shown.find((each) => each.id === id)?.button ?? null;
  }

  private build(things: readonly Thing[]): void {
    const focused = this.shown.find((each) => each.button === document.activeElement)?.id;
    this.shown = things.map(({ id }) => this.marker(id));
    this.layer.replaceChildren(...this.shown.map((each) => each.button));
    if (focused !== undefined) this.focus(focused);
  }

  private marker(id: string): Marker {
    const [button, name, price] = [make("button", "pip away"), make("span", "pip-name"), make("span", "pip-price")];
    button.type = "button";
    button.dataset["thing"] = id;
    button.setAttribute("aria-haspopup", "dialog");
    const words = make("span", "pip-words");
    words.append(name, " ", price);
    button.append(words);
    button.addEventListener("click", () => this.with(id, this.select));
    button.addEventListener("focus", () => {
      if (button.matches(":focus-visible")) this.with(id, this.look); // a pointer is where it is already
    });
    return { id, button, name, price };
  }

  private with(id: string, act: (thing: Thing) => void): void {
    const thing = this.catalogue.thing(id);
    if (thing) act(thing);
  }
}
