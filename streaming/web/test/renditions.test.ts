import { expect, test } from "vitest";
import { Renditions, readChoice } from "../src/link/renditions";

const SAID = { type: "rendition", name: "960x480", auto: true, offered: ["1920x960", "960x480"] };

/** As much of a data channel as is spoken over. */
class Line extends EventTarget {
  readyState = "connecting";
  readonly sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  open(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }
  hear(message: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
}

function follow(renditions: Renditions): Line {
  const line = new Line();
  renditions.follow(line as unknown as RTCDataChannel);
  line.open();
  return line;
}

test("what is sent and what is offered are heard", () => {
  const renditions = new Renditions();
  const line = follow(renditions);
  expect(renditions.choice).toBeNull();
  line.hear(SAID);
  expect(renditions.choice).toEqual({ name: "960x480", auto: true, offered: ["1920x960", "960x480"] });
});

test("a wish is sent, and again in the next session; without one nothing is", () => {
  const renditions = new Renditions();
  const first = follow(renditions);
  expect(first.sent).toEqual([]);
  renditions.ask("960x480");
  expect(first.sent).toEqual(['{"type":"rendition","name":"960x480"}']);
  expect(follow(renditions).sent).toEqual(first.sent);
});

test("an old session is not listened to", () => {
  const renditions = new Renditions();
  const first = follow(renditions);
  follow(renditions);
  first.hear(SAID);
  expect(renditions.choice).toBeNull();
});

test("what is no choice is left alone", () => {
  for (const wrong of [{ ...SAID, type: "state" }, { ...SAID, name: 7 }, { ...SAID, auto: "yes" }, { ...SAID, offered: [1] }, { ...SAID, offered: "x" }]) {
    expect(readChoice(JSON.stringify(wrong))).toBeNull();
  }
  expect(readChoice("no JSON")).toBeNull();
});
