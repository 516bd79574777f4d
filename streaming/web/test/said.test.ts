import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Player } from "../src/link/player";
import { Said } from "../src/ui/said";

const OFFSET_MS = 5000; // the server's clock is ahead

class Cue {
  constructor(
    readonly startTime: number,
    readonly endTime: number,
    readonly text: string,
  ) {}
}

/** A text track, as far as it is used. */
class Track {
  readonly cues: Cue[] = [];

  constructor(readonly language: string) {}

  addCue(cue: Cue): void {
    this.cues.push(cue);
  }

  removeCue(cue: Cue): void {
    this.cues.splice(this.cues.indexOf(cue), 1);
  }
}

/** A video whose pictures are shown one by one. */
class Video {
  readonly tracks: Track[] = [];
  private waiting: ((nowMs: number, metadata: object) => void) | null = null;

  requestVideoFrameCallback(callback: (nowMs: number, metadata: object) => void): void {
    this.waiting = callback;
  }

  addTextTrack(_: string, __: string, language: string): Track {
    const made = new Track(language);
    this.tracks.push(made);
    return made;
  }

  /** @param capturedMs on the server's clock */
  show(capturedMs: number): void {
    const captureTime = capturedMs - OFFSET_MS - performance.timeOrigin;
    this.waiting?.(captureTime + 100, { captureTime });
  }

  get read(): string[] {
    return this.tracks.flatMap((each) => each.cues.map(({ text }) => text));
  }
}

const message = (...captions: object[]): string => JSON.stringify({ type: "caption", captions });
const caption = (text: string, atMs: number, lang = "en"): object => ({ text, lang, at_ms: atMs, duration_s: 4 });

function scene() {
  const video = new Video();
  const channel = new EventTarget();
  const heard = new Map<string, string>();
  const player = { session: { messages: channel }, heard, stream: null as { dateMs: number } | null, clock: { best: { offsetMs: OFFSET_MS } } };
  const ended = vi.fn();
  let revision = 0;
  const source = { player: player as unknown as Player, address: "/captions", revision: () => revision };
  new Said(video as unknown as HTMLVideoElement, source, ended);
  const say = (...captions: object[]): boolean => channel.dispatchEvent(new MessageEvent("message", { data: message(...captions) }));
  return { video, heard, player, ended, say, revise: (to: number) => (revision = to) };
}

beforeEach(() => {
  vi.stubGlobal("VTTCue", Cue);
  vi.stubGlobal("navigator", { languages: ["en-GB", "de"] });
  vi.stubGlobal("location", { hash: "#token=secret", search: "" });
});

afterEach(() => void vi.unstubAllGlobals());

test("a caption is there with its picture, not before, and goes when its time is over", () => {
  const { video, say, ended } = scene();
  video.show(100_000);
  say(caption("Hello", 100_500));
  expect(video.tracks.map(({ language }) => language)).toEqual(["en"]);
  video.show(100_480);
  expect(video.read).toEqual([]);
  video.show(100_520);
  expect(video.read).toEqual(["Hello"]);
  video.show(104_480);
  expect(video.read).toEqual(["Hello"]);
  expect(ended).not.toHaveBeenCalled();
  video.show(104_520);
  expect(video.read).toEqual([]);
  expect(ended).toHaveBeenCalledOnce();
});

test("who comes later sees the newest while it holds; where it is over, that there are captions", () => {
  const { video, heard } = scene();
  heard.set("caption", message(caption("Holds", 99_000), caption("Vorbei", 80_000, "de"), caption("", 80_000, "fr")));
  video.show(100_000);
  expect(video.read).toEqual(["Holds"]);
  expect(video.tracks.map(({ language }) => language)).toEqual(["en", "de"]);
});

test("what is said stands for itself, one cue at a time, for as long as the show lasts", () => {
  const { video, say } = scene();
  video.show(1000);
  for (let n = 1; n < 500; n += 1) {
    say(caption(`<b>${n}</b> & more`, 1000 * n));
    video.show(1000 * n);
    expect(video.read).toEqual([`&lt;b&gt;${n}&lt;/b&gt; &amp; more`]);
  }
});

test("languages without end make no tracks without end", () => {
  const { video, say } = scene();
  video.show(1000);
  for (let n = 0; n < 100; n += 1) say(caption("a", 1000 + n, `l${n}`));
  expect(video.tracks.length).toBe(16);
  video.show(1099);
  expect(video.read).toHaveLength(1);
});

test("by HTTP what was said is asked for when there is more, and shown with the picture of then", async () => {
  const { video, player, revise } = scene();
  const fetch = vi.fn(async () => Response.json({ revision: 1, captions: [caption("A while ago", 50_000)] }));
  vi.stubGlobal("fetch", fetch);
  player.stream = { dateMs: 51_000 };
  video.show(0);
  expect(fetch).not.toHaveBeenCalled();
  revise(1);
  video.show(0);
  video.show(0);
  expect(fetch).toHaveBeenCalledExactlyOnceWith("/captions", { headers: { Authorization: "Bearer secret" } });
  await vi.waitFor(() => {
    video.show(0);
    expect(video.read).toEqual(["A while ago"]);
  });
  player.stream.dateMs = 54_001;
  video.show(0);
  expect(video.read).toEqual([]);
});
