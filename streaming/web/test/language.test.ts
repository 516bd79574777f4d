import { expect, test } from "vitest";
import { best, phrases } from "../src/language";

test("the browser's first language that we have is spoken", () => {
  expect(best(["fr-CH", "zh-Hant-TW", "en"])).toBe("zh");
  expect(best(["EN-gb", "zh"])).toBe("en");
});

test("who speaks none of ours hears English", () => {
  expect(best(["fi"])).toBe("en");
  expect(best([])).toBe("en");
});

test("words may take values", () => {
  const say = phrases({ left: (count: number) => `${count} left`, mute: "Mute" }, { left: (count) => `剩 ${count} 件`, mute: "静音" });
  expect(say.left(3)).toBe("3 left");
  expect(say.mute).toBe("Mute");
});
