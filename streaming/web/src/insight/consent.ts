/** The question whether a visit may be counted. Nothing is counted before it is answered; it can be answered otherwise at any time. */

import "./consent.css";
import { phrases } from "../language";
import { choice } from "../settings";
import { make } from "../ui/dom";

const say = phrases(
  {
    question: "May we count where you look, and which products you open?",
    why: "Only sums are kept: no name, no address, no path.",
    yes: "You may",
    no: "Please don’t",
    label: "Your privacy",
  },
  {
    question: "我们可以统计您看向哪里、打开了哪些商品吗？",
    why: "只保留汇总数字：不记录姓名、地址和浏览轨迹。",
    yes: "同意",
    no: "不同意",
    label: "您的隐私",
  },
);

/** What the visitor said; empty: nothing yet. */
export const consent = choice<"" | "yes" | "no">("consent", "", ["", "yes", "no"]);

/** Whether the browser itself says no for its user (Global Privacy Control); then nobody is asked. */
export function refusedByBrowser(browser: { readonly globalPrivacyControl?: boolean; readonly doNotTrack?: string | null }): boolean {
  return browser.globalPrivacyControl === true || browser.doNotTrack === "1";
}

/** Ask in a small bar over the picture, unless it was answered; the answer closes it. */
export function askForConsent(page: HTMLElement): void {
  if (consent.value !== "" || refusedByBrowser(navigator)) return;
  const bar = make("section", "consent");
  bar.setAttribute("aria-label", say.label);
  const words = make("p", "", say.question);
  words.append(" ", make("small", "", say.why));
  bar.append(words, button(say.yes, "yes"), button(say.no, "no"));
  page.append(bar);
  consent.follow(() => bar.remove());
}

function button(text: string, answer: "yes" | "no"): HTMLButtonElement {
  const made = make("button", answer, text);
  made.type = "button";
  made.addEventListener("click", () => {
    consent.value = answer;
  });
  return made;
}
