/** Whether pictures still come: no picture for 3 s is a stall, for 8 s a lost connection. Pure; time is passed in. */

export const STALL_MS = 3000;
export const LOST_MS = 8000;
export const START_MS = 10_000; // the first picture may take longer: it waits for ICE, DTLS and a keyframe

export class Watchdog {
  private lastMs: number | null = null;

  constructor(private readonly startedMs: number) {}

  picture(nowMs: number): void {
    this.lastMs = nowMs;
  }

  judge(nowMs: number): "waiting" | "flowing" | "stalled" | "lost" {
    if (this.lastMs === null) return nowMs - this.startedMs < START_MS ? "waiting" : "lost";
    const silence = nowMs - this.lastMs;
    if (silence < STALL_MS) return "flowing";
    return silence < LOST_MS ? "stalled" : "lost";
  }
}
