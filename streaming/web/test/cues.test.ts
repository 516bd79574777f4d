import { expect, test } from "vitest";

import { type Caption, Cues, best, escaped, readCaptions } from "../src/ui/cues";

const said = (text: string, atMs: number, lang = "en", durationMs = 4000): Caption => ({ text, lang, atMs, durationMs });
const cuesOf = (captions: readonly Caption[], ...wanted: string[]): Cues => {
  const cues = new Cues(wanted);
  cues.take(captions);
  return cues;
};

test("captions are read, and what is none is passed over", () => {
  const good = { text: "Hello <b>", lang: "en", at_ms: 1000, duration_s: 1.5 };
  expect(readCaptions([good, { ...good, extra: 1 }])).toEqual([said("Hello <b>", 1000, "en", 1500), said("Hello <b>", 1000, "en", 1500)]);
  const odd = [null, 3, "a", [], { ...good, text: 3 }, { ...good, lang: null }, { ...good, at_ms: "1" }, { ...good, at_ms: NaN }, { ...good, duration_s: undefined }];
  expect(readCaptions(odd)).toEqual([]);
  for (const none of [null, undefined, {}, "captions", 3]) expect(readCaptions(none)).toEqual([]);
});

test("a caption is shown from its picture on until its time is over, or another comes, or an empty one", () => {
  const cues = cuesOf([said("one", 1000), said("two", 7000), said("three", 8000), said("", 9000)]);
  const at = (ms: number): string | undefined => cues.at(ms)?.text;
  expect([999, 1000, 4999, 5000, 7000, 7999, 8000, 8999, 9000].map(at)).toEqual([
    undefined, "one", "one", undefined, "two", "two", "three", "three", undefined,
  ]);
});

test("pictures of a while ago have the captions of then", () => {
  const cues = cuesOf([said("one", 1000), said("two", 60_000)]);
  expect(cues.at(61_000)?.text).toBe("two");
  expect(cues.at(2000)?.text).toBe("one");
});

test("who is told late, twice, or in disorder sees the same", () => {
  const cues = cuesOf([said("two", 2000), said("one", 1000)]);
  cues.take([said("two", 2000)]);
  expect([1500, 2500].map((ms) => cues.at(ms)?.text)).toEqual(["one", "two"]);
  cues.take([said("mended", 2000)]);
  expect(cues.at(2500)?.text).toBe("mended");
});

test("the visitor's language is shown, else the first", () => {
  const both = [said("你好", 1000, "zh-hans"), said("Guten Abend", 1100, "de")];
  expect(cuesOf(both, "de-AT", "en").at(2000)?.text).toBe("Guten Abend");
  expect(cuesOf(both, "zh-TW").at(2000)?.text).toBe("你好");
  expect(cuesOf(both, "fr").at(2000)?.text).toBe("你好");
  expect(cuesOf([said("who knows", 1000, "")], "en").at(2000)?.text).toBe("who knows");
});

test("between two captions of a language nobody sees another; where it has fallen silent, one does", () => {
  const cues = cuesOf([said("hello", 1000, "en"), said("hallo", 2000, "de", 60_000)], "en");
  expect(cues.at(6000)).toBeNull();
  expect(cues.at(61_500)?.text).toBe("hallo");
});

test("the whole tag counts for more than its beginning, and the dearest for more than the next", () => {
  expect(best(["zh-hans", "zh-hant"], ["zh-Hant"])).toBe("zh-hant");
  expect(best(["en", "zh-hans"], ["fr", "zh-CN", "en"])).toBe("zh-hans");
  expect(best(["en", "de"], [])).toBe("en");
  expect(best([], ["en"])).toBeUndefined();
});

test("a show of ten hours takes no more room than the last minutes", () => {
  const cues = new Cues([]);
  for (let n = 0; n < 10_000; n += 1) cues.take([said(`caption ${n}`, 1000 * n)]);
  expect(cues.at(9_999_000)?.text).toBe("caption 9999");
  expect(cues.at(9_744_000)?.text).toBe("caption 9744");
  expect(cues.at(9_743_000)).toBeNull();
});

test("signs of WebVTT stand for themselves", () => {
  expect(escaped("<i>a</i> &amp; --> b")).toBe("&lt;i&gt;a&lt;/i&gt; &amp;amp; --&gt; b");
});
