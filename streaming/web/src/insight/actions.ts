/** Events of the page under the names that Google Analytics 4 has for them, where it has one. Pure. */

import type { EventName, Events } from "../events";

export interface Action {
  readonly name: string;
  readonly product: string;
}

export const NAMES: Partial<Record<EventName, string>> = {
  "product-view": "view_item",
  "hotspot-select": "select_item",
  "add-to-cart": "add_to_cart",
  "remove-from-cart": "remove_from_cart",
  "begin-checkout": "begin_checkout",
  "product-link": "click",
  share: "share",
  "vr-enter": "vr_enter",
  "vr-exit": "vr_exit",
};

/** The actions that an event is, one for each product that it is about; none for an event that is not counted. */
export function actionsOf<Name extends EventName>(event: Name, detail: Events[Name]): readonly Action[] {
  const name = NAMES[event];
  if (!name) return [];
  const { product, id, items } = detail as { product?: string; id?: string; items?: Events["begin-checkout"]["items"] };
  const about = items ? new Set(items.map((each) => each.product)) : [product ?? id ?? ""];
  return [...about].map((each) => ({ name, product: each.slice(0, 64) }));
}
