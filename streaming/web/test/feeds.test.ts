import { expect, test } from "vitest";

import { Feeds, readFeed } from "../src/link/feeds";

/** A data channel that keeps what is sent over it. */
class Wire extends EventTarget {
  readyState = "connecting";
  readonly sent: unknown[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  open(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  say(message: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
}

const wire = (): Wire & RTCDataChannel => new Wire() as Wire & RTCDataChannel;

test("a feed is read, and what is none is not", () => {
  expect(readFeed('{"type": "feed", "name": "clean", "offered": ["burned", "clean"]}')).toEqual({ name: "clean", offered: ["burned", "clean"] });
  for (const text of ["", "{", '{"type": "rendition", "name": "clean"}', '{"type": "feed", "name": "bare", "offered": []}', '{"type": "feed", "name": "clean", "offered": "clean"}']) {
    expect(readFeed(text)).toBeNull();
  }
});

test("burned is what comes unasked", () => {
  const line = wire();
  new Feeds().follow(line);
  line.open();
  expect(line.sent).toEqual([]);
});

test("the wish is told, and again in each session", () => {
  const told: unknown[] = [];
  const feeds = new Feeds((state) => told.push(state?.name ?? null));
  const first = wire();
  feeds.follow(first);
  feeds.ask("clean");
  first.open();
  expect(first.sent).toEqual([{ type: "feed", name: "clean" }]);
  first.say({ type: "feed", name: "clean", offered: ["burned", "clean"] });
  const second = wire();
  feeds.follow(second);
  second.open();
  expect(second.sent).toEqual([{ type: "feed", name: "clean" }]);
  first.say({ type: "feed", name: "burned", offered: ["burned"] });
  expect(told).toEqual([null, "clean", null]);
});
