/** “Now: …”: the thing that the host is showing, until the visitor puts the note away. */

import { icon, make } from "../ui/dom";
import { type Catalogue, type Thing, priceOf } from "./catalogue";
import { button, fill, priceTag } from "./parts";
import { say } from "./words";

export class Banner {
  readonly element = make("aside", "now");
  private dismissed = ""; // a product that is pinned again later is told again
  private told = "";

  constructor(
    private readonly catalogue: Catalogue,
    private readonly select: (thing: Thing) => void,
    private readonly announce: (words: string) => void,
  ) {
    this.element.setAttribute("aria-label", say.now);
  }

  update(): void {
    const { catalogue } = this;
    const { pin, pinned: product } = catalogue;
    const thing = catalogue.thing(product?.id ?? null);
    this.element.hidden = !thing || pin === this.dismissed || catalogue.selected === thing.id;
    if (thing && pin !== this.told) this.announce(say.pinned(thing.name));
    this.told = pin;
    if (!thing || !product) return;
    const price = priceOf(product, catalogue.variant(product));
    fill(this.element, { pin, name: product.name, price }, () => {
      const open = button("", "now-open", "open", () => this.select(thing));
      open.append(make("span", "now-word", say.now), make("span", "now-name", product.name), priceTag(price));
      const away = button("", "close", "away", () => this.dismiss(pin), say.dismiss(product.name));
      away.append(icon("M7 7l10 10M17 7L7 17"));
      return [open, away];
    });
  }

  private dismiss(pin: string): void {
    this.dismissed = pin;
    this.update();
  }
}
