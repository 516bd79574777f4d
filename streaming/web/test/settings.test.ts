import { beforeEach, expect, test, vi } from "vitest";

const store = new Map<string, string>();

beforeEach(() => {
  store.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, text: string) => store.set(key, text),
    removeItem: (key: string) => store.delete(key),
  });
});

const { choice, number, toggle } = await import("../src/settings");

test("what was chosen is there after a reload", () => {
  number("volume", 1, 0, 1).value = 0.25;
  toggle("gyro", false).value = true;
  expect(number("volume", 1, 0, 1).value).toBe(0.25);
  expect(toggle("gyro", false).value).toBe(true);
});

test("what was kept and means nothing is as if it were not there", () => {
  store.set("vrlive.quality", "16K");
  store.set("vrlive.volume", "7");
  store.set("vrlive.gyro", "perhaps");
  expect(choice("quality", "auto", ["auto", "4K"]).value).toBe("auto");
  expect(number("volume", 1, 0, 1).value).toBe(1);
  expect(toggle("gyro", true).value).toBe(true);
});

test("the default is not kept, so that a better one of later reaches everybody", () => {
  const quality = choice("quality", "auto", ["auto", "4K"]);
  quality.value = "4K";
  quality.value = "auto";
  expect(store.size).toBe(0);
});

test("listeners hear of each change once, until they stop listening", () => {
  const heard: boolean[] = [];
  const gyro = toggle("gyro", false);
  const stop = gyro.follow((value) => heard.push(value));
  gyro.value = true;
  gyro.value = true;
  stop();
  gyro.value = false;
  expect(heard).toEqual([true]);
});

test("a browser that keeps nothing plays on", () => {
  vi.stubGlobal("localStorage", undefined);
  const gyro = toggle("gyro", false);
  gyro.value = true;
  expect(gyro.value).toBe(true);
});
