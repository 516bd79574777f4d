import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Turns } from "../src/replay/turns";

let made: string[];
let turns: Turns<string>;

beforeEach(() => {
  vi.useFakeTimers();
  made = [];
  turns = new Turns((change) => made.push(change));
});

afterEach(() => vi.useRealTimers());

test("a change is made at once, and the next when the first is heeded", () => {
  turns.ask("small");
  turns.ask("large");
  expect(made).toEqual(["small"]);
  turns.next();
  expect(made).toEqual(["small", "large"]);
});

test("of those that wait only the newest is made", () => {
  for (const change of ["small", "large", "middle"]) turns.ask(change);
  turns.next();
  turns.next();
  expect(made).toEqual(["small", "middle"]);
});

test("who comes back to what is being made needs no other change, and may ask for one later", () => {
  for (const change of ["small", "large", "small"]) turns.ask(change);
  turns.next();
  turns.ask("small");
  expect(made).toEqual(["small"]);
  turns.ask("large");
  expect(made).toEqual(["small", "large"]);
});

test("what is never heeded holds up the next for some seconds only", () => {
  turns.ask("small");
  turns.ask("large");
  vi.advanceTimersByTime(4000);
  expect(made).toEqual(["small"]);
  vi.advanceTimersByTime(2000);
  expect(made).toEqual(["small", "large"]);
});

test("none is made after the end", () => {
  turns.ask("small");
  turns.ask("large");
  turns.close();
  vi.advanceTimersByTime(60_000);
  expect(made).toEqual(["small"]);
});
