/** Puts things into the bag and takes them out: in the shop's cart where the page is embedded in one, and in the page's own bag elsewhere. */

import { type Events, events } from "../events";
import { type Bag, type Line, type Row, lineOf, lineOfSku } from "./bag";
import { type Catalogue, priceOf } from "./catalogue";
import { type Price, type Product, type Size, type Variant, webLink } from "./show";
import { type CartItem, type Embedder, type Item, type Question, ShopLink, readCart, readProductData } from "./shop";
import { reasonWords } from "./words";

/** What came of it: words for the visitor where it did not work. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly words: string };

/** Where to go on with buying. */
export type CheckOut = { readonly kind: "shop" } | { readonly kind: "link"; readonly url: string } | { readonly kind: "failed"; readonly words: string };

const DONE: Outcome = { ok: true };

export class Till {
  /** Things in the shop's cart that are not of this show. */
  others = 0;
  private readonly link: ShopLink | null;
  private known = ""; // the products that the shop was asked about

  /** @param embedder the page around this one, if there is any */
  constructor(
    embedder: Embedder | null,
    private readonly catalogue: Catalogue,
    readonly bag: Bag,
    private readonly onChange: () => void,
  ) {
    this.link = embedder && new ShopLink(embedder, (cart) => this.shopChanged(cart));
    bag.follow(onChange);
  }

  /** The channel's shops may have changed, or its products. */
  update(): void {
    const { show } = this.catalogue;
    if (!show || !this.link) return;
    this.link.allow([location.origin, ...show.shopOrigins]); // who has our own origin could do all of it without asking
    const known = show.products.map((each) => each.id).join("\n");
    if (known !== this.known) void this.askProducts(known);
  }

  async add(product: Product, variant: Variant | null, size: Size | null, quantity: number): Promise<Outcome> {
    const line = lineOf(product, variant, size);
    const outcome = await this.ask("ADD_TO_CART", { item: itemOf(product, variant, size, quantity) });
    if (!outcome.ok) return outcome;
    this.bag.set(line, this.bag.quantity(line) + quantity);
    events.emit("add-to-cart", itemTold(line, quantity));
    return DONE;
  }

  async change(row: Row, quantity: number): Promise<Outcome> {
    const { line, product, variant, size } = row;
    if (product) {
      const outcome = await this.ask("UPDATE_ITEM_IN_CART", { item: itemOf(product, variant, size, quantity), previous: line.quantity });
      if (!outcome.ok) return outcome;
    }
    this.bag.set(line, quantity);
    const more = quantity - line.quantity;
    if (more !== 0) events.emit(more > 0 ? "add-to-cart" : "remove-from-cart", itemTold(line, Math.abs(more)));
    return DONE;
  }

  /** The shop's check-out, if the page is embedded in one that has any; null: the visitor goes to each product's page. */
  async checkOut(rows: readonly Row[]): Promise<CheckOut | null> {
    if (!this.link?.answers("CHECKOUT")) return null;
    const items = rows.flatMap(({ product, variant, size, line }) => (product ? [itemOf(product, variant, size, line.quantity)] : []));
    const answer = await this.link.ask("CHECKOUT", { items });
    if (!answer.ok) return { kind: "failed", words: reasonWords(answer.reason, answer.words) };
    const url = webLink(answer.body["url"]);
    return url ? { kind: "link", url } : { kind: "shop" };
  }

  /** Where there is no shop, or it leaves that to us, it is done. */
  private async ask(question: Question, body: object): Promise<Outcome> {
    if (!this.link?.answers(question)) return DONE;
    const answer = await this.link.ask(question, body);
    return answer.ok ? DONE : { ok: false, words: reasonWords(answer.reason, answer.words) };
  }

  private shopChanged(cart: readonly CartItem[] | null): void {
    if (cart) this.mirror(cart);
    else {
      this.known = "";
      this.update();
      void this.sync();
    }
  }

  private async sync(): Promise<void> {
    const answer = await this.link?.ask("SYNC_CART_STATE", {});
    if (answer?.ok) this.mirror(readCart(answer.body["items"]));
  }

  private mirror(cart: readonly CartItem[]): void {
    const lines: Line[] = [];
    this.others = 0;
    for (const { sku, quantity } of cart) {
      const line = lineOfSku(sku, quantity, this.catalogue.things);
      if (line) lines.push(line);
      else this.others += quantity;
    }
    this.bag.replace(lines);
    this.onChange();
  }

  private async askProducts(known: string): Promise<void> {
    if (!this.link?.answers("PROVIDE_PRODUCT_DATA")) return;
    this.known = known;
    const products = (this.catalogue.show?.products ?? []).map(({ id, name, link }) => ({ product: id, name, link }));
    const answer = await this.link.ask("PROVIDE_PRODUCT_DATA", { products });
    if (!answer.ok) return;
    for (const { product, price, stock } of readProductData(answer.body["products"])) {
      this.catalogue.amend(product, price ? { price, stock } : { stock });
    }
  }
}

/** A line as events tell of it. */
export function itemTold({ product, sku }: Omit<Line, "quantity">, quantity: number): Events["add-to-cart"] {
  return { product, sku: sku ?? product, quantity };
}

function itemOf(product: Product, variant: Variant | null, size: Size | null, quantity: number): Item {
  const price: Price | null = priceOf(product, variant);
  const { id, name, link } = product;
  return { product: id, name, variant: variant?.id ?? null, size: size?.size ?? null, sku: size?.sku ?? null, quantity, price, link };
}
