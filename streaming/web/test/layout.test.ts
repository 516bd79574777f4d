import { describe, expect, test } from "vitest";
import { WHOLE_SPHERE, facesOf, readLayout, rowsOf, turnBy } from "../src/sky/layout";

const Q = Math.PI / 2;

/** Where a camera's own axis points in the world. */
function axis(turn: readonly number[], column: 0 | 1 | 2): number[] {
  return [turn[column], turn[3 + column], turn[6 + column]].map((each) => Math.round((each ?? 0) * 1e9) / 1e9 + 0);
}

test("a camera turned to the right looks right, lifted it looks up, rolled clockwise its top tips right", () => {
  const back = (yaw: number, pitch: number): number[] => axis(turnBy(yaw, pitch), 2);
  expect(back(Q, 0)).toEqual([-1, 0, 0]);
  expect(back(0, Q)).toEqual([0, -1, 0]);
  expect(axis(turnBy(0, 0, Q), 1)).toEqual([1, 0, 0]);
});

test("the six faces of a cube look six ways", () => {
  for (const projection of ["cubemap", "eac"] as const) {
    expect(new Set(facesOf(projection).map((face) => axis(face, 2).join())).size).toBe(6);
  }
});

describe("the layout that a state names", () => {
  test("is taken as it is", () => {
    const layout = { projection: "eac", stereo: "top-bottom" } as const;
    expect(readLayout(layout)).toEqual(layout);
  });

  test("is the whole sphere where a server names none, or one that is not known here", () => {
    expect(readLayout(undefined)).toEqual(WHOLE_SPHERE);
    expect(readLayout({ projection: "fisheye" as never, stereo: "top-bottom" })).toEqual(WHOLE_SPHERE);
  });
});

test("the left eye is on top", () => {
  expect(rowsOf("mono", "right")).toEqual([0, 1]);
  expect(rowsOf("top-bottom", "left")).toEqual([0, 0.5]);
  expect(rowsOf("top-bottom", "right")).toEqual([0.5, 0.5]);
});
