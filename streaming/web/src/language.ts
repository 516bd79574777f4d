/**
 * The page's languages. Each part of the page keeps its words beside it, in all languages:
 *
 *     const say = phrases({ mute: "Mute", left: (n: number) => `${n} left` }, { mute: "静音", left: (n) => `剩 ${n} 件` });
 *
 * The language is the visitor's wish, else the browser's first that we have, else English. Another one begins with a reload.
 */

import { choice } from "./settings";

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What the visitor chose; empty: as the browser says. */
export const wish = choice<Language | "">("language", "", [...LANGUAGES, ""]);

export const language: Language = wish.value || best(typeof navigator === "undefined" ? [] : navigator.languages);

/** Its BCP 47 tag, for the page's `lang` and for `Intl`. */
export const locale = language === "zh" ? "zh-CN" : "en";

/** The first language that we have, by BCP 47 tags in order of preference. */
export function best(tags: readonly string[]): Language {
  for (const tag of tags) {
    const found = LANGUAGES.find((each) => tag.toLowerCase().split("-")[0] === each);
    if (found) return found;
  }
  return "en";
}

type Phrase = string | ((...values: never[]) => string);

/** The words of a part of the page, in the language of the visitor. */
export function phrases<Words extends Record<string, Phrase>>(en: Words, zh: Readonly<Words>): Readonly<Words> {
  return language === "zh" ? zh : en;
}
