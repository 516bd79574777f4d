import { expect, test } from "vitest";
import { bodyOf, type Description, operations, typeOf } from "../src/openapi";

test("operations come in the order of the description, and nothing else does", () => {
  const description: Description = {
    info: { title: "vrlive", version: "1" },
    paths: { "/whep/{channel}": { post: { summary: "Watch" } }, "/healthz": { get: {}, parameters: {} } },
  };
  expect(operations(description).map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /whep/{channel}", "GET /healthz"]);
});

test("types are said in words", () => {
  expect(typeOf({ type: "array", items: { $ref: "#/components/schemas/CameraState" } })).toBe("list of CameraState");
  expect(typeOf({ anyOf: [{ type: "integer" }, { type: "null" }] })).toBe("integer or null");
  expect(typeOf({ enum: ["live", "failed"] })).toBe("live | failed");
  expect(typeOf({ type: "object", additionalProperties: { type: "string" } })).toBe("map of string");
  expect(typeOf(undefined)).toBe("anything");
});

test("a body is its media type, and for JSON its type too", () => {
  expect(bodyOf({ "application/sdp": {} })).toBe("application/sdp");
  expect(bodyOf({ "application/json": { schema: { $ref: "#/components/schemas/Problem" } } })).toBe("application/json: Problem");
  expect(bodyOf(undefined)).toBe("");
});
