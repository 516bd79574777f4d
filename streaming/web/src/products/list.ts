/** The room as a list: the same things, with the same names and prices, and where they stand in words. */

import { make } from "../ui/dom";
import { type Catalogue, type Thing, available, priceOf } from "./catalogue";
import { button, fill, priceTag } from "./parts";
import { Sheet } from "./sheet";
import { direction, say } from "./words";

export class List {
  readonly sheet: Sheet;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly look: (thing: Thing) => void,
    private readonly select: (thing: Thing, opener: Element) => void,
    onClose: () => void,
  ) {
    this.sheet = new Sheet("things", onClose);
    this.sheet.heading.textContent = say.products;
  }

  update(): void {
    if (!this.sheet.shown) return;
    const rows = this.catalogue.things.map((thing) => {
      const variant = thing.product && this.catalogue.variant(thing.product);
      const price = thing.product && priceOf(thing.product, variant);
      const soldOut = (thing.product?.variants.length ?? 0) > 0 && !thing.product!.variants.some((each) => available(each.sizes));
      const where = thing.garment ? direction(thing.garment.yawDeg) : say.nowhere;
      return { thing, price, soldOut, where, brand: thing.product?.brand ?? "", image: variant?.image ?? thing.product?.images[0] ?? null };
    });
    const shows = rows.map(({ thing, ...rest }) => ({ ...rest, id: thing.id, name: thing.name, stands: thing.garment !== null }));
    fill(this.sheet.body, shows, () => {
      if (rows.length === 0) return [make("p", "quiet", say.nothing)];
      const list = make("ul", "rows");
      for (const { thing, price, soldOut, where, brand, image } of rows) {
        const row = make("li", "row");
        const words = make("div", "row-words");
        if (brand) words.append(make("p", "brand", brand));
        words.append(make("h3", "", thing.name));
        const facts = make("p", "quiet");
        if (thing.product) facts.append(priceTag(price), " · ");
        if (soldOut) facts.append(say.soldOut, " · ");
        facts.append(where);
        words.append(facts);
        const acts = make("div", "acts");
        if (thing.garment) acts.append(button(say.look, "quiet-button", `look ${thing.id}`, () => this.look(thing), say.lookAt(thing.name)));
        const details = button(say.details, "quiet-button", `details ${thing.id}`, () => this.select(thing, details), say.detailsOf(thing.name));
        acts.append(details);
        words.append(acts);
        if (image) {
          const picture = make("img", "thumb");
          picture.src = image;
          picture.alt = "";
          picture.loading = "lazy";
          row.append(picture);
        }
        row.append(words);
        list.append(row);
      }
      return [list];
    });
  }
}
