/**
 * A WHEP client (draft-ietf-wish-whep): POST the offer, hear the answer, PATCH candidates that were found meanwhile, and DELETE at the end.
 * One object is one session; what happens after it fails is the player's matter.
 */

import { retryAfter } from "./backoff";
import { iceServers } from "./links";
import { askForSphere, grantsSphere } from "./sphere";
import { told, why } from "./why";

const GATHER_MS = 1000; // candidates that take longer are not on this network
const ANSWER_MS = 10_000;
const SERVERS_MS = 3000; // most viewers need no STUN or TURN server, and do not wait for long to hear of one
const CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";

/** Why a session did not come about, in words for the page. */
export class Refused extends Error {
  constructor(
    message: string,
    /** Seconds the server asked to wait, if it did. */
    readonly retryAfterS: number | null = null,
    /** False when trying again cannot help. */
    readonly worthRetrying = true,
    /** True when the network (or this browser) lets no WebRTC through, and something else may get through. */
    readonly byNetwork = false,
  ) {
    super(message);
  }
}

export interface Session {
  readonly connection: RTCPeerConnection;
  readonly stream: MediaStream;
  /** Called "clock": see clock.ts. */
  readonly messages: RTCDataChannel;
  /** Its sound is ambisonics, in four channels. */
  readonly sphere: boolean;
  close(): void;
}

/**
 * Open a session.
 *
 * @param token says that we may watch, where that is asked for
 * @param sphere ask for the sphere of sound; it comes where the channel has one
 * @throws Refused when the browser cannot play, or the server does not want to; its message is for people
 */
export async function subscribe(endpoint: string, token: string | null, signal: AbortSignal, sphere = false): Promise<Session> {
  const authorization: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
  const connection = new RTCPeerConnection({ iceServers: await servers(endpoint, authorization, signal) });
  try {
    const stream = receive(connection);
    const messages = connection.createDataChannel("clock");
    await offer(connection, sphere);
    const { answer, address, tag } = await post(endpoint, authorization, connection.localDescription?.sdp ?? "", signal);
    await connection.setRemoteDescription({ type: "answer", sdp: answer });
    void trickle(connection, address, { ...authorization, "If-Match": tag ?? "" }, signal);
    return { connection, stream, messages, sphere: sphere && grantsSphere(answer), close: () => end(connection, address, authorization) };
  } catch (fault) {
    connection.close();
    throw fault;
  }
}

async function offer(connection: RTCPeerConnection, sphere: boolean): Promise<void> {
  if (!sphere) return connection.setLocalDescription();
  const { type, sdp = "" } = await connection.createOffer();
  await connection.setLocalDescription({ type, sdp: askForSphere(sdp) });
}

/** H.264 first and only, with its retransmissions; null where the browser has none. */
export function preferH264<Codec extends { readonly mimeType: string }>(codecs: readonly Codec[]): Codec[] | null {
  const named = (name: string): Codec[] => codecs.filter((each) => each.mimeType.toLowerCase() === `video/${name}`);
  const h264 = named("h264");
  return h264.length === 0 ? null : [...h264, ...named("rtx")];
}

/** What a status other than 201 means. */
export function refusal(status: number, problem: string | null, wait: number | null): Refused {
  if (status === 404) return new Refused(told(problem, why.noChannel), wait);
  if (status === 503) return new Refused(told(problem, why.full), wait);
  if (status === 401 || status === 403) return new Refused(told(problem, why.closed), wait, false);
  if (status >= 500) return new Refused(why.trouble, wait);
  return new Refused(told(problem, why.refused(status)), wait, status === 408 || status === 429);
}

function receive(connection: RTCPeerConnection): MediaStream {
  const stream = new MediaStream();
  connection.addEventListener("track", (event) => stream.addTrack(event.track));
  const video = connection.addTransceiver("video", { direction: "recvonly" });
  const audio = connection.addTransceiver("audio", { direction: "recvonly" });
  const codecs = preferH264(RTCRtpReceiver.getCapabilities("video")?.codecs ?? []);
  if (!codecs) throw new Refused(why.noPlay, null, false);
  video.setCodecPreferences(codecs);
  for (const transceiver of [video, audio]) askForCaptureTime(transceiver);
  return stream;
}

/** Not yet in TypeScript's library; Chromium has it (WebRTC extensions, section 5.2). */
interface NegotiatesExtensions {
  getHeaderExtensionsToNegotiate(): { uri: string; direction: string }[];
  setHeaderExtensionsToNegotiate(extensions: { uri: string; direction: string }[]): void;
}

function askForCaptureTime(transceiver: RTCRtpTransceiver): void {
  const negotiates = transceiver as RTCRtpTransceiver & Partial<NegotiatesExtensions>;
  const offered = negotiates.getHeaderExtensionsToNegotiate?.() ?? [];
  for (const each of offered) if (each.uri === CAPTURE_TIME) each.direction = "sendrecv";
  if (offered.length > 0) negotiates.setHeaderExtensionsToNegotiate?.(offered);
}

/** Wait for our candidates, or for as long as they may take. */
function gathered(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, GATHER_MS);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    const look = (): void => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    };
    connection.addEventListener("icegatheringstatechange", look);
    look();
  });
}

/** Tell the candidates that the offer did not wait for; most are connected before there are any that a server could use, and may do without. */
export async function trickle(connection: RTCPeerConnection, address: string | null, headers: Record<string, string>, signal: AbortSignal): Promise<void> {
  try {
    await gathered(connection, signal);
    const body = lateCandidates(connection.localDescription?.sdp ?? "");
    if (address === null || body === null || connection.connectionState === "connected") return;
    await fetch(address, { method: "PATCH", headers: { ...headers, "Content-Type": "application/trickle-ice-sdpfrag" }, body, signal });
  } catch {
    // whether a connection comes about without them, it will say itself
  }
}

/** The candidates of a description as a fragment (RFC 8840), without names that only the browser's own network knows; null: there are none. */
export function lateCandidates(sdp: string): string | null {
  const lines = sdp.split("\r\n");
  const found = lines.filter((line) => line.startsWith("a=candidate:") && !/ \S+\.local /.test(line));
  const heads = ["a=ice-ufrag:", "a=ice-pwd:", "m=", "a=mid:"].map((head) => lines.find((line) => line.startsWith(head)) ?? "");
  return found.length === 0 ? null : [...heads, ...found, ""].join("\r\n");
}

/** The servers that this one names: asked before the offer is made, for browsers gather relayed addresses while they make it. */
export async function servers(endpoint: string, authorization: Record<string, string>, signal: AbortSignal): Promise<RTCIceServer[]> {
  try {
    const timely = AbortSignal.any([signal, AbortSignal.timeout(SERVERS_MS)]);
    const response = await fetch(endpoint, { method: "OPTIONS", headers: authorization, signal: timely });
    return iceServers(response.headers.get("Link"));
  } catch (fault) {
    if (signal.aborted) throw fault;
    return []; // whether the server answers at all, the offer will show
  }
}

/** Offer, and hear the answer, and the session's address and tag. */
export async function post(
  endpoint: string,
  authorization: Record<string, string>,
  offer: string,
  signal: AbortSignal,
): Promise<{ answer: string; address: string | null; tag: string | null }> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { ...authorization, "Content-Type": "application/sdp", Accept: "application/sdp" },
    body: offer,
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  }).catch((fault: unknown) => {
    throw signal.aborted ? fault : new Refused(why.silent);
  });
  const wait = retryAfter(response.headers.get("Retry-After"), Date.now());
  if (response.status !== 201) throw refusal(response.status, await problem(response), wait);
  const location = response.headers.get("Location");
  return { answer: await response.text(), address: location && new URL(location, response.url).href, tag: response.headers.get("ETag") };
}

/** The sentence in the body of one of our server's refusals. */
async function problem(response: Response): Promise<string | null> {
  try {
    const body = (await response.json()) as { error?: unknown };
    return typeof body.error === "string" && body.error !== "" ? sentence(body.error) : null;
  } catch {
    return null; // a proxy's page, not ours
  }
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
}

/** Hang up, and tell the server. */
export function end(connection: RTCPeerConnection, address: string | null, authorization: Record<string, string>): void {
  connection.close();
  if (address) fetch(address, { method: "DELETE", headers: authorization, keepalive: true }).catch(() => undefined); // gone already: as wished
}
