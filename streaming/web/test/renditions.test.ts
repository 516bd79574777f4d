import { describe, expect, test } from "vitest";
import { type Offer, Renditions, readChoice, sharpEnough } from "../src/link/renditions";

const SAID = { type: "rendition", name: "960x480", auto: true, offered: ["1920x960", "960x480"] };

/** As much of a data channel as is spoken over. */
class Line extends EventTarget {
  readyState = "connecting";
  readonly sent: string[] = [];
  get last(): unknown {
    return JSON.parse(this.sent.at(-1) ?? "null");
  }
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

describe("the right rendition", () => {
  const FOUR = { ...SAID, name: "3840x1920", offered: ["3840x1920", "2560x1280", "1920x960", "960x480"] };

  test("is the smallest that is sharp enough, or the largest there is", () => {
    expect(sharpEnough(FOUR.offered, 2400)).toBe("1920x960"); // three quarters are enough
    expect(sharpEnough(FOUR.offered, 2600)).toBe("2560x1280");
    expect(sharpEnough(FOUR.offered, 9000)).toBe("3840x1920");
    expect(sharpEnough([], 100)).toBeUndefined();
  });

  test("a small window asks for no more than it can show, and for more at once when it needs more", () => {
    const renditions = new Renditions();
    const line = follow(renditions);
    line.hear(FOUR);
    renditions.need(2000, 0);
    expect(line.last).toEqual({ type: "rendition", name: "auto", most: "1920x960" });
    renditions.need(5000, 500);
    expect(line.last).toEqual({ type: "rendition", name: "auto" });
    const said = line.sent.length;
    for (let ms = 1000; ms < 8000; ms += 500) renditions.need(1000, ms);
    expect(line.sent.length).toBe(said); // it may be zoomed in again
    renditions.need(1000, 9000);
    expect(line.last).toEqual({ type: "rendition", name: "auto", most: "960x480" });
  });

  test("what the graphics card cannot take is neither offered nor sent, whatever is wished for", () => {
    const renditions = new Renditions();
    renditions.longestPx = 2048;
    const line = follow(renditions);
    line.hear(FOUR);
    expect(renditions.choice?.offered).toEqual(["1920x960", "960x480"]);
    renditions.need(9000, 0);
    expect(line.last).toEqual({ type: "rendition", name: "auto", most: "2048x2048" });
    renditions.ask("960x480");
    expect(line.last).toEqual({ type: "rendition", name: "960x480", most: "2048x2048" });
    expect(follow(renditions).sent).toEqual(line.sent.slice(-1)); // the next session is told at once
  });

  test("in stereo both eyes' pictures together must fit", () => {
    const renditions = new Renditions();
    renditions.longestPx = 2048;
    follow(renditions).hear({ ...FOUR, offered: ["2048x4096", "1920x1920"] });
    expect(renditions.choice?.offered).toEqual(["1920x1920"]);
  });
});

describe("by HTTP", () => {
  /** What plays by HTTP, and what was chosen of it. */
  class Film implements Offer {
    readonly chosen: unknown[] = [];
    size: string | null = "1920x960";
    constructor(readonly offered: readonly string[] = ["3840x1920", "1920x960", "960x480"]) {}
    choose(name: string, most: string | null, first: string | null): void {
      this.chosen.push([name, most, first]);
    }
  }

  test("the choice is among what plays there, and begins with what was seen", () => {
    const renditions = new Renditions();
    follow(renditions).hear(SAID);
    const film = new Film();
    renditions.followOffer(film);
    expect(film.chosen).toEqual([["auto", null, "960x480"]]);
    expect(renditions.choice).toEqual({ name: "1920x960", auto: true, offered: film.offered });
    renditions.ask("3840x1920");
    expect(film.chosen.at(-1)).toEqual(["3840x1920", null, null]);
    expect(renditions.choice?.auto).toBe(false);
  });

  test("a wish holds from one way of delivery to the other and back", () => {
    const renditions = new Renditions();
    const first = follow(renditions);
    first.hear(SAID);
    renditions.ask("960x480");
    const film = new Film();
    renditions.followOffer(film);
    expect(film.chosen).toEqual([["960x480", null, "960x480"]]);
    renditions.ask("1920x960");
    const next = follow(renditions);
    expect(next.last).toEqual({ type: "rendition", name: "1920x960" });
    next.hear({ ...SAID, name: "1920x960", auto: false });
    renditions.followOffer(null);
    expect(renditions.choice).toEqual({ name: "1920x960", auto: false, offered: SAID.offered });
  });

  test("nothing larger is played than the window is worth and the graphics card takes", () => {
    const renditions = new Renditions();
    const film = new Film();
    renditions.need(1000, 0);
    renditions.followOffer(film);
    expect(film.chosen).toEqual([["auto", "960x480", null]]);
    renditions.need(5000, 100);
    expect(film.chosen.at(-1)).toEqual(["auto", null, null]);
    renditions.longestPx = 2048;
    renditions.need(6000, 200);
    expect(film.chosen.at(-1)).toEqual(["auto", "2048x2048", null]);
    expect(renditions.choice?.offered).toEqual(["1920x960", "960x480"]);
  });

  test("where the browser plays it by itself there is nothing to choose", () => {
    const renditions = new Renditions();
    follow(renditions).hear(SAID);
    const native = new Film([]);
    native.size = null;
    renditions.followOffer(native);
    expect(renditions.choice).toBeNull();
  });
});
