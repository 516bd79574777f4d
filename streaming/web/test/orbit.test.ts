import { expect, test } from "vitest";
import { FRONT, Turntable, lengths } from "../src/products/orbit";
import { direction } from "../src/products/words";
import { rad } from "../src/sky/view";

function after(table: Turntable, seconds: number): Turntable {
  for (let s = 0; s < seconds; s += 1 / 30) table.advance(1 / 30);
  return table;
}

test("a piece turns by itself, waits after a touch, and then goes on", () => {
  const table = new Turntable();
  const begun = after(table, 2).now.yaw;
  expect(begun).toBeGreaterThan(rad(30));
  table.turn(0, rad(5));
  const touched = after(table, 2).now.yaw;
  expect(after(table, 1).now.yaw).toBeCloseTo(touched, 3);
  expect(after(table, 4).now.yaw).toBeGreaterThan(touched + rad(10));
});

test("with reduced motion nothing turns by itself, and a touch is there at once", () => {
  const table = new Turntable();
  table.still = true;
  expect(after(table, 10).now).toEqual(FRONT);
  table.turn(rad(30), 0);
  table.advance(0.01);
  expect(table.now.yaw).toBeCloseTo(rad(30));
});

test("nobody looks from below the floor, from straight above, or from inside", () => {
  const table = new Turntable();
  table.still = true;
  table.turn(0, rad(-400));
  table.zoom(1000);
  table.advance(1);
  expect(table.now.pitch).toBeCloseTo(rad(-12));
  expect(table.now.zoom).toBe(5);
});

test("the front is the nearest one, not turns away", () => {
  const table = new Turntable();
  table.still = true;
  table.turn(rad(750), rad(20));
  table.front();
  table.advance(1);
  expect(table.now.yaw).toBeCloseTo(rad(720));
});

test("lengths are said in whole centimetres and half inches", () => {
  expect(lengths(1.615)).toEqual(["162", "63½"]);
  expect(lengths(0.508)).toEqual(["51", "20"]);
});

test("where things stand is said from straight ahead", () => {
  const said = [0, -8, 22, -22, 95, -95, 128, -135, 180, 359, 540].map(direction);
  expect(said).toEqual([
    "straight ahead", "straight ahead", "ahead to the right", "ahead to the left", "to the right", "to the left", "behind to the right",
    "behind to the left", "behind you", "straight ahead", "behind you",
  ]);
});
