/** Events of the page under the names that Google Analytics 4 has for them, where it has one. Pure. */

import type { EventName, Events } from "../events";

export interface Action {
  readonly name: string;
  readonly product: string;
}

const NAMES: Partial<Record<EventName, string>> = {
  "product-view": "view_item",
  "hotspot-select": "select_item",
  "add-to-cart": "add_to_cart",
  "product-link": "click",
  share: "share",
  "vr-enter": "vr_enter",
  "vr-exit": "vr_exit",
};

/** The action that an event is; null for one that is not counted. */
export function actionOf<Name extends EventName>(event: Name, detail: Events[Name]): Action | null {
  const name = NAMES[event];
  if (!name) return null;
  const { product, id } = detail as { product?: string; id?: string };
  return { name, product: (product ?? id ?? "").slice(0, 64) };
}
