import { expect, test } from "vitest";
import { backoff, retryAfter } from "../src/link/backoff";
import { LOST_MS, STALL_MS, START_MS, Watchdog } from "../src/link/watchdog";

test("waits double from one second to thirty", () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((failures) => backoff(failures, 0.5))).toEqual([1, 2, 4, 8, 16, 30, 30]);
});

test("a crowd comes back scattered", () => {
  expect(backoff(3, 0)).toBeCloseTo(3.2);
  expect(backoff(3, 1)).toBeCloseTo(4.8);
});

test("what the server asked for is never undercut", () => {
  expect(backoff(1, 0.5, 12)).toBe(12);
  expect(backoff(9, 0.5, 12)).toBe(30);
});

test("Retry-After is read as seconds or as a date", () => {
  expect(retryAfter("7", 0)).toBe(7);
  expect(retryAfter("Thu, 01 Jan 1970 00:00:30 GMT", 10_000)).toBe(20);
  for (const header of [null, "", "soon"]) expect(retryAfter(header, 0)).toBeNull();
  expect(retryAfter("-5", 0)).toBe(0);
});

test("the first picture may take its time, but not for ever", () => {
  const dog = new Watchdog(0);
  expect(dog.judge(START_MS - 1)).toBe("waiting");
  expect(dog.judge(START_MS)).toBe("lost");
});

test("silence is a stall and then a loss, and a picture ends it", () => {
  const dog = new Watchdog(0);
  dog.picture(1000);
  expect(dog.judge(1000 + STALL_MS - 1)).toBe("flowing");
  expect(dog.judge(1000 + STALL_MS)).toBe("stalled");
  expect(dog.judge(1000 + LOST_MS)).toBe("lost");
  dog.picture(6000);
  expect(dog.judge(6001)).toBe("flowing");
});
