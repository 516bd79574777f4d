/** Starts the page at /publish/<channel>/<camera>: a phone becomes a camera. */

import "./publish.css";
import { tokenOf } from "./api";
import { locale, phrases } from "./language";
import { byId, setText } from "./ui/dom";
import { Refused } from "./link/whep";
import { type Publication, cameraOf, publish } from "./link/whip";

const AGAIN_MS = 2000;
const SIZE = { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } };

const form = byId("form", HTMLFormElement);
const token = byId("token", HTMLInputElement);
const facing = byId("facing", HTMLSelectElement);
const sound = byId("sound", HTMLInputElement);
const preview = byId("preview", HTMLVideoElement);
const camera = cameraOf(location.pathname);

const say = phrases(
  {
    title: "Camera",
    none: "No camera",
    preview: "What your camera sees",
    token: "Token",
    facing: "Camera",
    away: "away from you",
    towards: "towards you",
    sound: "with sound",
    start: "Go on air",
    stop: "Stop",
    off: "Not on air",
    on: "On air",
    opening: "Opening the camera …",
    connecting: "Connecting …",
    lost: "The connection was lost. Trying again …",
    again: (why: string) => `${why} Trying again …`,
    insecure: "Browsers give away the camera to pages from HTTPS only.",
    forbidden: "This page may not use the camera: allow it in the browser.",
    missing: "This device has no camera.",
    fault: (why: string) => `It does not work here: ${why}`,
  },
  {
    title: "机位",
    none: "没有这个机位",
    preview: "摄像头画面",
    token: "访问令牌",
    facing: "摄像头",
    away: "后置",
    towards: "前置",
    sound: "包含声音",
    start: "开始直播",
    stop: "停止",
    off: "未在直播",
    on: "正在直播",
    opening: "正在打开摄像头…",
    connecting: "正在连接…",
    lost: "连接中断，正在重试…",
    again: (why) => `${why} 正在重试…`,
    insecure: "浏览器只允许 HTTPS 页面使用摄像头。",
    forbidden: "此页面没有摄像头权限，请在浏览器中允许。",
    missing: "此设备没有摄像头。",
    fault: (why) => `此处无法使用：${why}`,
  },
);

let leave: AbortController | null = null;

labelPage();
token.value = tokenOf(location) ?? "";
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void goOnAir();
});
byId("stop", HTMLElement).addEventListener("click", () => leave?.abort());
addEventListener("pagehide", () => leave?.abort());

/** Publish until somebody stops it, again and again when the network fails. */
async function goOnAir(): Promise<void> {
  if (leave || !camera) return;
  const leaving = (leave = new AbortController());
  show(true, say.opening);
  try {
    const media = await openCamera(leaving.signal);
    const endpoint = `/whip/${encodeURIComponent(camera.channel)}/${encodeURIComponent(camera.camera)}`;
    while (!leaving.signal.aborted) {
      await once(endpoint, media, leaving.signal);
      await pause(AGAIN_MS, leaving.signal);
    }
    show(false, say.off);
  } catch (fault) {
    show(false, leaving.signal.aborted ? say.off : words(fault));
  } finally {
    leaving.abort();
    leave = null;
  }
}

/** One session, from its offer to its end. */
async function once(endpoint: string, media: MediaStream, signal: AbortSignal): Promise<void> {
  let publication: Publication | null = null;
  try {
    setText(byId("words", HTMLElement), say.connecting);
    publication = await publish(endpoint, token.value, media, signal);
    await ended(publication.connection, signal);
    setText(byId("words", HTMLElement), say.lost);
  } catch (fault) {
    if (signal.aborted) return;
    if (!(fault instanceof Refused) || !fault.worthRetrying) throw fault;
    setText(byId("words", HTMLElement), say.again(fault.message));
  } finally {
    publication?.close();
  }
}

async function openCamera(signal: AbortSignal): Promise<MediaStream> {
  if (!("mediaDevices" in navigator)) throw new Refused(say.insecure);
  const media = await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, facingMode: facing.value }, audio: sound.checked });
  preview.srcObject = media;
  void preview.play();
  const awake = await keepAwake();
  signal.addEventListener("abort", () => {
    for (const track of media.getTracks()) track.stop();
    preview.srcObject = null;
    void awake?.release();
  });
  return media;
}

/** A phone that sleeps sends nothing. Not every browser, nor every battery, allows it. */
async function keepAwake(): Promise<WakeLockSentinel | null> {
  return "wakeLock" in navigator ? navigator.wakeLock.request("screen").catch(() => null) : null;
}

function ended(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (connection.connectionState === "connected") setText(byId("words", HTMLElement), say.on);
      if (["failed", "closed"].includes(connection.connectionState)) resolve();
    };
    connection.addEventListener("connectionstatechange", look);
    signal.addEventListener("abort", () => resolve(), { once: true });
    look();
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function words(fault: unknown): string {
  if (fault instanceof Refused) return fault.message;
  if (fault instanceof DOMException && fault.name === "NotAllowedError") return say.forbidden;
  if (fault instanceof DOMException && fault.name === "NotFoundError") return say.missing;
  return say.fault(fault instanceof Error ? fault.message : String(fault));
}

function show(onAir: boolean, text: string): void {
  byId("start", HTMLElement).hidden = onAir;
  byId("stop", HTMLElement).hidden = !onAir;
  for (const each of [token, facing, sound]) each.disabled = onAir;
  setText(byId("words", HTMLElement), text);
}

/** The words of publish.html, which itself has none. */
function labelPage(): void {
  document.documentElement.lang = locale;
  document.title = `vrlive · ${say.title}`;
  preview.setAttribute("aria-label", say.preview);
  const labels = {
    title: camera ? `${camera.channel} · ${camera.camera}` : say.none,
    "token-label": say.token,
    "facing-label": say.facing,
    away: say.away,
    towards: say.towards,
    "sound-label": say.sound,
    start: say.start,
    stop: say.stop,
    words: say.off,
  };
  for (const [id, text] of Object.entries(labels)) setText(byId(id, HTMLElement), text);
}
