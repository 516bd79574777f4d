/** The bag: what is in it, what it costs, and the way to the shop's check-out. */

import { events } from "../events";
import { make } from "../ui/dom";
import { type Row, keyOf, rowsOf } from "./bag";
import type { Catalogue } from "./catalogue";
import { money, totals } from "./money";
import { button, fill, priceTag, shopLink, stepper } from "./parts";
import { Sheet } from "./sheet";
import { type CheckOut, type Till, itemTold } from "./till";
import { say } from "./words";

export class BagSheet {
  readonly sheet: Sheet;
  private trouble = "";
  private busy = false;
  /** How to go on after “Check out”: as the shop says, or product by product where there is no shop around the page. */
  private way: Exclude<CheckOut, { kind: "failed" }> | { readonly kind: "each" } | null = null;

  /** @param announce say it to who does not see it */
  constructor(
    private readonly catalogue: Catalogue,
    private readonly till: Till,
    private readonly announce: (words: string) => void,
    onClose: () => void,
  ) {
    this.sheet = new Sheet("bag", () => {
      this.way = null;
      this.trouble = "";
      onClose();
    });
    this.sheet.heading.textContent = say.bag;
  }

  update(): void {
    if (!this.sheet.shown) return;
    const rows = rowsOf(this.till.bag.lines, this.catalogue.show);
    const { others } = this.till;
    fill(this.sheet.body, { rows, others, trouble: this.trouble, busy: this.busy, way: this.way }, () => {
      const note = others > 0 ? [make("p", "quiet", say.others(others))] : [];
      if (rows.length === 0) return [make("p", "lead", say.bagEmpty), make("p", "quiet", say.bagEmptyWhy), ...note];
      const list = make("ul", "rows");
      list.append(...rows.map((row) => this.row(row)));
      return [list, ...note, this.foot(rows)];
    });
  }

  private row(row: Row): HTMLElement {
    const { line, product, variant, size, price } = row;
    const key = keyOf(line);
    const name = product?.name ?? line.product;
    const item = make("li", "row");
    const image = variant?.image ?? product?.images[0];
    if (image) {
      const picture = make("img", "thumb");
      picture.src = image;
      picture.alt = "";
      item.append(picture);
    } else if (variant?.swatch) {
      const patch = make("i", "thumb patch");
      patch.style.background = variant.swatch;
      item.append(patch);
    }
    const words = make("div", "row-words");
    const title = make("div", "title-line");
    title.append(make("h3", "", name));
    if (product) title.append(priceTag(price && { ...price, amount: price.amount * line.quantity }));
    words.append(title, make("p", "quiet", product ? [variant?.name, size?.size].filter(Boolean).join(" · ") : say.gone));
    const acts = make("div", "acts");
    if (product) acts.append(stepper(`${say.quantity}, ${name}`, line.quantity, row.most, (quantity) => void this.change(row, quantity, name)));
    acts.append(button("×", "remove", `remove ${key}`, () => void this.change(row, 0, name), say.remove(name)));
    words.append(acts);
    item.append(words);
    return item;
  }

  private foot(rows: readonly Row[]): HTMLElement {
    const foot = make("div", "sheet-foot");
    const sums = totals(rows.map((each) => ({ price: each.price, quantity: each.line.quantity })));
    const total = make("p", "total");
    total.append(make("span", "", say.total), make("span", "price", sums.map((each) => money(each)).join(" + ") || say.priceInShop));
    foot.append(total);
    if (sums.length > 0 && rows.some((each) => each.product && !each.price)) foot.append(make("p", "quiet", say.unpriced));
    foot.append(...this.wayOut(rows));
    const words = make("p", "trouble", this.trouble);
    words.setAttribute("role", "alert");
    if (this.trouble) foot.append(words);
    return foot;
  }

  private wayOut(rows: readonly Row[]): readonly HTMLElement[] {
    const { way } = this;
    if (way === null) {
      const out = button(this.busy ? say.checkingOut : say.checkOut, "main-button", "check out", () => void this.checkOut(rows));
      out.setAttribute("aria-busy", String(this.busy));
      return [out];
    }
    if (way.kind === "shop") return [make("p", "lead", say.checkedOut)];
    if (way.kind === "link") return [shopLink(way.url, say.toCheckOut, say.toCheckOut, () => undefined)];
    const links = new Map(rows.flatMap(({ product }) => (product?.link ? [[product.link, product] as const] : [])));
    if (links.size === 0) return [make("p", "quiet", say.noCheckOut)];
    const each = [...links].map(([url, product]) =>
      shopLink(url, product.name, say.inShopOf(product.name), () => events.emit("product-link", { product: product.id, url })),
    );
    return [make("p", "quiet", say.oneByOne), ...each];
  }

  private async change(row: Row, quantity: number, name: string): Promise<void> {
    const outcome = await this.till.change(row, quantity);
    this.trouble = outcome.ok ? "" : outcome.words;
    if (outcome.ok && quantity === 0) this.announce(say.removed(name));
    this.update();
  }

  private async checkOut(rows: readonly Row[]): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.update();
    const way = await this.till.checkOut(rows);
    this.busy = false;
    this.trouble = way?.kind === "failed" ? way.words : "";
    const items = rows.flatMap(({ line, product }) => (product ? [itemTold(line, line.quantity)] : []));
    if (way?.kind !== "failed") events.emit("begin-checkout", { items });
    this.way = way === null ? { kind: "each" } : way.kind === "failed" ? null : way;
    this.update();
  }
}
