/** Starts the page at /publish/<channel>/<camera>: a phone becomes a camera. */

import "./publish.css";
import { tokenOf } from "./api";
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

let leave: AbortController | null = null;

setText(byId("title", HTMLElement), camera ? `${camera.channel} · ${camera.camera}` : "No camera");
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
  show(true, "Opening the camera …");
  try {
    const media = await openCamera(leaving.signal);
    const endpoint = `/whip/${encodeURIComponent(camera.channel)}/${encodeURIComponent(camera.camera)}`;
    while (!leaving.signal.aborted) {
      await once(endpoint, media, leaving.signal);
      await pause(AGAIN_MS, leaving.signal);
    }
    show(false, "Not on air");
  } catch (fault) {
    show(false, leaving.signal.aborted ? "Not on air" : words(fault));
  } finally {
    leaving.abort();
    leave = null;
  }
}

/** One session, from its offer to its end. */
async function once(endpoint: string, media: MediaStream, signal: AbortSignal): Promise<void> {
  let publication: Publication | null = null;
  try {
    setText(byId("words", HTMLElement), "Connecting …");
    publication = await publish(endpoint, token.value, media, signal);
    await ended(publication.connection, signal);
    setText(byId("words", HTMLElement), "The connection was lost. Trying again …");
  } catch (fault) {
    if (signal.aborted) return;
    if (!(fault instanceof Refused) || !fault.worthRetrying) throw fault;
    setText(byId("words", HTMLElement), `${fault.message} Trying again …`);
  } finally {
    publication?.close();
  }
}

async function openCamera(signal: AbortSignal): Promise<MediaStream> {
  if (!("mediaDevices" in navigator)) throw new Refused("Browsers give away the camera to pages from HTTPS only.");
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
      if (connection.connectionState === "connected") setText(byId("words", HTMLElement), "On air");
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
  if (fault instanceof DOMException && fault.name === "NotAllowedError") return "This page may not use the camera: allow it in the browser.";
  if (fault instanceof DOMException && fault.name === "NotFoundError") return "This device has no camera.";
  return `It does not work here: ${fault instanceof Error ? fault.message : String(fault)}`;
}

function show(onAir: boolean, text: string): void {
  byId("start", HTMLElement).hidden = onAir;
  byId("stop", HTMLElement).hidden = !onAir;
  for (const each of [token, facing, sound]) each.disabled = onAir;
  setText(byId("words", HTMLElement), text);
}
