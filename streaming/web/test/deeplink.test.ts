import { expect, test } from "vitest";
import { deepLink, readDeepLink } from "../src/deeplink";

const NOTHING = { t: null, yawDeg: null, pitchDeg: null, fovDeg: null, product: null };

test("an address says where to look", () => {
  expect(readDeepLink("?yaw=-30.5&pitch=10&fov=60&product=coat&t=1790000000.5")).toEqual({
    t: 1790000000.5,
    yawDeg: -30.5,
    pitchDeg: 10,
    fovDeg: 60,
    product: "coat",
  });
});

test.each(["", "?", "?yaw=&pitch=", "?yaw=north&pitch=NaN&fov=Infinity&t=-5", "?yaw=1e9&pitch=91&fov=0&product=", `?product=${"x".repeat(201)}`])(
  "what makes no sense is as if it were not there: %s",
  (search) => {
    expect(readDeepLink(search)).toEqual(NOTHING);
  },
);

test("one bad value does not spoil the others", () => {
  expect(readDeepLink("?yaw=%F0%9F&pitch=5")).toEqual({ ...NOTHING, pitchDeg: 5 });
});

test("an address that is shared leads back to the same place", () => {
  const link = { t: null, yawDeg: -0.04, pitchDeg: 12.34, fovDeg: 89.6, product: "a & b" };
  const url = deepLink("https://shop.example", "/watch/demo", link);
  expect(url).toBe("https://shop.example/watch/demo?yaw=0&pitch=12.3&fov=90&product=a+%26+b");
  expect(readDeepLink(new URL(url).search)).toEqual({ t: null, yawDeg: 0, pitchDeg: 12.3, fovDeg: 90, product: "a & b" });
});
