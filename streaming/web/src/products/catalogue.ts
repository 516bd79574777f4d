/**
 * The products of the show, and what the visitor does with them: one is pointed at, one is selected, each has a variant that was chosen.
 *
 * Every part of the page that knows products knows them from here. What a visitor steps through are things: products, and garments that stand in
 * the room without being sold. They are in the order of the room, clockwise from straight ahead; what stands nowhere comes last.
 */

import { type Garment, type Price, type Product, type Show, type Size, type Variant, readShow } from "./show";

/** A product, a garment, or a product with its garment. */
export interface Thing {
  /** The product's, else the garment's name. */
  readonly id: string;
  readonly name: string;
  readonly product: Product | null;
  readonly garment: Garment | null;
}

/** What the shop knows better than the feed. */
export interface Amendment {
  readonly price?: Price;
  readonly stock?: Readonly<Record<string, number>>;
}

export class Catalogue {
  /** As the server says it; null while it is not known. */
  show: Show | null = null;
  things: readonly Thing[] = [];
  /** The thing whose marker is lit: by the keyboard, by the list. */
  pointed: string | null = null;
  /** The thing whose card is open. */
  selected: string | null = null;
  private readonly chosen = new Map<string, string>();
  private readonly amended = new Map<string, Amendment>();
  private readonly listeners = new Set<() => void>();
  private fetched: Show | null = null;
  private revision: number | undefined;
  private asking = false;

  /** @param token of a visitor who needs one to watch */
  constructor(
    private readonly channel: string,
    private readonly token: string | null = null,
  ) {}

  /** Be told of every change, until the answer is called. */
  follow(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The server has this revision: ask for it unless it is here. Without an answer, the next call asks again. */
  async revise(revision: number | undefined): Promise<void> {
    this.revision = revision;
    if (this.asking || revision === undefined || revision === this.fetched?.revision) return;
    this.asking = true;
    try {
      const wanted = revision;
      const found = await fetchShow(this.channel, this.token);
      this.take(found);
      if (this.revision !== wanted) queueMicrotask(() => void this.revise(this.revision)); // it moved meanwhile
    } catch {
      // the server is away: what is here stays, and the page says elsewhere that nobody answers
    } finally {
      this.asking = false;
    }
  }

  /** Show this from now on. */
  take(show: Show | null): void {
    this.fetched = show;
    this.show = show && this.withAmendments(show);
    this.things = this.show ? thingsOf(this.show) : [];
    if (this.selected !== null && !this.thing(this.selected)) this.selected = null;
    if (this.pointed !== null && !this.thing(this.pointed)) this.pointed = null;
    this.tell();
  }

  /** What the shop says of prices and stock goes before the feed. */
  amend(product: string, amendment: Amendment): void {
    this.amended.set(product, amendment);
    if (this.fetched) this.take(this.fetched);
  }

  thing(id: string | null): Thing | null {
    return this.things.find((each) => each.id === id) ?? null;
  }

  /** The thing that a garment is part of. */
  thingOf(garment: string): Thing | null {
    return this.things.find((each) => each.garment?.name === garment) ?? null;
  }

  /** The product that the host has pinned last. */
  get pinned(): Product | null {
    const newest = this.show?.pins.at(-1)?.product;
    return this.show?.products.find((each) => each.id === newest) ?? null;
  }

  /** Tells one pin from the next, of the same product too; empty: nothing is pinned. */
  get pin(): string {
    return this.pinned ? `${this.pinned.id} ${this.show?.pins.at(-1)?.sinceUnixS}` : "";
  }

  /** Open a thing, by its product's id or its garment's name; null: none. What is not there is not opened. */
  select(id: string | null): void {
    const found = id === null ? null : (this.thing(id) ?? this.thingOf(id));
    if (id !== null && !found) return;
    const wanted = found?.id ?? null;
    if (wanted === this.selected) return;
    this.selected = wanted;
    if (wanted !== null) this.pointed = wanted;
    this.tell();
  }

  point(id: string | null): void {
    const wanted = this.thing(id)?.id ?? null;
    if (wanted === this.pointed) return;
    this.pointed = wanted;
    this.tell();
  }

  /** Point at the next thing to the right; where a card is open, it becomes that thing's. */
  next(): Thing | null {
    return this.step(1);
  }

  previous(): Thing | null {
    return this.step(-1);
  }

  /** The variant of a product that the visitor sees: the one they chose, else the one that the garment in the room has on, else the first. */
  variant(product: Product): Variant | null {
    const id = this.chosen.get(product.id);
    const worn = this.thing(product.id)?.garment?.variant;
    const { variants } = product;
    return variants.find((each) => each.id === id) ?? variants.find((each) => worn && each.gltfVariant === worn) ?? variants[0] ?? null;
  }

  choose(product: Product, variant: string): void {
    if (this.variant(product)?.id === variant && this.chosen.get(product.id) === variant) return;
    this.chosen.set(product.id, variant);
    this.tell();
  }

  /** Garments whose variant the visitor chose, by name: for whoever draws them here. */
  get worn(): ReadonlyMap<string, string> {
    const worn = new Map<string, string>();
    for (const { product, garment } of this.things) {
      if (!product || !garment || !this.chosen.has(product.id)) continue;
      const variant = this.variant(product)?.gltfVariant;
      if (variant) worn.set(garment.name, variant);
    }
    return worn;
  }

  private step(by: 1 | -1): Thing | null {
    const count = this.things.length;
    if (count === 0) return null;
    const at = this.things.findIndex((each) => each.id === (this.selected ?? this.pointed));
    const found = this.things[at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count] as Thing;
    this.pointed = found.id;
    if (this.selected !== null) this.selected = found.id;
    this.tell();
    return found;
  }

  private withAmendments(show: Show): Show {
    if (this.amended.size === 0) return show;
    return { ...show, products: show.products.map((each) => amendedProduct(each, this.amended.get(each.id))) };
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** The show of a channel, or null where there is none. */
export async function fetchShow(channel: string, token: string | null = null): Promise<Show | null> {
  const path = `/api/v1/channels/${encodeURIComponent(channel)}/show`;
  // no-cache: the browser sends the ETag of what it has, and an answer of 304 costs nothing
  const headers = { Accept: "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(path, { cache: "no-cache", headers, signal: AbortSignal.timeout(5000) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return readShow(await response.json(), { here: location.href, token });
}

/** Products and lone garments with a title, clockwise from straight ahead. */
export function thingsOf(show: Show): readonly Thing[] {
  const garments = show.scene?.garments ?? [];
  const products = show.products.map((product): Thing => {
    const garment = garments.find((each) => each.product === product.id) ?? garments.find((each) => each.name === product.garment) ?? null;
    return { id: product.id, name: product.name, product, garment };
  });
  const sold = new Set(products.map((each) => each.garment?.name));
  const lone = garments.filter((each) => !sold.has(each.name) && each.title !== each.name);
  const things = [...products, ...lone.map((garment): Thing => ({ id: garment.name, name: garment.title, product: null, garment }))];
  const clockwise = (each: Thing): number => (each.garment ? (each.garment.yawDeg + 360) % 360 : Infinity);
  return things.toSorted((a, b) => clockwise(a) - clockwise(b) || 0);
}

/** What a product costs in a variant. */
export function priceOf(product: Product, variant: Variant | null): Price | null {
  return variant?.price ?? product.price;
}

/** Whether anything of it can be had. */
export function available(sizes: readonly Size[]): boolean {
  return sizes.length === 0 || sizes.some((each) => each.stock !== 0);
}

function amendedProduct(product: Product, amendment: Amendment | undefined): Product {
  if (!amendment) return product;
  const stock = new Map(Object.entries(amendment.stock ?? {}));
  const sizes = (of: readonly Size[]): Size[] => of.map((each) => ({ ...each, stock: stock.get(each.sku) ?? each.stock }));
  const variants = product.variants.map((each) => ({ ...each, sizes: sizes(each.sizes), price: amendment.price ? null : each.price }));
  return { ...product, price: amendment.price ?? product.price, variants };
}
