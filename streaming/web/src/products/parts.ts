/** Pieces that card, bag and list are made of. */

import { make } from "../ui/dom";
import { money } from "./money";
import type { Price } from "./show";
import { say } from "./words";

/** Build an element's content anew when what it shows has changed, and at no other time; the focus stays where it was. */
export function fill(element: HTMLElement, shows: unknown, build: () => readonly (Node | string)[]): void {
  const key = JSON.stringify(shows);
  if (element.dataset["shows"] === key) return;
  element.dataset["shows"] = key;
  const focused = document.activeElement instanceof HTMLElement && element.contains(document.activeElement) ? document.activeElement : null;
  const place = focused?.dataset["key"];
  element.replaceChildren(...build());
  if (!focused) return;
  const again = [...element.querySelectorAll<HTMLElement>("[data-key]")].find((each) => each.dataset["key"] === place);
  (again ?? element.closest<HTMLElement>(".sheet"))?.focus({ preventScroll: true });
}

/** @param name what it is called where its text alone does not say it */
export function button(text: string, kind: string, key: string, act: () => void, name = ""): HTMLButtonElement {
  const made = make("button", kind, text);
  made.type = "button";
  made.dataset["key"] = key;
  if (name) made.setAttribute("aria-label", name);
  made.addEventListener("click", act);
  return made;
}

/** A link to the shop: to a place that was checked, and one that learns nothing of this page. */
export function shopLink(url: string, text: string, name: string, follow: () => void): HTMLAnchorElement {
  const link = make("a", "outward", text);
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener";
  link.dataset["key"] = `link ${url}`;
  link.setAttribute("aria-label", `${name} (${say.newTab})`);
  link.addEventListener("click", follow);
  return link;
}

export function priceTag(price: Price | null, kind = "price"): HTMLElement {
  return make("span", price ? kind : `${kind} unknown`, price ? money(price) : say.priceInShop);
}

/** A set of radio buttons, in the browser's own way. */
export function choices(legend: string, key: string, kind: string, options: readonly Option[], choose: (id: string) => void): HTMLFieldSetElement {
  const whole = make("fieldset", kind);
  whole.append(make("legend", "", legend));
  const row = make("div", "options");
  for (const option of options) {
    const label = make("label", "option");
    const input = make("input");
    input.type = "radio";
    input.name = key;
    input.value = option.id;
    input.checked = option.chosen;
    input.disabled = option.disabled ?? false;
    input.dataset["key"] = `${key} ${option.id}`;
    input.addEventListener("change", () => choose(option.id));
    label.append(input);
    if (option.swatch !== undefined) {
      const dot = make("i", "swatch");
      if (option.swatch) dot.style.background = option.swatch;
      label.append(dot);
    }
    label.append(make("span", "option-name", option.name));
    if (option.note) label.append(make("small", "", option.note));
    row.append(label);
  }
  whole.append(row);
  return whole;
}

export interface Option {
  readonly id: string;
  readonly name: string;
  readonly chosen: boolean;
  readonly disabled?: boolean;
  readonly note?: string;
  /** A colour; null: one that is not known. */
  readonly swatch?: string | null;
}

/** − 1 + */
export function stepper(name: string, quantity: number, most: number, change: (quantity: number) => void): HTMLElement {
  const whole = make("div", "stepper");
  whole.setAttribute("role", "group");
  whole.setAttribute("aria-label", name);
  const step = (text: string, by: number, said: string): HTMLButtonElement => {
    const made = button(text, "step", `${name} ${by}`, () => change(quantity + by), said);
    made.disabled = quantity + by < 1 || quantity + by > most;
    return made;
  };
  const count = make("output", "", String(quantity));
  whole.append(step("−", -1, say.fewer), count, step("+", 1, say.more));
  return whole;
}
