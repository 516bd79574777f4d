/** What is open before the visitor: the card of a thing, or its way to the phone. */

import { keyOf, lineOf } from "../products/bag";
import type { Catalogue, Thing } from "../products/catalogue";
import type { Product, Size, Variant } from "../products/show";
import type { Outcome } from "../products/till";
import { type Page, cardPage, phonePage } from "./card";
import { Panel, measure } from "./panel";

export interface Shop {
  readonly catalogue: Catalogue;
  /** Open the card of this, as if it had been chosen on the page. */
  readonly open: (thing: Thing) => void;
  /** Put one into the bag. */
  readonly add: (product: Product, variant: Variant | null, size: Size | null) => Promise<Outcome>;
  /** The address that opens this product elsewhere. */
  readonly address: (thing: Thing) => string;
}

export class Counter {
  readonly panel = new Panel((id) => this.act(id));
  /** What is open. */
  thing: Thing | null = null;
  side: "card" | "phone" = "card";
  private size: string | null = null;
  private added: string | null = null; // the key of its line in the bag
  private fault = "";

  constructor(
    private readonly shop: Shop,
    private readonly onClose: () => void,
  ) {}

  open(thing: Thing): void {
    if (thing.id !== this.thing?.id) [this.size, this.added, this.fault, this.side] = [null, null, "", "card"];
    this.thing = thing;
    this.refresh();
  }

  close(): void {
    this.thing = null;
    this.panel.hide();
  }

  /** The catalogue has changed: prices, stock, what was chosen. */
  refresh(): void {
    if (!this.thing) return;
    this.thing = this.shop.catalogue.thing(this.thing.id) ?? this.thing;
    if (this.side === "card") this.panel.show(this.card(this.thing));
  }

  /** Turn the card over: a code for the phone's camera. */
  async handOver(): Promise<void> {
    const { thing } = this;
    if (!thing?.product || this.side === "phone") return;
    this.side = "phone";
    const address = this.shop.address(thing);
    const cells = await codeOf(address);
    if (this.thing?.id !== thing.id || this.side !== "phone") return;
    if (cells) this.panel.show(phonePage(thing.name, address, cells, measure));
    else this.side = "card";
  }

  /** One step back; false: there was nothing to go back from. */
  back(): boolean {
    if (!this.thing) return false;
    if (this.side === "phone") {
      this.side = "card";
      this.refresh();
    } else this.onClose();
    return true;
  }

  private card(thing: Thing): Page {
    const { product } = thing;
    const variant = product && this.shop.catalogue.variant(product);
    const size = this.chosen(variant);
    const added = product !== null && this.added === keyOf(lineOf(product, variant, size));
    return cardPage(thing.name, product, { variant, size, added, fault: this.fault }, measure);
  }

  /** The size chosen; the only one chooses itself. */
  private chosen(variant: Variant | null): Size | null {
    const sizes = variant?.sizes ?? [];
    return sizes.find((each) => each.size === this.size) ?? (sizes.length === 1 ? (sizes[0] ?? null) : null);
  }

  private act(id: string): void {
    const product = this.thing?.product ?? null;
    const [what, which = ""] = [id.split(":")[0], id.slice(id.indexOf(":") + 1)];
    if (what === "close") return this.onClose();
    if (what === "back") return void this.back();
    if (!product) return;
    const variant = this.shop.catalogue.variant(product);
    if (what === "variant") return this.shop.catalogue.choose(product, which); // which tells us, too
    if (what === "phone") return void this.handOver();
    this.fault = "";
    if (what === "size") this.size = variant?.sizes.find((each) => each.sku === which)?.size ?? null;
    if (what === "add") void this.put(product, variant);
    this.refresh();
  }

  private async put(product: Product, variant: Variant | null): Promise<void> {
    const size = this.chosen(variant);
    const outcome = await this.shop.add(product, variant, size);
    if (this.thing?.product?.id !== product.id) return;
    if (outcome.ok) this.added = keyOf(lineOf(product, variant, size));
    else this.fault = outcome.words;
    this.refresh();
  }
}

/** A QR code's cells; null where what makes them did not come. */
async function codeOf(address: string): Promise<boolean[][] | null> {
  try {
    const { encode } = await import("uqr");
    return encode(address, { ecc: "M", border: 0 }).data;
  } catch (fault) {
    console.warn(fault);
    return null;
  }
}
