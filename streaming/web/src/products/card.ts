/** The card of one thing: what it is, what it costs, colours, sizes, and the way into the bag. */

import { events } from "../events";
import { make, setText } from "../ui/dom";
import { lineOf } from "./bag";
import { type Catalogue, type Thing, available, priceOf } from "./catalogue";
import { type Option, button, choices, fill, priceTag, shopLink, stepper } from "./parts";
import { Sheet } from "./sheet";
import type { Product, Size, Variant } from "./show";
import type { Till } from "./till";
import { say } from "./words";

const FEW = 5; // so few are told

export interface CardActions {
  readonly look: (thing: Thing) => void;
  readonly inspect: (thing: Thing, opener: HTMLElement) => void;
  readonly openBag: () => void;
}

export class Card {
  readonly sheet: Sheet;
  private readonly pictures = make("div", "pictures");
  private readonly about = make("div", "about");
  private readonly options = make("div", "choose");
  private readonly text = make("div", "about");
  private readonly foot = make("div", "sheet-foot");
  private readonly buy = make("div", "buying");
  private readonly said = make("p", "said");
  private thing: Thing | null = null;
  private sku: string | null = null;
  private quantity = 1;
  private state: "" | "busy" | "added" | "wants size" = "";
  private trouble = "";

  constructor(
    private readonly catalogue: Catalogue,
    private readonly till: Till,
    private readonly act: CardActions,
    onClose: () => void,
  ) {
    this.sheet = new Sheet("product", onClose);
    this.said.setAttribute("role", "status");
    this.sheet.body.append(this.pictures, this.about, this.options, this.text);
    this.foot.append(this.said, this.buy);
    this.sheet.element.append(this.foot);
  }

  /** Show the thing that is selected. */
  show(thing: Thing): void {
    if (thing.id !== this.thing?.id) {
      [this.sku, this.quantity, this.state, this.trouble] = [null, 1, "", ""];
      this.sheet.body.scrollTop = 0;
    }
    this.thing = thing;
    const { product } = thing;
    const variant = product && this.catalogue.variant(product);
    const size = this.size(variant);
    setText(this.sheet.heading, thing.name);
    setText(this.sheet.eyebrow, product?.brand ?? "");
    this.showPictures(thing, variant);
    this.showAbout(thing, variant);
    fill(this.options, { variants: product?.variants, variant: variant?.id, sku: size?.sku, wants: this.state === "wants size" }, () =>
      product ? this.choosing(product, variant, size) : [],
    );
    this.showBuy(thing, variant, size);
  }

  /** Say that something did not work. */
  say(trouble: string): void {
    this.trouble = trouble;
    this.again();
  }

  /** The size that is bought: the one that was chosen if it can be had, or the only one there is. */
  private size(variant: Variant | null): Size | null {
    const sizes = variant?.sizes ?? [];
    const chosen = sizes.find((each) => each.sku === this.sku) ?? (sizes.length === 1 ? sizes[0] : undefined);
    return chosen && chosen.stock !== 0 ? chosen : null;
  }

  private showPictures({ name, product, garment }: Thing, variant: Variant | null): void {
    const images = [...new Set([variant?.image, ...(product?.images ?? [])])].filter((each) => typeof each === "string");
    const [model, tint] = [garment?.model ?? null, variant?.swatch ?? null];
    this.pictures.classList.toggle("bare", images.length === 0);
    this.pictures.style.setProperty("--tint", tint ?? "transparent");
    fill(this.pictures, { images, model, name }, () => {
      const shown = images.map((each, index) => {
        const picture = make("img");
        picture.src = each;
        picture.alt = say.picture(name, index + 1, images.length);
        return picture;
      });
      const strip = make("div", "strip");
      strip.append(...shown);
      if (images.length > 1) {
        strip.tabIndex = 0; // it scrolls
        strip.setAttribute("role", "group");
        strip.setAttribute("aria-label", name);
      }
      const in3d: HTMLButtonElement = button(say.in3d, "in3d", "3d", () => this.thing && this.act.inspect(this.thing, in3d));
      return [...(images.length > 0 ? [strip] : []), ...(model ? [in3d] : [])];
    });
  }

  private showAbout(thing: Thing, variant: Variant | null): void {
    const { product, garment } = thing;
    const price = product && priceOf(product, variant);
    fill(this.about, { price, sold: product !== null }, () => (product ? [priceTag(price)] : []));
    fill(this.text, { id: thing.id, text: product?.description, stands: garment !== null }, () => {
      const words: Node[] = product?.description ? [make("p", "description", product.description)] : [];
      if (garment) words.push(button(say.look, "quiet-button", "look", () => this.thing && this.act.look(this.thing)));
      return words;
    });
  }

  private choosing(product: Product, variant: Variant | null, size: Size | null): readonly Node[] {
    const found: Node[] = [];
    if (product.variants.length > 1) {
      const options = product.variants.map((each): Option => {
        const note = available(each.sizes) ? "" : say.soldOut;
        return { id: each.id, name: each.name, chosen: each.id === variant?.id, swatch: each.swatch, note };
      });
      found.push(choices(say.colour, "colour", "colours", options, (id) => this.chooseVariant(product, id)));
    }
    const sizes = variant?.sizes ?? [];
    if (sizes.length > 1 || sizes[0]?.size) {
      const options = sizes.map((each): Option => {
        const note = each.stock === 0 ? say.soldOut : each.stock !== null && each.stock <= FEW ? say.left(each.stock) : "";
        return { id: each.sku, name: each.size || say.oneSize, chosen: each.sku === size?.sku, disabled: each.stock === 0, note };
      });
      const fields = choices(say.size, "size", "sizes", options, (sku) => this.chooseSize(sku));
      fields.classList.toggle("wanted", this.state === "wants size");
      found.push(fields);
    }
    return found;
  }

  private chooseVariant(product: Product, id: string): void {
    const before = this.size(this.catalogue.variant(product))?.size;
    this.state = "";
    const variant = product.variants.find((each) => each.id === id);
    this.sku = variant?.sizes.find((each) => each.size === before)?.sku ?? null; // the same size of the other colour
    this.catalogue.choose(product, id);
    events.emit("product-view", { product: product.id, variant: id });
  }

  private chooseSize(sku: string): void {
    [this.sku, this.state, this.quantity] = [sku, "", 1];
    this.again();
  }

  private showBuy({ product, name }: Thing, variant: Variant | null, size: Size | null): void {
    this.said.textContent = this.trouble || (this.state === "added" ? say.added(name) : this.state === "wants size" ? say.chooseSize : "");
    this.said.classList.toggle("trouble", this.trouble !== "");
    this.foot.hidden = product === null;
    if (!product) return;
    const gone = !available(variant?.sizes ?? []);
    const had = this.till.bag.quantity(lineOf(product, variant, size));
    const most = Math.max(0, (size?.stock ?? 20) - had);
    this.quantity = Math.min(this.quantity, Math.max(1, most));
    const { quantity, state } = this;
    fill(this.buy, { id: product.id, variant: variant?.id, sku: size?.sku, gone, most, quantity, state, link: product.link }, () => {
      const line = make("div", "buy");
      const text = gone ? say.soldOut : state === "busy" ? say.adding : most === 0 ? say.mostIn : say.add;
      const add = button(text, "main-button", "add", () => void this.add(product, variant, size));
      add.disabled = gone || most === 0;
      add.setAttribute("aria-busy", String(state === "busy"));
      if (!gone && most > 1) line.append(stepper(say.quantity, quantity, most, (wanted) => this.setQuantity(wanted)));
      line.append(add);
      const more: Node[] = state === "added" ? [button(say.openBag, "quiet-button", "bag", () => this.act.openBag())] : [];
      const { link } = product;
      if (link) more.push(shopLink(link, say.inShop, say.inShopOf(name), () => events.emit("product-link", { product: product.id, url: link })));
      const ways = make("div", "ways");
      ways.append(...more);
      return more.length > 0 ? [line, ways] : [line];
    });
  }

  private setQuantity(quantity: number): void {
    this.quantity = quantity;
    this.again();
  }

  private async add(product: Product, variant: Variant | null, size: Size | null): Promise<void> {
    if (this.state === "busy") return;
    if ((variant?.sizes.length ?? 0) > 0 && !size) {
      this.state = "wants size";
      this.again();
      this.options.querySelector<HTMLElement>(".sizes input:not(:disabled)")?.focus();
      return;
    }
    [this.state, this.trouble] = ["busy", ""];
    this.again();
    const outcome = await this.till.add(product, variant, size, this.quantity);
    if (this.thing?.id !== product.id) return; // the card has gone on to another thing
    [this.state, this.trouble] = outcome.ok ? ["added", ""] : ["", outcome.words];
    this.quantity = 1;
    this.again();
  }

  private again(): void {
    const thing = this.catalogue.thing(this.thing?.id ?? null);
    if (thing) this.show(thing);
  }
}
