import { expect, test } from "vitest";
import { volumeSticks } from "../src/sound/volume";

test("a volume that the page may set is found out, and stays as it was", () => {
  for (const volume of [0, 0.5, 1]) {
    const element = { volume };
    expect(volumeSticks(element)).toBe(true);
    expect(element.volume).toBe(volume);
  }
});

test("an iPhone keeps its own", () => {
  const iphone = {
    get volume() {
      return 1;
    },
    set volume(_: number) {
      // only the buttons at its side change it
    },
  };
  expect(volumeSticks(iphone)).toBe(false);
});
