import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { comeBack } from "../../src/input/interruption";

const page = { hidden: false };
let everywhere: EventTarget, player: EventTarget;

beforeEach(() => {
  vi.useFakeTimers();
  everywhere = new EventTarget();
  player = new EventTarget();
  page.hidden = false;
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", everywhere.addEventListener.bind(everywhere));
  vi.stubGlobal("removeEventListener", everywhere.removeEventListener.bind(everywhere));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what was stopped goes on by itself, a moment later", () => {
  const resume = vi.fn();
  comeBack(player, "pause", resume);
  player.dispatchEvent(new Event("pause"));
  expect(resume).not.toHaveBeenCalled();
  vi.advanceTimersByTime(600);
  expect(resume).toHaveBeenCalledOnce();
});

test("on a page that nobody sees it waits until somebody is there again", () => {
  const resume = vi.fn();
  comeBack(player, "pause", resume);
  page.hidden = true;
  player.dispatchEvent(new Event("pause"));
  vi.advanceTimersByTime(600);
  expect(resume).not.toHaveBeenCalled();
  page.hidden = false;
  everywhere.dispatchEvent(new Event("visibilitychange"));
  expect(resume).toHaveBeenCalledOnce();
});

test("a tap is tried where the browser wants one, until it is left", () => {
  const resume = vi.fn();
  const leave = comeBack(player, "statechange", resume);
  everywhere.dispatchEvent(new Event("pointerup"));
  expect(resume).toHaveBeenCalledOnce();
  leave();
  everywhere.dispatchEvent(new Event("pointerup"));
  player.dispatchEvent(new Event("statechange"));
  vi.advanceTimersByTime(600);
  expect(resume).toHaveBeenCalledOnce();
});
