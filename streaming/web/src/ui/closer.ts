/** The button that closes what it stands in. */

import { phrases } from "../language";
import { icon, make } from "./dom";

const say = phrases({ close: "Close" }, { close: "关闭" });
const CROSS = "M6.5 6.5l11 11M17.5 6.5l-11 11";

export function closer(close: () => void): HTMLButtonElement {
  const button = make("button", "close");
  button.type = "button";
  button.setAttribute("aria-label", say.close);
  button.append(icon(CROSS));
  button.addEventListener("click", close);
  return button;
}
