import { describe, expect, test } from "vitest";
import { Head } from "../src/sky/head";
import { FORWARD, MAX_FOV, MIN_FOV, PLANET, type View, between, bounded, deg, direction, focalPx, hold, project, rad, turn, unproject, wrap, zoom } from "../src/sky/view";

const WINDOW = { width: 1280, height: 720 };
const PHONE = { width: 360, height: 740 };
const MIDDLE = { x: 640, y: 360 };
const VIEWS: View[] = [FORWARD, { yaw: 2.5, pitch: 0.6, fov: rad(60) }, { yaw: -3.1, pitch: -1.1, fov: rad(110) }];
const BENT: View[] = [{ ...FORWARD, fov: rad(150), bend: 0.4 }, { ...PLANET, yaw: 0.7, pitch: -0.2 }, { yaw: 2, pitch: 0.3, fov: rad(300), bend: 1 }];
const PLACES = [MIDDLE, { x: 0, y: 0 }, { x: 1279, y: 300 }, { x: 200, y: 719 }];

describe("what is seen where", () => {
  test("the middle of the window looks where the view says", () => {
    for (const view of VIEWS) expect(unproject(view, MIDDLE, WINDOW)).toEqual(direction(view.yaw, view.pitch).map((each) => expect.closeTo(each, 12)));
  });

  test("a positive yaw looks right of forward and a positive pitch above the horizon", () => {
    expect(direction(rad(90), 0)).toEqual([expect.closeTo(1), expect.closeTo(0), expect.closeTo(0)]);
    expect(direction(0, rad(90))).toEqual([expect.closeTo(0), expect.closeTo(1), expect.closeTo(0)]);
    expect(unproject(FORWARD, { x: 1000, y: 360 }, WINDOW)[0]).toBeGreaterThan(0);
    expect(unproject(FORWARD, { x: 640, y: 100 }, WINDOW)[1]).toBeGreaterThan(0);
  });

  test("projecting undoes unprojecting everywhere in the window", () => {
    for (const view of [...VIEWS, ...BENT]) {
      for (const place of PLACES) {
        const back = project(view, unproject(view, place, WINDOW), WINDOW);
        expect(back?.x).toBeCloseTo(place.x, 8);
        expect(back?.y).toBeCloseTo(place.y, 8);
      }
    }
  });

  test("nothing is seen behind the viewer", () => {
    expect(project(FORWARD, [0, 0, 1], WINDOW)).toBeNull();
  });

  test("the field of view spans the longer side, upright or across", () => {
    const edge = unproject({ ...FORWARD, fov: rad(80) }, { x: WINDOW.width, y: WINDOW.height / 2 }, WINDOW);
    expect(deg(Math.atan2(edge[0], -edge[2]))).toBeCloseTo(40, 9);
    const top = unproject({ ...FORWARD, fov: rad(80) }, { x: PHONE.width / 2, y: 0 }, PHONE);
    expect(deg(Math.asin(top[1]))).toBeCloseTo(40, 9);
  });
});

describe("a little planet", () => {
  test("is stereographic: the distance from the middle is the tangent of half the angle", () => {
    const planet = { ...FORWARD, fov: rad(240), bend: 1 };
    const focal = focalPx(planet.fov, WINDOW, 1);
    expect(2 * focal * Math.tan(rad(60))).toBeCloseTo(WINDOW.width / 2, 9);
    const aside = project(planet, direction(rad(80), 0), WINDOW);
    expect(aside?.x).toBeCloseTo(640 + 2 * focal * Math.tan(rad(40)), 9);
  });

  test("shows what is behind, and the field of view spans the window", () => {
    const planet = { ...FORWARD, fov: rad(300), bend: 1 };
    expect(project(planet, direction(rad(150), 0), WINDOW)?.x).toBeCloseTo(WINDOW.width, 6);
    expect(project(planet, [0, 0, 1], WINDOW)).toBeNull();
  });

  test("zooms by the same factor as any view, within its own limits", () => {
    const planet = { ...FORWARD, fov: rad(200), bend: 1 };
    expect(focalPx(zoom(planet, 1.3, MIDDLE, WINDOW).fov, WINDOW, 1)).toBeCloseTo(1.3 * focalPx(planet.fov, WINDOW, 1), 9);
    expect(deg(zoom(planet, 100, MIDDLE, WINDOW).fov)).toBeCloseTo(90, 9);
    expect(deg(zoom(planet, 0.01, MIDDLE, WINDOW).fov)).toBeCloseTo(310, 9);
  });

  test("the way there is smooth: every view between the two can be drawn", () => {
    for (let share = 0; share <= 1; share += 0.05) {
      const view = between(FORWARD, { ...PLANET, yaw: 0 }, share);
      expect(focalPx(view.fov, WINDOW, view.bend)).toBeGreaterThan(50);
      expect(bounded(view, FORWARD).fov).toBeCloseTo(view.fov, 12);
    }
  });

  test("Head goes there by itself, keeps its yaw, and comes back", () => {
    const head = new Head();
    head.size = WINDOW;
    head.set({ yaw: 1 });
    head.planet = true;
    expect(head.planet).toBe(true);
    expect(head.view.bend).toBe(0);
    for (let n = 0; n < 60; n += 1) head.advance(1 / 30);
    expect(head.view).toEqual({ ...PLANET, yaw: expect.closeTo(1, 12) });
    head.still = true;
    head.planet = false;
    expect(head.view).toEqual({ ...FORWARD, yaw: expect.closeTo(1, 12) });
  });
});

describe("dragging", () => {
  test("what is under the pointer stays under the pointer", () => {
    for (const view of [...VIEWS, { ...FORWARD, pitch: -0.4, fov: rad(220), bend: 1 }]) {
      const held = unproject(view, { x: 700, y: 330 }, WINDOW);
      const moved = hold(view, held, { x: 500, y: 400 }, WINDOW);
      const seen = project(moved, held, WINDOW);
      expect(seen?.x).toBeCloseTo(500, 6);
      expect(seen?.y).toBeCloseTo(400, 6);
    }
  });

  test("along the horizon a drag turns by the angle between the two places", () => {
    const moved = hold(FORWARD, unproject(FORWARD, MIDDLE, WINDOW), { x: 440, y: 360 }, WINDOW);
    expect(moved.yaw).toBeCloseTo(Math.atan(200 / focalPx(FORWARD.fov, WINDOW)), 12);
    expect(moved.pitch).toBeCloseTo(0, 12);
  });

  test("a drag to the left looks right, a drag down looks up", () => {
    const held = unproject(FORWARD, MIDDLE, WINDOW);
    expect(hold(FORWARD, held, { x: 600, y: 360 }, WINDOW).yaw).toBeGreaterThan(0);
    expect(hold(FORWARD, held, { x: 640, y: 400 }, WINDOW).pitch).toBeGreaterThan(0);
  });

  test("the view stops at the poles and never becomes no number", () => {
    const steep = { yaw: 0, pitch: rad(85), fov: rad(120) };
    const moved = hold(steep, unproject(steep, { x: 640, y: 0 }, WINDOW), { x: 640, y: 719 }, WINDOW);
    expect(moved.pitch).toBeLessThanOrEqual(Math.PI / 2);
    expect(Number.isFinite(moved.yaw)).toBe(true);
  });
});

describe("zooming", () => {
  test("what is under the pointer stays there", () => {
    const place = { x: 900, y: 200 };
    const held = unproject(FORWARD, place, WINDOW);
    const closer = zoom(FORWARD, 1.6, place, WINDOW);
    expect(closer.fov).toBeLessThan(FORWARD.fov);
    expect(project(closer, held, WINDOW)?.x).toBeCloseTo(place.x, 6);
    expect(project(closer, held, WINDOW)?.y).toBeCloseTo(place.y, 6);
  });

  test("what is in the middle grows by the factor", () => {
    expect(focalPx(zoom(FORWARD, 1.5, MIDDLE, WINDOW).fov, WINDOW)).toBeCloseTo(1.5 * focalPx(FORWARD.fov, WINDOW), 9);
  });

  test("it ends at 30° and at 120°", () => {
    expect(zoom(FORWARD, 100, MIDDLE, WINDOW).fov).toBe(MIN_FOV);
    expect(zoom(FORWARD, 0.01, MIDDLE, WINDOW).fov).toBe(MAX_FOV);
  });
});

test("a full turn comes back to where it began", () => {
  expect(turn(FORWARD, 2 * Math.PI, 0).yaw).toBeCloseTo(0, 12);
  expect(wrap(rad(190))).toBeCloseTo(rad(-170), 12);
});

test("a wanted view is brought into range, and what is no number is left as it was", () => {
  expect(bounded({ pitch: 9, fov: Number.NaN }, FORWARD)).toEqual({ yaw: 0, pitch: Math.PI / 2, fov: FORWARD.fov, bend: 0 });
});
