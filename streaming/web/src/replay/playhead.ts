/** Which instant of the show is shown: now, held still, what was a while ago, or a show that is over; and the time line that leads there. */

import type { ChannelState } from "../api";
import { events } from "../events";
import { pageClockMs } from "../link/clock";
import type { Meter } from "../link/meter";
import { isByHttp } from "../link/kinds";
import type { Player } from "../link/player";
import { phrases } from "../language";
import { toast } from "../ui/toast";
import { type Circumstances, isOver, onScreen } from "../ui/words";
import { TimeBar } from "./bar";
import type { Reach } from "./reach";

const RESUME_MS = 1500; // who pauses for less goes on live
const NEAR_MS = 5000; // so much older than all that is kept: close enough

const say = phrases({ gone: "That moment is not kept any more: this is live" }, { gone: "那一刻已不再保留，现在播放的是直播" });

export class Playhead {
  private readonly bar = new TimeBar({ seek: (unixMs) => this.seek(unixMs), live: () => this.live(), replay: () => this.replay() });
  private channel: ChannelState | null | undefined;
  private stateOffsetMs: number | null = null; // of the server's clock against the page's, roughly: from the channel's state
  private heldMs: number | null = null; // when what is held still was captured, and since when it is held
  private heldSinceMs = 0;
  private landingMs: number | null = null; // where to go in the replay, once it is known how far it reaches

  /**
   * @param askedMs Unix time to go back to, once: with the first picture, or in the replay of a show that is over
   * @param onChange told of what was done here
   */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly player: Player,
    private readonly meter: Meter,
    private askedMs: number | null,
    private readonly onChange: () => void,
  ) {
    video.addEventListener("ended", () => player.link.kind === "replay" && !this.paused && this.toggle()); // who goes on sees it once more
  }

  get paused(): boolean {
    return this.player.held;
  }

  /** A picture is held still, and none is missing for another reason. */
  get still(): boolean {
    return this.paused && (this.player.link.kind === "playing" || this.player.stream !== null);
  }

  /** As the server says it now; null: there is none, undefined: nobody says. */
  take(channel: ChannelState | null | undefined): void {
    this.channel = channel;
    if (channel) this.stateOffsetMs = 1000 * channel.now_unix_s - pageClockMs();
  }

  /** The server's clock: Unix time in ms. */
  get serverMs(): number {
    return pageClockMs() + (this.player.clock.best?.offsetMs ?? this.stateOffsetMs ?? 0);
  }

  /** When the picture that is shown was captured, by the server's clock; null while unknown. */
  get shownMs(): number | null {
    if (this.heldMs !== null) return this.heldMs;
    if (this.player.stream) return this.player.stream.dateMs;
    return this.player.link.kind === "playing" ? this.serverMs - (this.meter.latency.ms ?? 0) : null;
  }

  get latencyMs(): number | null {
    if (this.player.link.kind === "replay") return null;
    const date = this.player.stream?.dateMs ?? null;
    return date === null ? this.meter.latency.ms : Math.max(0, Math.round(this.serverMs - date));
  }

  get around(): Circumstances {
    return {
      serverS: this.serverMs / 1000,
      online: navigator.onLine,
      ended: this.player.ended,
      behindS: this.shownMs === null ? null : (this.serverMs - this.shownMs) / 1000,
      dry: this.player.dry,
    };
  }

  /** The show is over, and its recording may be watched. */
  get offersReplay(): boolean {
    const { player, channel } = this;
    return player.canRewind && !isByHttp(player.link.kind) && (channel?.hls?.replay_s ?? 0) > 0 && isOver(channel, this.around);
  }

  show(): void {
    const { player, channel } = this;
    this.goWhereAsked();
    this.bar.show({
      link: player.link.kind,
      reach: this.reach,
      nowMs: this.shownMs,
      edgeMs: this.serverMs,
      paused: this.paused,
      canReplay: this.offersReplay,
      onAir: onScreen(channel),
    });
  }

  /** How far one can look back. */
  private get reach(): Reach | null {
    const { player } = this;
    const windowS = player.canRewind ? (this.channel?.hls?.window_s ?? 0) : 0;
    return player.stream?.reach ?? (windowS > 0 ? { startMs: this.serverMs - 1000 * windowS, endMs: this.serverMs } : null);
  }

  private goWhereAsked(): void {
    const { player, askedMs } = this;
    if (this.landingMs !== null && player.link.kind === "replay" && player.stream?.reach) {
      player.stream.seek(this.landingMs);
      this.landingMs = null;
    }
    if (askedMs === null || !this.channel) return;
    const over = this.offersReplay;
    if (!over && player.link.kind !== "playing" && player.link.kind !== "bridged") return;
    this.askedMs = null; // whatever comes of it: later the visitor decides
    if (over) this.replay(askedMs);
    else if (askedMs >= this.serverMs) return;
    else if (this.reach && askedMs >= this.reach.startMs - NEAR_MS) this.seek(askedMs);
    else toast(say.gone);
  }

  seek(unixMs: number): void {
    if (this.player.link.kind === "replay") this.player.stream?.seek(unixMs);
    else this.player.rewind(unixMs);
    this.goOn();
    this.onChange();
  }

  /** Watch the show that is over, from an instant on (Unix time in ms) or from its beginning. */
  replay(fromMs: number | null = null): void {
    this.goOn();
    this.landingMs = fromMs;
    this.player.replay();
    events.emit("play", {});
    this.onChange();
  }

  live(): void {
    this.goOn();
    if (this.player.link.kind === "playing") void this.player.play();
    else this.player.live();
    this.onChange();
  }

  /** Hold the picture still, or go on where it was held. */
  toggle(): void {
    if (this.paused) this.resume(this.heldMs);
    else this.hold();
    this.onChange();
  }

  /** Do not hold the picture still any more, whatever comes next. */
  private goOn(): void {
    if (this.paused) this.resume(null);
  }

  private hold(): void {
    this.heldMs = this.shownMs;
    this.heldSinceMs = performance.now();
    this.player.held = true;
    this.video.pause();
    this.player.keepWindow(this.player.link.kind !== "replay");
    events.emit("pause", {});
  }

  /** @param fromMs where to go on; null: from another place */
  private resume(fromMs: number | null): void {
    const { player } = this;
    player.held = false;
    this.heldMs = null;
    player.keepWindow(false);
    if (fromMs !== null && player.link.kind === "playing" && performance.now() - this.heldSinceMs > RESUME_MS) player.rewind(fromMs);
    else if (fromMs !== null && player.link.kind === "behind") player.stream?.seek(fromMs);
    void player.play();
    events.emit("play", {});
  }
}
