/** A few words over the picture that go by themselves: hints and what has been done. */

import { byId, setText } from "./dom";

const SHOWN_MS = 2600;

let timer = 0;

export function toast(words: string): void {
  const element = byId("toast", HTMLElement);
  setText(element, words);
  element.classList.add("shown");
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    element.classList.remove("shown");
    setText(element, "");
  }, SHOWN_MS);
}
