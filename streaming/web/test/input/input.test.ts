import { expect, test, vi } from "vitest";
import { Idle } from "../../src/input/idle";
import { type Commands, keyLines } from "../../src/input/keys";
import { batteryIsLow, wishFor } from "../../src/input/thrift";
import { paced } from "../../src/pace";
import { Head } from "../../src/sky/head";
import { rad } from "../../src/sky/view";
import { spoken } from "../../src/ui/quality";

const SIZES = ["3840x1920", "1920x960", "960x480"];

test("who saves gets the least, who chose gets it wherever it is offered, all others what the line carries", () => {
  expect(wishFor("3840x1920", true, SIZES)).toBe("960x480");
  expect(wishFor("1920x960", false, SIZES)).toBe("1920x960");
  expect(wishFor("1280x640", false, SIZES)).toBe("auto");
  expect(wishFor("auto", false, SIZES)).toBe("auto");
});

test("a battery that is being charged is never low", () => {
  expect(batteryIsLow({ charging: false, level: 0.2 })).toBe(true);
  expect(batteryIsLow({ charging: true, level: 0.05 })).toBe(false);
  expect(batteryIsLow({ charging: false, level: 0.6 })).toBe(false);
});

test("sizes are said as people say them", () => {
  expect(["7680x3840", "4096x2048", "3840x1920", "2048x1024", "960x480", "1280x640"].map(spoken)).toEqual(["8K", "4K", "4K", "2K", "1K", "1280 × 640"]);
});

test("the bar goes after some seconds, the view turns after more, and a key keeps the bar", () => {
  const idle = new Idle(0);
  expect([idle.hides(3000), idle.hides(4000), idle.turns(4000), idle.turns(8000)]).toEqual([false, true, false, true]);
  idle.note(20_000, true);
  expect([idle.hides(99_000), idle.turns(27_999), idle.turns(28_000)]).toEqual([false, false, true]);
  idle.note(99_000, false);
  expect(idle.hides(103_000)).toBe(true);
});

test("no key is written twice", () => {
  const nothing = (): void => undefined;
  const commands: Commands = {
    ahead: nothing,
    fullScreen: nothing,
    mute: nothing,
    pause: nothing,
    planet: nothing,
    details: nothing,
    settings: nothing,
    share: nothing,
    keys: nothing,
    follow: nothing,
    garments: nothing,
  };
  const keys = keyLines(new Head(), commands).flatMap((each) => Object.keys(each.actions));
  expect(new Set(keys).size).toBe(keys.length);
});

test("a view that nobody holds turns by itself, softly, and stops at once", () => {
  const head = new Head();
  head.spin = rad(4);
  for (let n = 0; n < 300; n += 1) head.advance(1 / 30);
  expect(head.view.yaw).toBeGreaterThan(rad(34));
  expect(head.view.yaw).toBeLessThan(rad(40));
  head.turn(0, 0); // any input
  const { yaw } = head.view;
  head.spin = 0;
  expect(head.advance(1 / 30)).toBe(false);
  expect(head.view.yaw).toBe(yaw);
});

test("nothing turns by itself for who wants little motion", () => {
  const head = new Head();
  head.still = true;
  head.spin = 1;
  expect(head.advance(1)).toBe(false);
});

test("the head goes along with the body, unless a hand holds the picture", () => {
  const head = new Head();
  head.follow(0.2, 0.1);
  expect(head.view).toMatchObject({ yaw: 0.2, pitch: 0.1 });
  head.grab({ x: 0, y: 0 });
  head.follow(0.2, 0.1);
  expect(head.view.yaw).toBe(0.2);
  head.release(0);
  head.lookAt({ yaw: 1, pitch: 0 });
  head.follow(0.5, 0);
  head.advance(10);
  expect(head.view.yaw).toBeCloseTo(1.5);
});

test("what is paced is done once at the end of its time", () => {
  vi.useFakeTimers();
  const done = vi.fn();
  const ask = paced(100, done);
  ask();
  ask();
  vi.advanceTimersByTime(99);
  expect(done).not.toHaveBeenCalled();
  vi.advanceTimersByTime(500);
  expect(done).toHaveBeenCalledOnce();
  vi.useRealTimers();
});
