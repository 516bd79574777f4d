/** Dialogs of the browser's own kind: it keeps the focus inside, closes them by Escape and gives the focus back. */

import "./dialog.css";
import { closer } from "./closer";
import { byId, make } from "./dom";

/** An empty dialog over the picture; a click beside it closes it. */
export function dialog(id: string, title: string): { readonly element: HTMLDialogElement; readonly body: HTMLElement } {
  const element = make("dialog");
  element.id = id;
  const head = make("header");
  const heading = make("h2", "", title);
  heading.id = `${id}-title`;
  element.setAttribute("aria-labelledby", heading.id);
  head.append(heading, closer(() => element.close()));
  const body = make("div", "body");
  element.append(head, body);
  element.addEventListener("click", (event) => event.target === element && element.close());
  byId("stage", HTMLElement).append(element);
  return { element, body };
}
