import { describe, expect, test } from "vitest";
import { cameraOf } from "../src/link/whip";

describe("the address of the page", () => {
  test("names channel and camera", () => {
    expect(cameraOf("/publish/show/front")).toEqual({ channel: "show", camera: "front" });
    expect(cameraOf("/publish/show/front/")).toEqual({ channel: "show", camera: "front" });
  });

  test.each(["/publish/show", "/publish/", "/watch/show/front", "/publish/show/front/token"])("or is none: %s", (path) => {
    expect(cameraOf(path)).toBeNull();
  });
});
