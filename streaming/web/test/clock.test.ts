import { expect, test } from "vitest";
import { ClockOffset, exchange, readPong } from "../src/link/clock";
import { Latency, badge, sinceCapture } from "../src/link/latency";

test("an even exchange gives the offset exactly", () => {
  // the server is 1000 ms ahead; 20 ms there, 5 ms to answer, 20 ms back
  expect(exchange({ t0: 0, t1: 1020, t2: 1025 }, 45)).toEqual({ offsetMs: 1000, roundTripMs: 40 });
});

test("a lopsided exchange is off by no more than half its round trip", () => {
  const found = exchange({ t0: 0, t1: 1100, t2: 1100 }, 101);
  expect(Math.abs(found.offsetMs - 1000)).toBeLessThanOrEqual(found.roundTripMs / 2);
});

test("the quickest of the last exchanges is believed", () => {
  const clock = new ClockOffset();
  expect(clock.best).toBeNull();
  clock.note({ offsetMs: 5, roundTripMs: 80 });
  clock.note({ offsetMs: 2, roundTripMs: 10 });
  clock.note({ offsetMs: 9, roundTripMs: 200 });
  expect(clock.best?.offsetMs).toBe(2);
});

test("an old exchange is forgotten, for clocks drift", () => {
  const clock = new ClockOffset();
  clock.note({ offsetMs: 2, roundTripMs: 1 });
  for (let i = 0; i < 8; i++) clock.note({ offsetMs: 7, roundTripMs: 10 });
  expect(clock.best?.offsetMs).toBe(7);
});

test("what is no pong is left alone", () => {
  for (const text of ["", "not JSON", "null", "[]", '{"type":"state"}', '{"type":"pong","t0":1}', '{"type":"pong","t0":"1","t1":2,"t2":3}']) {
    expect(readPong(text)).toBeNull();
  }
  expect(readPong('{"type":"pong","t0":1,"t1":2,"t2":3}')).toEqual({ t0: 1, t1: 2, t2: 3 });
});

test("latency by the server's clock counts its offset", () => {
  const unixMs = 1_700_000_000_000;
  expect(sinceCapture(unixMs + 2_208_988_800_000, unixMs - 500 + 80, 500)).toBe(80);
});

test("latency is a calm mean of what makes sense, and never negative", () => {
  const latency = new Latency();
  expect(latency.ms).toBeNull();
  for (let i = 0; i < 100; i++) latency.note(i % 2 === 0 ? 70 : 90);
  latency.note(Number.NaN);
  latency.note(1e9);
  expect(latency.ms).toBeGreaterThan(75);
  expect(latency.ms).toBeLessThan(85);
  latency.forget();
  latency.note(-3);
  expect(latency.ms).toBe(0);
});

test("the badge says ms, then seconds, and a dash while unknown", () => {
  expect([badge(null), badge(84), badge(12_400)]).toEqual(["– ms", "84 ms", "12 s"]);
});
