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
const OFFERED = ["burned", "clean"];
const asks = (name: string): unknown => ({ type: "feed", name });

test("a feed is read, and what is none is not", () => {
  expect(readFeed('{"type": "feed", "name": "clean", "offered": ["burned", "clean"], "stamp": 7}')).toEqual({ name: "clean", offered: OFFERED, stamp: 7 });
  expect(readFeed('{"type": "feed", "name": "clean", "offered": ["clean"], "stamp": "7"}')?.stamp).toBeNull();
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

test("clean is asked for while anybody draws, and again in each session", () => {
  const feeds = new Feeds();
  const [page, headset] = [{}, {}];
  const first = wire();
  feeds.follow(first);
  feeds.want(page, true);
  first.open();
  feeds.want(headset, true);
  feeds.want(page, false);
  expect(first.sent).toEqual([asks("clean")]);
  const second = wire();
  feeds.follow(second);
  second.open();
  expect(second.sent).toEqual([asks("clean")]);
  feeds.want(headset, false);
  expect(second.sent).toEqual([asks("clean"), asks("burned")]);
});

test("a picture is of the feed that its time stamp says, over the stamps' end too", () => {
  const feeds = new Feeds();
  expect(feeds.of(5)).toBe("burned");
  const [line, next] = [wire(), wire()];
  feeds.follow(line);
  line.say({ type: "feed", name: "burned", offered: OFFERED, stamp: null });
  line.say({ type: "feed", name: "clean", offered: OFFERED, stamp: 2 ** 32 - 3000 });
  expect([2 ** 32 - 6000, 2 ** 32 - 3000, 2 ** 32 - 1, 3000].map((stamp) => feeds.of(stamp))).toEqual(["burned", "clean", "clean", "clean"]);
  expect(feeds.of(undefined), "where the browser does not tell").toBe("clean");
  feeds.follow(next);
  line.say({ type: "feed", name: "clean", offered: OFFERED, stamp: null });
  expect(feeds.of(3000), "a new session has said nothing yet").toBe("burned");
});
