/** Keeps a channel playing in a video element: connects, watches that pictures come, and comes back after every fault. */

import { backoff } from "./backoff";
import { ClockOffset, keepTime } from "./clock";
import { Feeds } from "./feeds";
import { Renditions } from "./renditions";
import { Watchdog } from "./watchdog";
import { Refused, type Session, subscribe } from "./whep";

/** What the connection is doing. */
export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "playing" }
  | { readonly kind: "stalled" }
  | { readonly kind: "waiting"; readonly untilMs: number; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "blocked" } // the browser wants a click before it plays
  | { readonly kind: "stopped" };

const LOOK_MS = 500;

export class Player {
  link: Link = { kind: "stopped" };
  /** Of the server against the page; it outlives sessions. */
  readonly clock = new ClockOffset();
  readonly renditions = new Renditions();
  readonly feeds = new Feeds();
  session: Session | null = null;
  private stopping = new AbortController();
  private failures = 0;
  private waiting: (() => void) | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly endpoint: string,
    private readonly token: string | null,
    private readonly onChange: (link: Link) => void,
  ) {}

  start(): void {
    if (this.link.kind !== "stopped") return;
    this.stopping = new AbortController();
    this.failures = 0;
    void this.run(this.stopping.signal);
  }

  /** End the session; the last picture stays. */
  stop(): void {
    this.stopping.abort(new Error("stopped"));
    this.leave();
    this.change({ kind: "stopped" });
  }

  /** Do not wait any longer. */
  retryNow(): void {
    this.waiting?.();
  }

  /** Play after a click, where the browser had refused to by itself. */
  async play(): Promise<void> {
    try {
      await this.video.play();
      if (this.link.kind === "blocked") this.change({ kind: "playing" });
    } catch (fault) {
      if (fault instanceof DOMException && fault.name === "NotAllowedError") this.change({ kind: "blocked" });
    }
  }

  private async run(stopped: AbortSignal): Promise<void> {
    if (typeof RTCPeerConnection === "undefined") return this.change({ kind: "refused", reason: "This browser has no WebRTC." });
    while (!stopped.aborted) {
      this.change({ kind: "connecting" });
      const fault = await this.playOnce(stopped);
      this.leave();
      if (stopped.aborted) return;
      if (!fault.worthRetrying) return this.change({ kind: "refused", reason: fault.message });
      this.failures += 1;
      await this.rest(backoff(this.failures, Math.random(), fault.retryAfterS), fault.message, stopped);
    }
  }

  /** Play one session to its end; says why it ended. */
  private async playOnce(stopped: AbortSignal): Promise<Refused> {
    try {
      const session = await subscribe(this.endpoint, this.token, stopped);
      if (stopped.aborted) session.close();
      this.session = session;
      keepTime(session.messages, this.clock);
      this.renditions.follow(session.messages);
      this.feeds.follow(session.messages);
      this.video.srcObject = session.stream;
      void this.play();
      return await this.watch(session, stopped);
    } catch (fault) {
      if (fault instanceof Refused || stopped.aborted) return fault instanceof Refused ? fault : new Refused("Stopped.");
      return new Refused("The server's answer made no sense.");
    }
  }

  /** Follow pictures and connection until one of them fails. */
  private watch(session: Session, stopped: AbortSignal): Promise<Refused> {
    const dog = new Watchdog(performance.now());
    let callback = 0;
    const seen = (): void => {
      dog.picture(performance.now());
      callback = this.video.requestVideoFrameCallback(seen);
    };
    callback = this.video.requestVideoFrameCallback(seen);
    return new Promise<Refused>((resolve) => {
      const timer = setInterval(() => {
        if (document.hidden || this.video.paused) dog.picture(performance.now()); // nobody looks: browsers draw no pictures then
        const ended = stopped.aborted ? new Refused("Stopped.") : this.judge(dog, session.connection.connectionState);
        if (ended) finish(ended);
      }, LOOK_MS);
      const finish = (reason: Refused): void => {
        clearInterval(timer);
        this.video.cancelVideoFrameCallback(callback);
        resolve(reason);
      };
      stopped.addEventListener("abort", () => finish(new Refused("Stopped.")), { once: true });
    });
  }

  private judge(dog: Watchdog, state: RTCPeerConnectionState): Refused | null {
    if (state === "failed" || state === "closed") return new Refused("The connection was lost.");
    const verdict = dog.judge(performance.now());
    if (verdict === "lost") return new Refused("No picture arrives.");
    if (verdict === "flowing" && this.link.kind !== "blocked") {
      this.failures = 0;
      this.change({ kind: "playing" });
    }
    if (verdict === "stalled") this.change({ kind: "stalled" });
    return null;
  }

  private async rest(seconds: number, reason: string, stopped: AbortSignal): Promise<void> {
    this.change({ kind: "waiting", untilMs: performance.now() + seconds * 1000, reason });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.waiting = () => {
        clearTimeout(timer);
        resolve();
      };
      stopped.addEventListener("abort", () => this.waiting?.(), { once: true });
    });
    this.waiting = null;
  }

  private leave(): void {
    this.video.srcObject = null; // first: the end of a track would paint the last picture black
    this.session?.close();
    this.session = null;
  }

  private change(link: Link): void {
    if (link.kind === this.link.kind && link.kind !== "waiting") return;
    this.link = link;
    this.onChange(link);
  }
}
