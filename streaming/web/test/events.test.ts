import { expect, test, vi } from "vitest";
import { Emitter } from "../src/events";

test("who listens is told until they have heard enough", () => {
  const events = new Emitter();
  const heard: boolean[] = [];
  const stop = events.on("volume-change", ({ muted }) => heard.push(muted));
  events.emit("volume-change", { muted: true });
  events.emit("pause", {});
  stop();
  events.emit("volume-change", { muted: false });
  expect(heard).toEqual([true]);
});

test("some hear everything", () => {
  const events = new Emitter();
  const heard: string[] = [];
  events.onAny((name) => heard.push(name));
  events.emit("play", {});
  events.emit("product-view", { product: "coat" });
  expect(heard).toEqual(["play", "product-view"]);
});

test("a listener that fails does not keep the others from hearing", () => {
  const complaint = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const events = new Emitter();
  const heard: string[] = [];
  events.on("play", () => {
    throw new Error("broken");
  });
  events.on("play", () => heard.push("play"));
  events.emit("play", {});
  expect(heard).toEqual(["play"]);
  expect(complaint).toHaveBeenCalledOnce();
  complaint.mockRestore();
});
