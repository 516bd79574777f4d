/** Measures what arrives: latency from glass to glass, and decoded pictures a second. */

import { pageClockMs } from "./clock";
import { playoutNtpMs, videoStats } from "../diagnostics";
import { Latency, sinceCapture } from "./latency";
import type { Player } from "./player";

export class Meter {
  readonly latency = new Latency();
  decodedFps: number | null = null;
  packetsLost: number | null = null;
  private framesTellTime = false;
  private last: { frames: number; atMs: number } | null = null;

  constructor(private readonly player: Player) {}

  /** A picture is shown, `latencyMs` after its capture where the browser knows that. */
  picture(latencyMs: number | null): void {
    if (latencyMs === null) return;
    this.framesTellTime = true;
    this.latency.note(latencyMs);
  }

  /** Look at the connection's statistics; to be called about once a second. */
  async look(): Promise<void> {
    const connection = this.player.session?.connection;
    if (!connection || this.player.link.kind !== "playing") return this.reset();
    const [stats, atMs] = [await videoStats(connection), performance.now()];
    this.packetsLost = stats.packetsLost;
    if (this.last && stats.framesDecoded >= this.last.frames) {
      this.decodedFps = ((stats.framesDecoded - this.last.frames) * 1000) / (atMs - this.last.atMs);
    }
    this.last = { frames: stats.framesDecoded, atMs };
    if (!this.framesTellTime) await this.lookAtPlayout(connection);
  }

  private async lookAtPlayout(connection: RTCPeerConnection): Promise<void> {
    const captured = await playoutNtpMs(connection);
    const clock = this.player.clock.best;
    if (captured !== null && clock) this.latency.note(sinceCapture(captured, pageClockMs(), clock.offsetMs));
  }

  private reset(): void {
    this.latency.forget();
    this.decodedFps = null;
    this.last = null;
    this.framesTellTime = false;
  }
}
