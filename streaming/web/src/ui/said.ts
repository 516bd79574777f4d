/**
 * What is said in the show becomes text tracks of the video, one for each language: so the page shows it, and a headset.
 *
 * A session's data channel tells it; by HTTP it is asked for when the channel's state says that there is more. One cue stands in the tracks at a
 * time, from the picture on that it belongs to: pictures tell their capture time, players' time does not.
 */

import { tokenOf } from "../api";
import { wish } from "../language";
import { readMessage } from "../link/messages";
import type { Player } from "../link/player";
import { type Caption, Cues, escaped, readCaptions } from "./cues";

const USUAL_MS = 150; // from the lens to the screen, where the browser does not tell
const AGAIN_MS = 2000;
const ALWAYS_S = 1e9;
const MOST_TRACKS = 16; // they cannot be taken away again

export interface Source {
  readonly player: Player;
  /** Where what was said can be asked for. */
  readonly address: string;
  /** Moves when there is more there. */
  readonly revision: () => number;
}

export class Said {
  private readonly cues = new Cues([...(wish.value ? [wish.value] : []), ...navigator.languages]);
  private readonly tracks = new Map<string, TextTrack>();
  private channel: RTCDataChannel | null = null;
  private revision = 0;
  private shown: Caption | null = null;
  private takeAway = (): void => undefined;

  /** @param onEnd nothing is to be read any more, which no event tells; that something is, the tracks do */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly source: Source,
    private readonly onEnd: () => void,
  ) {
    video.requestVideoFrameCallback(this.see);
  }

  /** Each picture. */
  private readonly see = (nowMs: number, { captureTime }: VideoFrameCallbackMetadata): void => {
    this.video.requestVideoFrameCallback(this.see);
    const { player } = this.source;
    if (player.stream) void this.ask();
    else this.follow();
    const offsetMs = player.clock.best?.offsetMs;
    const liveMs = offsetMs === undefined ? null : performance.timeOrigin + (captureTime ?? nowMs - USUAL_MS) + offsetMs;
    const capturedMs = player.stream ? player.stream.dateMs : liveMs;
    this.show(capturedMs === null ? null : this.cues.at(capturedMs));
  };

  private follow(): void {
    const { session, heard } = this.source.player;
    const channel = session?.messages ?? null;
    if (channel === this.channel) return;
    this.channel?.removeEventListener("message", this.listen);
    this.channel = channel;
    channel?.addEventListener("message", this.listen);
    const newest = heard.get("caption");
    if (newest) this.hear(newest);
  }

  private readonly listen = (event: MessageEvent<unknown>): void => {
    if (typeof event.data === "string") this.hear(event.data);
  };

  private hear(text: string): void {
    const message = readMessage(text);
    if (message?.["type"] === "caption") this.take(message["captions"]);
  }

  private take(told: unknown): void {
    const captions = readCaptions(told);
    this.cues.take(captions);
    for (const { text, lang } of captions) if (text !== "") this.track(lang); // also if its time is over: there are captions in this show
  }

  private async ask(): Promise<void> {
    const { address, revision } = this.source;
    if (this.revision === revision()) return;
    this.revision = revision();
    const token = tokenOf(location);
    const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
    try {
      const answer = await fetch(address, { headers });
      if (answer.ok) this.take(((await answer.json()) as { captions?: unknown }).captions);
    } catch {
      setTimeout(() => (this.revision = NaN), AGAIN_MS); // the player says what is wrong with the network
    }
  }

  private show(caption: Caption | null): void {
    if (caption === this.shown) return;
    this.shown = caption;
    this.takeAway();
    this.takeAway = () => undefined;
    if (!caption) return this.onEnd();
    const [track, cue] = [this.track(caption.lang), new VTTCue(0, ALWAYS_S, escaped(caption.text))];
    track.addCue(cue);
    this.takeAway = () => track.removeCue(cue);
  }

  private track(lang: string): TextTrack {
    const [first] = this.tracks.values();
    const found = this.tracks.get(lang) ?? (this.tracks.size < MOST_TRACKS ? null : first);
    if (found) return found;
    const made = this.video.addTextTrack("captions", "", lang);
    this.tracks.set(lang, made);
    return made;
  }
}
