/** Menus of the picture's size: that of the bar and that of the settings. */

import { phrases } from "../language";
import { AUTO, type Choice } from "../link/renditions";

const say = phrases(
  { auto: "Automatic", autoNow: (size: string) => `Automatic (${size})` },
  { auto: "自动", autoNow: (size) => `自动（${size}）` },
);

const K_PX = 960; // a picture all around of 1920 px is what people call 2K
const NEAR = 0.08;

/** A size like 3840x1920 as people say it: “4K”, else “1280 × 640”. */
export function spoken(size: string): string {
  const width = Number(size.split("x")[0]);
  const k = Math.round(width / K_PX);
  return k > 0 && Math.abs(width / K_PX / k - 1) <= NEAR ? `${k}K` : size.replace("x", " × ");
}

/** Fill a menu; nothing to choose from: false. */
export function fillQuality(menu: HTMLSelectElement, choice: Choice | null): boolean {
  const offered = choice?.offered ?? [];
  if (!choice || offered.length < 2) return false;
  const names = [AUTO, ...offered];
  const said = names.map((name) => (name === AUTO ? (choice.auto ? say.autoNow(spoken(choice.name)) : say.auto) : spoken(name)));
  if (said.join() !== [...menu.options].map((each) => each.text).join()) {
    menu.replaceChildren(...names.map((name, n) => new Option(said[n], name)));
  }
  menu.value = choice.auto ? AUTO : choice.name;
  return true;
}
