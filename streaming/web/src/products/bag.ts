/**
 * What the visitor wants to buy. Embedded in a shop, the shop's own cart is the truth and this is its mirror; alone, the bag is kept by the
 * browser, for each channel. It keeps names of things only: prices are always those of today.
 */

import { Setting } from "../settings";
import { type Thing, priceOf } from "./catalogue";
import { type Price, type Product, type Show, type Size, type Variant, finite, list, name, record } from "./show";

export interface Line {
  readonly product: string;
  readonly variant: string | null;
  readonly sku: string | null;
  readonly quantity: number;
}

/** A line with what the show says of it. */
export interface Row {
  readonly line: Line;
  /** null: not sold here any more. */
  readonly product: Product | null;
  readonly variant: Variant | null;
  readonly size: Size | null;
  readonly price: Price | null;
  readonly quantity: number;
  /** The most that can be had. */
  readonly most: number;
}

export const MOST = 20; // of one thing in a bag: more is a matter for the shop
const EMPTY: readonly Line[] = [];

export function kept(channel: string): Setting<readonly Line[]> {
  return new Setting(`bag.${channel}`, EMPTY, (text) => readLines(parsed(text)), (lines) => JSON.stringify(lines));
}

export class Bag {
  constructor(private readonly setting: Pick<Setting<readonly Line[]>, "value" | "follow">) {}

  get lines(): readonly Line[] {
    return this.setting.value;
  }

  get count(): number {
    return this.lines.reduce((sum, each) => sum + each.quantity, 0);
  }

  follow(listener: () => void): () => void {
    return this.setting.follow(listener);
  }

  /** As many of it as there are in the bag. */
  quantity(of: Omit<Line, "quantity">): number {
    return this.lines.find((each) => keyOf(each) === keyOf(of))?.quantity ?? 0;
  }

  /** Have so many of it from now on; 0: none. */
  set(of: Omit<Line, "quantity">, quantity: number): void {
    const wanted = Math.min(Math.max(Math.floor(quantity), 0), MOST);
    const { product, variant, sku } = of;
    const line: Line = { product, variant, sku, quantity: wanted };
    const known = this.lines.some((each) => keyOf(each) === keyOf(of));
    const lines = known ? this.lines.map((each) => (keyOf(each) === keyOf(of) ? line : each)) : [...this.lines, line];
    this.replace(lines);
  }

  replace(lines: readonly Line[]): void {
    const wanted = lines.filter((each) => each.quantity > 0);
    this.setting.value = wanted.length > 0 ? wanted : EMPTY;
  }
}

export function keyOf(line: Omit<Line, "quantity">): string {
  return line.sku ?? JSON.stringify([line.product, line.variant]);
}

/** The line of a product as it was chosen. */
export function lineOf(product: Product, variant: Variant | null, size: Size | null): Omit<Line, "quantity"> {
  return { product: product.id, variant: variant?.id ?? null, sku: size?.sku ?? null };
}

export function rowsOf(lines: readonly Line[], show: Show | null): readonly Row[] {
  return lines.map((line): Row => {
    const product = show?.products.find((each) => each.id === line.product) ?? null;
    const variant = product?.variants.find((each) => each.id === line.variant) ?? null;
    const size = variant?.sizes.find((each) => each.sku === line.sku) ?? null;
    const gone = !product || (line.variant !== null && !variant) || (line.sku !== null && !size);
    if (gone) return { line, product: null, variant, size, price: null, quantity: line.quantity, most: 0 };
    return { line, product, variant, size, price: priceOf(product, variant), quantity: line.quantity, most: Math.min(size?.stock ?? MOST, MOST) };
  });
}

/** A product that is sold by its SKU alone, as shops know it: its line, or null for what is not of this show. */
export function lineOfSku(sku: string, quantity: number, things: readonly Thing[]): Line | null {
  for (const { product } of things) {
    for (const variant of product?.variants ?? []) {
      if (variant.sizes.some((each) => each.sku === sku)) return { product: product!.id, variant: variant.id, sku, quantity };
    }
  }
  return null;
}

export function readLines(value: unknown): readonly Line[] {
  return list(value, (each): Line | null => {
    const from = record(each);
    const [product, quantity] = [name(from?.["product"]), finite(from?.["quantity"])];
    if (!from || !product || quantity === null || quantity < 1) return null;
    return { product, variant: name(from["variant"]) || null, sku: name(from["sku"]) || null, quantity: Math.min(Math.floor(quantity), MOST) };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
