import { expect, test } from "vitest";
import { Throw, glide } from "../src/sky/glide";
import { Head } from "../src/sky/head";
import { FORWARD, rad } from "../src/sky/view";

const SPEED = { yaw: 2, pitch: 0 };

test("a glide comes to rest, and how far it went does not depend on the frame rate", () => {
  const whole = glide(FORWARD, SPEED, 3);
  expect(whole.speed).toBeNull();
  let [view, speed] = [FORWARD, SPEED as typeof SPEED | null];
  for (let i = 0; i < 300 && speed; i++) ({ view, speed } = glide(view, speed, 0.01));
  expect(view.yaw).toBeCloseTo(whole.view.yaw, 2);
});

test("letting go of a moving hand throws at its speed", () => {
  const thrown = new Throw();
  for (let ms = 0; ms <= 60; ms += 10) thrown.note({ ...FORWARD, yaw: ms / 1000 }, ms);
  expect(thrown.speed(60)?.yaw).toBeCloseTo(1, 9);
});

test("a hand that stopped before letting go throws nothing", () => {
  const thrown = new Throw();
  for (let ms = 0; ms <= 60; ms += 10) thrown.note({ ...FORWARD, yaw: ms / 1000 }, ms);
  expect(thrown.speed(400)).toBeNull();
});

test("a throw across the back of the room goes the short way", () => {
  const thrown = new Throw();
  thrown.note({ ...FORWARD, yaw: rad(179) }, 0);
  thrown.note({ ...FORWARD, yaw: rad(-179) }, 50);
  expect(thrown.speed(50)?.yaw).toBeCloseTo(rad(2) / 0.05, 9);
});

function dragged(head: Head): Head {
  head.size = { width: 1000, height: 500 };
  head.grab({ x: 500, y: 250 });
  for (let ms = 0; ms <= 50; ms += 10) head.drag({ x: 500 - ms, y: 250 }, ms);
  head.release(50);
  return head;
}

test("after a drag the head glides on", () => {
  const head = dragged(new Head());
  const before = head.view.yaw;
  expect(head.advance(0.016)).toBe(true);
  expect(head.view.yaw).toBeGreaterThan(before);
});

test("where the visitor wants stillness nothing moves by itself", () => {
  const head = new Head();
  head.still = true;
  expect(dragged(head).advance(0.016)).toBe(false);
  head.lookAt({ yaw: 1 });
  expect(head.view.yaw).toBe(1);
});

test("a hand stops a glide at once", () => {
  const head = dragged(new Head());
  head.grab({ x: 500, y: 250 });
  expect(head.advance(0.016)).toBe(false);
});

test("turning to a place takes the short way round and arrives", () => {
  const head = new Head();
  head.set({ yaw: rad(170) });
  head.lookAt({ yaw: rad(-170) });
  head.advance(0.1);
  expect(Math.abs(head.view.yaw)).toBeGreaterThan(rad(169));
  for (let i = 0; i < 20; i++) head.advance(0.1);
  expect(head.view.yaw).toBeCloseTo(rad(-170), 9);
  expect(head.advance(0.1)).toBe(false);
});
