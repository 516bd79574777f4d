/** The help behind “?”: every key and what it does. */

import type { KeyLine } from "../input/keys";
import { phrases } from "../language";
import { dialog } from "./dialog";
import { make } from "./dom";

const say = phrases({ title: "Keys" }, { title: "快捷键" });

let element: HTMLDialogElement | null = null;

export function showKeys(lines: readonly KeyLine[]): void {
  element ??= build(lines);
  if (!element.open) element.showModal();
}

function build(lines: readonly KeyLine[]): HTMLDialogElement {
  const { element, body } = dialog("keyhelp", say.title);
  const list = make("dl", "keys");
  for (const { caps, does } of lines) {
    const term = make("dt");
    term.append(...caps.map((each) => make("kbd", "", each)));
    list.append(term, make("dd", "", does));
  }
  body.append(list);
  return element;
}
