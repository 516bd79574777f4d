/** Prices as people write them, in the page's language. */

import { language } from "../language";
import type { Price } from "./show";

/** The visitor's own way of writing numbers, where it is one of the page's language. */
export const LOCALE =
  typeof navigator === "undefined" ? language : (navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language);

/** “€459”, “£12.50”, “¥12,800”: a whole amount stands without its zeros. */
export function money(price: Price, locale: string = LOCALE): string {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: price.currency, trailingZeroDisplay: "stripIfInteger" });
  return format.format(price.amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** The sum in each currency, in the order in which they come. */
export function totals(items: readonly { readonly price: Price | null; readonly quantity: number }[]): readonly Price[] {
  const sums = new Map<string, number>();
  for (const { price, quantity } of items) {
    if (price) sums.set(price.currency, (sums.get(price.currency) ?? 0) + price.amount * quantity);
  }
  return [...sums].map(([currency, amount]) => ({ amount, currency }));
}
