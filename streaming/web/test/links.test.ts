import { expect, test } from "vitest";
import { tokenOf } from "../src/api";
import { iceServers } from "../src/link/links";

test("servers are read as the RFC writes them", () => {
  const header =
    '<stun:stun.example.net>; rel="ice-server", ' +
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="myPassword"; credential-type="password", ' +
    '<turns:turn.example.net?transport=tcp>; rel="ice-server"; username="1700000000:a,b"; credential="a/b+c=";credential-type="password"';
  expect(iceServers(header)).toEqual([
    { urls: "stun:stun.example.net" },
    { urls: "turn:turn.example.net?transport=udp", username: "user", credential: "myPassword" },
    { urls: "turns:turn.example.net?transport=tcp", username: "1700000000:a,b", credential: "a/b+c=" },
  ]);
});

test("what is no ICE server is left alone", () => {
  expect(iceServers(null)).toEqual([]);
  expect(iceServers('<https://example.org/>; rel="next", <javascript:x>; rel=ice-server, <stun:a.example>; rel=ice-server')).toEqual([
    { urls: "stun:a.example" },
  ]);
  expect(iceServers("nonsense")).toEqual([]);
});

test("a quoted value may hold a quote", () => {
  expect(iceServers(String.raw`<turn:a>; rel="ice-server"; username="a\"b"; credential="c"`)).toEqual([
    { urls: "turn:a", username: 'a"b', credential: "c" },
  ]);
});

test("a token comes behind # or ?", () => {
  expect(tokenOf({ hash: "#token=a.b-c._d", search: "?token=other" })).toBe("a.b-c._d");
  expect(tokenOf({ hash: "", search: "?x=1&token=abc" })).toBe("abc");
  expect(tokenOf({ hash: "#elsewhere", search: "" })).toBeNull();
});
