/** The state of a channel, as /api/v1 says it (OpenAPI: /api/docs). */

export interface ChannelName {
  readonly name: string;
  readonly title: string;
}

export interface CameraState {
  readonly name: string;
  readonly state: "connecting" | "live" | "stalled" | "failed";
  readonly fps: number;
  readonly size: string;
  readonly reconnects: number;
  readonly fault: string;
}

export interface StageState {
  readonly name: string;
  readonly median_ms: number;
  readonly p95_ms: number;
  readonly frames: number;
  readonly dropped: number;
}

/** Frame n of the loop is due at `origin_unix_s` + n / `fps`, and again every `frames` frames. */
export interface LoopState {
  readonly frames: number;
  readonly fps: number;
  readonly origin_unix_s: number;
}

export interface GarmentState {
  readonly name: string;
  readonly title: string;
  readonly variant: string;
  readonly variants: readonly string[];
  readonly yaw_deg: number;
  readonly pitch_deg: number;
}

/** How the directions of the picture lie in its frames: see sky/layout. */
export interface LayoutState {
  readonly projection: "equirect" | "vr180" | "cubemap" | "eac";
  readonly stereo: "mono" | "top-bottom";
}

export interface ChannelState extends ChannelName {
  readonly state: "connecting" | "live" | "degraded" | "slate" | "offline";
  readonly size: string;
  /** None from a server that knows only the whole sphere, mono. */
  readonly layout?: LayoutState;
  readonly fps: number;
  readonly viewers: number;
  /** Whether garments are in the picture, or whether it can also be had without. */
  readonly feeds: readonly ("burned" | "clean")[];
  readonly engine: { readonly state: "starting" | "running" | "restarting" | "stopped"; readonly restarts: number };
  readonly cameras: readonly CameraState[];
  readonly stages: readonly StageState[];
  readonly garments: readonly GarmentState[];
  readonly loop: LoopState | null;
  readonly sound?: { readonly inputs: readonly SoundInput[]; readonly ambisonics: boolean };
  readonly hls?: HlsState;
  /** Of the show, as it was announced. */
  readonly starts_unix_s?: number | null;
  readonly ends_unix_s?: number | null;
  readonly now_unix_s: number;
  /** Grows with every change of what GET …/show says. */
  readonly show_revision?: number;
  /** Grows with every caption. */
  readonly caption_revision?: number;
}

export interface SoundInput {
  readonly camera: string;
  readonly channels: number;
  readonly mute: boolean;
}

export interface HlsState {
  readonly state: "off" | "idle" | "cutting";
  /** How far one can look back now. */
  readonly window_s: number;
  /** How long the recording of the last show is, where it may be watched. */
  readonly replay_s?: number | null;
}

/** The channel that an address asks for, or null for the first there is. */
export function channelOf(path: string): string | null {
  const found = /^\/(?:watch|embed)\/([^/]+)\/?$/.exec(path)?.[1];
  return found === undefined ? null : decoded(found);
}

/** What is no text in UTF-8 is the name of no channel, and stays as it is. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The token that a link brings along, better behind “#”, where no server and no log sees it, than behind “?”. */
export function tokenOf(place: { readonly hash: string; readonly search: string }): string | null {
  return new URLSearchParams(place.hash.slice(1)).get("token") ?? new URLSearchParams(place.search).get("token");
}

export function watchPath(channel: string): string {
  return `/watch/${encodeURIComponent(channel)}`;
}

/** The address that opens a product of a channel on another device; a token that let us in goes along behind “#”. */
export function watchAddress(channel: string, product: string, place: { readonly origin: string; readonly hash: string; readonly search: string }): string {
  const token = tokenOf(place);
  const after = token === null ? "" : `#token=${encodeURIComponent(token)}`;
  return `${place.origin}${watchPath(channel)}?product=${encodeURIComponent(product)}${after}`;
}

export async function listChannels(): Promise<readonly ChannelName[]> {
  return ((await get("/api/v1/channels")) as { channels: ChannelName[] } | null)?.channels ?? [];
}

/** A channel's state, or null when there is no such channel. */
export async function channelState(channel: string): Promise<ChannelState | null> {
  return (await get(`/api/v1/channels/${encodeURIComponent(channel)}`)) as ChannelState | null;
}

async function get(path: string): Promise<unknown> {
  const response = await fetch(path, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(5000) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}
