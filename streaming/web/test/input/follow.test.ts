import { describe, expect, it } from "vitest";
import { readLook } from "../../src/input/follow";

describe("where the host looks", () => {
  it("is a direction, or nowhere", () => {
    expect(readLook('{"type":"look","yaw_deg":90,"pitch_deg":-45}')).toEqual({ yaw: Math.PI / 2, pitch: -Math.PI / 4 });
    expect(readLook('{"type":"look","yaw_deg":null,"pitch_deg":null}')).toBeNull();
    expect(readLook('{"type":"look","yaw_deg":"left","pitch_deg":0}')).toBeNull();
  });

  it("is told by its own message alone", () => {
    expect(readLook('{"type":"state","state":"live"}')).toBeUndefined();
    expect(readLook("look there")).toBeUndefined();
  });
});
