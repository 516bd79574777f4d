import { expect, test } from "vitest";
import { type CameraState, type ChannelState, channelOf, watchPath } from "../src/api";
import { list, words } from "../src/ui/words";

function camera(name: string, state: CameraState["state"]): CameraState {
  return { name, state, fps: 25, size: "1080x1080", reconnects: 0, fault: "" };
}

function channel(state: ChannelState["state"], cameras: CameraState[] = []): ChannelState {
  const engine = { state: "running", restarts: 0 } as const;
  return { name: "demo", title: "", state, size: "1920x960", fps: 25, viewers: 1, engine, cameras, stages: [], garments: [], feeds: ["burned"], loop: null, now_unix_s: 0 };
}

const PLAYING = { kind: "playing" } as const;

test("a channel that plays is live", () => {
  expect(words(PLAYING, channel("live", [camera("left", "live")]), 0)).toEqual({ tone: "live", title: "Live", detail: "" });
});

test("pictures that come before the channel's state is known are live too", () => {
  expect(words(PLAYING, undefined, 0).title).toBe("Live");
});

test("a lost camera is named", () => {
  const said = words(PLAYING, channel("degraded", [camera("left", "live"), camera("right", "stalled")]), 0);
  expect(said).toEqual({ tone: "wait", title: "Camera right lost", detail: "The show goes on without." });
});

test("several lost cameras are listed, many are counted", () => {
  expect(list(["a", "b"])).toBe("Cameras a and b");
  expect(list(["a", "b", "c"])).toBe("Cameras a, b and c");
  expect(list(["a", "b", "c", "d"])).toBe("4 cameras");
});

test("a show without any camera says so, whether it ever had a picture or not", () => {
  const cameras = [camera("left", "failed"), camera("right", "stalled")];
  const said = { tone: "wait", title: "Cameras left and right lost", detail: "The show goes on when one is back." };
  for (const state of ["connecting", "slate"] as const) {
    expect(words(PLAYING, channel(state, cameras), 0)).toEqual(said);
    expect(words({ kind: "connecting" }, channel(state, cameras), 0)).toEqual(said);
  }
});

test("cameras that are only being opened are not lost", () => {
  expect(words(PLAYING, channel("connecting", [camera("left", "connecting")]), 0).title).toBe("Connecting");
  expect(words(PLAYING, channel("connecting", [camera("left", "connecting"), camera("right", "failed")]), 0).title).toBe("Connecting");
});

test("the slate asks for a moment", () => {
  expect(words(PLAYING, channel("slate"), 0).title).toBe("One moment");
});

test("a lost connection counts down and says why", () => {
  const link = { kind: "waiting", untilMs: 5200, reason: "The connection was lost." } as const;
  expect(words(link, channel("live"), 2000)).toEqual({
    tone: "wait",
    title: "Reconnecting in 4 s",
    detail: "The connection was lost.",
    spoken: "Reconnecting", // not each second
  });
  expect(words(link, undefined, 9000).title).toBe("Reconnecting");
});

test("a channel that is off air or does not exist is no fault of the connection", () => {
  const link = { kind: "waiting", untilMs: 0, reason: "There is no such channel." } as const;
  expect(words(link, channel("offline"), 0).title).toBe("Off air");
  expect(words(link, null, 0)).toMatchObject({ tone: "fault", title: "No such channel" });
});

test("a browser that cannot play is told so", () => {
  const said = words({ kind: "refused", reason: "This browser has no WebRTC." }, channel("live"), 0);
  expect(said).toEqual({ tone: "fault", title: "It cannot play here", detail: "This browser has no WebRTC." });
});

test("before its announced beginning a show counts down, and a screen reader is spared that", () => {
  const announced = { ...channel("offline"), starts_unix_s: 10_000 };
  expect(words(PLAYING, announced, 0, { serverS: 9_701 })).toMatchObject({ title: "Starts in 4:59", spoken: "Starting soon" });
  expect(words({ kind: "connecting" }, announced, 0, { serverS: 10_000 - 3 * 86_400 }).title).toBe("Starts in 3 days");
  expect(words(PLAYING, announced, 0, { serverS: 10_001 }).title).toBe("Starting soon");
  expect(words(PLAYING, { ...announced, state: "live" }, 0, { serverS: 10_001 }).title).toBe("Live");
});

test("a show has ended when it has no picture after its announced end, or the server says so", () => {
  const announced = { ...channel("slate"), ends_unix_s: 10_000 };
  expect(words(PLAYING, announced, 0, { serverS: 9_999 }).title).toBe("One moment");
  expect(words(PLAYING, announced, 0, { serverS: 10_001 }).title).toBe("The show has ended");
  expect(words(PLAYING, { ...announced, state: "live" }, 0, { serverS: 10_001 }).title).toBe("Live");
  const alone = { ...announced, state: "degraded", cameras: [camera("left", "failed")] } as const;
  expect(words(PLAYING, alone, 0, { serverS: 9_999 }).title).toBe("Camera left lost");
  expect(words(PLAYING, alone, 0, { serverS: 10_001 }).title).toBe("The show has ended");
  const waiting = { kind: "waiting", untilMs: 0, reason: "There is no such channel." } as const;
  expect(words(waiting, null, 0, { ended: true }).title).toBe("The show has ended");
});

test("where HTTP plays and has run dry, that is said, and why", () => {
  for (const kind of ["bridged", "behind", "replay"] as const) {
    expect(words({ kind }, channel("live"), 0, { behindS: 20, dry: true, online: true }).title).toBe("Loading");
    expect(words({ kind }, channel("live"), 0, { behindS: 20, dry: true, online: false }).title).toBe("You are offline");
    expect(words({ kind }, channel("live"), 0, { behindS: 20, dry: false, online: false }).title, "what is here already is played").not.toBe("You are offline");
  }
  expect(words({ kind: "behind" }, channel("live"), 0, { behindS: null }).title, "nothing has come yet").toBe("Loading");
  expect(words({ kind: "behind" }, channel("live"), 0, { behindS: 83 }).spoken).toBe("Behind live");
});

test("where HTTP plays, how far behind that is is said, and why", () => {
  const said = words({ kind: "bridged" }, channel("live"), 0, { behindS: 3.4 });
  expect(said).toMatchObject({ title: "About 3 s behind", detail: "Your network blocks live video; playing about 3 s behind." });
  expect(words({ kind: "bridged" }, channel("live"), 0, { behindS: null }).title).toBe("Connecting");
  expect(words({ kind: "behind" }, channel("live"), 0, { behindS: 83 }).title).toBe("1:23 behind live");
  expect(words({ kind: "replay" }, channel("offline"), 0).title).toBe("Replay");
});

test("a lost network is named before anything else", () => {
  const waiting = { kind: "waiting", untilMs: 9000, reason: "The server does not answer." } as const;
  expect(words(waiting, undefined, 0, { online: false }).title).toBe("You are offline");
  expect(words(PLAYING, channel("live"), 0, { online: false }).title).toBe("Live");
});

test("a channel's address gives its name and back", () => {
  expect([channelOf("/"), channelOf("/watch/demo"), channelOf("/watch/demo/"), channelOf("/watch/a/b")]).toEqual([null, "demo", "demo", null]);
  expect(channelOf(watchPath("Größe 1"))).toBe("Größe 1");
  expect(channelOf("/watch/%zz")).toBe("%zz"); // a channel that is none, and no fault
});
