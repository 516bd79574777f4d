/**
 * Keeps a channel playing in a video element: connects, watches that pictures come, and comes back after every fault.
 *
 * WebRTC is how a show is seen live. HTTP (HLS) stands in for it where it does not get through, until it does; and shows what was a while
 * ago, when the visitor asks. Both play in one element: what it showed last stays until the other has a picture.
 */

import { type Stream, type Wanted, askForWindow, playsHls, prepareStream } from "../replay/stream";
import { playsSphere } from "../sound/sphere";
import { backoff } from "./backoff";
import { ClockOffset, keepTime } from "./clock";
import { Feeds } from "./feeds";
import type { ByHttp, Link } from "./kinds";
import { readMessage } from "./messages";
import { Renditions } from "./renditions";
import { Watchdog } from "./watchdog";
import { Refused, type Session, subscribe } from "./whep";
import { why } from "./why";

/** Where the channel is. */
export interface Source {
  readonly whep: string;
  readonly hls: string;
  readonly replay: string;
  readonly token: string | null;
}

const LOOK_MS = 500;
const BRIDGE_MS = 5000; // who is not connected by then sees the show by HTTP meanwhile
const KEEP_MS = 10_000; // the server cuts for half a minute after it was asked
const BRIDGED_REST_S = 30; // between attempts while HTTP stands in

export class Player {
  link: Link = { kind: "stopped" };
  /** Of the server against the page; it outlives sessions. */
  readonly clock = new ClockOffset();
  readonly renditions = new Renditions();
  readonly feeds = new Feeds();
  session: Session | null = null;
  /** The newest message of each type over the session's channel, for who begins to listen later. */
  readonly heard = new Map<string, string>();
  /** What plays by HTTP. */
  stream: Stream | null = null;
  /** Whether the channel offers HTTP. */
  offersHttp = true;
  /** The server said that the show has ended. */
  ended = false;
  /** The visitor holds the picture still: whatever is connected meanwhile waits. */
  held = false;
  private readonly mayBridge: boolean;
  private byHttp: ByHttp = "bridged"; // what the stream is for
  private keeping = 0;
  private opening = 0; // counts streams: one that comes too late is closed
  private stopping = new AbortController();
  private failures = 0;
  private waiting: (() => void) | null = null;
  private ranDry = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly source: Source,
    private readonly onChange: (link: Link) => void,
    private readonly onSession: (messages: RTCDataChannel) => void = () => undefined,
    private readonly onLost: () => void = () => undefined,
  ) {
    this.mayBridge = playsHls(video);
    video.addEventListener("waiting", () => this.runDry(true));
    for (const sign of ["playing", "timeupdate", "emptied"]) video.addEventListener(sign, () => this.runDry(false));
  }

  start(): void {
    if (this.link.kind !== "stopped") return;
    this.stopping = new AbortController();
    this.failures = 0;
    void this.run(this.stopping.signal);
  }

  /** End the session; the last picture stays. */
  stop(): void {
    this.halt();
    this.closeStream();
    this.change({ kind: "stopped" });
  }

  /** Do not wait any longer. */
  retryNow(): void {
    this.waiting?.();
  }

  /** Whether what plays by HTTP has run out of pictures, and waits for more. */
  get dry(): boolean {
    return this.stream !== null && this.ranDry;
  }

  /** Play after a click, where the browser had refused to by itself. */
  async play(): Promise<void> {
    try {
      await this.video.play();
      if (this.link.kind === "blocked") this.change({ kind: this.stream ? this.byHttp : "playing" });
    } catch (fault) {
      if (fault instanceof DOMException && fault.name === "NotAllowedError") this.change({ kind: "blocked" });
    }
  }

  /** Whether there is something to play. */
  get active(): boolean {
    return this.session !== null || this.stream !== null;
  }

  /** Whether one can look back. */
  get canRewind(): boolean {
    return this.offersHttp && this.mayBridge;
  }

  /** Have the show cut for looking back, though HTTP does not play: it will be wanted when the picture is not held still any more. */
  keepWindow(wanted: boolean): void {
    clearInterval(this.keeping);
    if (!wanted || !this.canRewind) return;
    const ask = (): void => void askForWindow(this.source.hls, this.source.token);
    this.keeping = window.setInterval(ask, KEEP_MS);
    ask();
  }

  /** Show what was captured at an instant (Unix time in ms) and go on from there. */
  rewind(unixMs: number): void {
    if (!this.canRewind) return;
    if (this.stream && this.link.kind !== "replay") {
      this.halt(true);
      this.stream.seek(unixMs);
      this.showAs("behind");
    } else {
      this.halt();
      this.change({ kind: "behind" });
      void this.openStream("behind", unixMs);
    }
  }

  /** Show the show that is over, from its beginning. */
  replay(): void {
    this.halt();
    this.closeStream();
    this.change({ kind: "replay" });
    void this.openStream("replay", "beginning");
  }

  /** Back to what is live; what plays by HTTP goes on until it comes. */
  live(): void {
    if (this.link.kind === "bridged") return this.retryNow();
    if (this.link.kind !== "behind" && this.link.kind !== "replay") return;
    this.stopping = new AbortController();
    this.failures = 0;
    if (this.link.kind === "replay") this.closeStream();
    if (this.stream) {
      this.stream.seek(Date.now() + 3_600_000); // the newest that there is
      this.showAs("bridged");
    }
    void this.run(this.stopping.signal);
  }

  private async run(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      if (!this.stream) this.change({ kind: "connecting" });
      const fault = await this.playOnce(stopped);
      if (stopped.aborted) return;
      this.leave();
      const hopeless = !fault.worthRetrying && !(fault.byNetwork && this.canRewind);
      if (hopeless) return this.giveUp(fault);
      if (fault.byNetwork) void this.bridge(stopped);
      this.failures += 1;
      await this.rest(backoff(this.failures, Math.random(), fault.retryAfterS), fault.message, stopped);
    }
  }

  private giveUp(fault: Refused): void {
    this.closeStream();
    this.change({ kind: "refused", reason: fault.message });
  }

  /** Play one session to its end; says why it ended. */
  private async playOnce(stopped: AbortSignal): Promise<Refused> {
    if (typeof RTCPeerConnection === "undefined") return new Refused(why.noWebRtc, null, false, true);
    const late = setTimeout(() => void this.bridge(stopped), BRIDGE_MS);
    try {
      const session = await subscribe(this.source.whep, this.source.token, stopped, playsSphere());
      if (stopped.aborted) {
        session.close(); // the visitor has gone to what plays by HTTP: what that opens is not to be closed
        return new Refused(why.stopped);
      }
      this.session = session;
      keepTime(session.messages, this.clock);
      this.renditions.follow(session.messages);
      this.feeds.follow(session.messages);
      this.hear(session.messages);
      this.onSession(session.messages);
      if (!this.stream) this.show(session);
      const connected = await settled(session.connection, stopped);
      clearTimeout(late);
      if (stopped.aborted) return new Refused(why.stopped);
      if (!connected) return new Refused(why.noWay, null, true, true);
      this.show(session);
      return await this.watch(session, stopped);
    } catch (fault) {
      if (fault instanceof Refused || stopped.aborted) return fault instanceof Refused ? fault : new Refused(why.stopped);
      return new Refused(why.nonsense);
    } finally {
      clearTimeout(late);
    }
  }

  /** Put a session's picture into the element, in place of what HTTP shows. */
  private show(session: Session): void {
    if (this.video.srcObject === session.stream) return;
    this.closeStream();
    this.video.srcObject = session.stream;
    this.go();
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
      const look = (): void => {
        if (document.hidden || this.video.paused) dog.picture(performance.now()); // nobody looks: browsers draw no pictures then
        const ended = stopped.aborted ? new Refused(why.stopped) : this.judge(dog, session.connection.connectionState);
        if (ended) finish(ended);
      };
      const timer = setInterval(look, LOOK_MS);
      const finish = (reason: Refused): void => {
        clearInterval(timer);
        this.video.cancelVideoFrameCallback(callback);
        resolve(reason);
      };
      session.connection.addEventListener("connectionstatechange", look);
      stopped.addEventListener("abort", () => finish(new Refused(why.stopped)), { once: true });
      look();
    });
  }

  private judge(dog: Watchdog, state: RTCPeerConnectionState): Refused | null {
    if (state === "failed" || state === "closed") return new Refused(why.lost);
    const verdict = dog.judge(performance.now());
    if (verdict === "lost") return new Refused(why.noPicture);
    if (verdict === "flowing" && this.link.kind !== "blocked") {
      this.failures = 0;
      this.ended = false;
      this.change({ kind: "playing" });
    }
    if (verdict === "stalled") this.change({ kind: "stalled" });
    return null;
  }

  private async rest(seconds: number, reason: string, stopped: AbortSignal): Promise<void> {
    const wait = this.stream ? Math.max(seconds, BRIDGED_REST_S) : seconds;
    if (!this.stream) this.change({ kind: "waiting", untilMs: performance.now() + wait * 1000, reason });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait * 1000);
      this.waiting = () => {
        clearTimeout(timer);
        resolve();
      };
      stopped.addEventListener("abort", () => this.waiting?.(), { once: true });
    });
    this.waiting = null;
  }

  /** Let HTTP stand in until a session is connected. */
  private async bridge(stopped: AbortSignal): Promise<void> {
    if (this.stream || !this.canRewind || stopped.aborted) return;
    await this.openStream("bridged", "newest", stopped);
  }

  private async openStream(kind: ByHttp, from: Wanted["from"], stopped?: AbortSignal): Promise<void> {
    const turn = (this.opening += 1);
    const url = kind === "replay" ? this.source.replay : this.source.hls;
    const lose = (fault: string): void => void (turn === this.opening && this.loseStream(fault));
    try {
      const begin = await prepareStream({ url, token: this.source.token, from });
      const connected = kind === "bridged" && this.session?.connection.connectionState === "connected";
      if (turn !== this.opening || stopped?.aborted || connected) return;
      this.video.srcObject = null;
      this.stream = begin(this.video, lose, (offer) => turn === this.opening && this.renditions.followOffer(offer));
    } catch (fault) {
      return lose(String(fault));
    }
    this.showAs(kind);
    this.go();
  }

  /** Play, unless the visitor holds the picture still. */
  private go(): void {
    if (!this.held) void this.play();
  }

  private runDry(dry: boolean): void {
    if (dry === this.ranDry) return;
    this.ranDry = dry;
    if (this.stream) this.onChange(this.link);
  }

  private showAs(kind: ByHttp): void {
    this.byHttp = kind;
    this.change({ kind });
  }

  /** HTTP fails, too, or has nothing more: try to be live. */
  private loseStream(fault: string): void {
    const kind = this.link.kind;
    this.closeStream();
    console.info(`HLS: ${fault}`);
    if (kind === "bridged") {
      this.change({ kind: "connecting" });
      this.retryNow();
    } else if (kind === "behind" || kind === "replay") {
      this.onLost();
      this.live();
    }
  }

  private closeStream(): void {
    this.opening += 1;
    this.stream?.close();
    this.stream = null;
    this.renditions.followOffer(null);
  }

  /** End the loop that keeps a session, and the session. */
  private halt(keepPicture = false): void {
    this.stopping.abort(new Error("stopped"));
    if (keepPicture) this.hangUp();
    else this.leave();
  }

  private leave(): void {
    if (this.video.srcObject) this.video.srcObject = null; // first: the end of a track would paint the last picture black
    this.hangUp();
  }

  private hangUp(): void {
    this.session?.close();
    this.session = null;
  }

  private hear(messages: RTCDataChannel): void {
    this.heard.clear();
    messages.addEventListener("message", (event: MessageEvent<unknown>) => {
      const said = typeof event.data === "string" ? readMessage(event.data) : null;
      if (typeof said?.["type"] === "string" && messages === this.session?.messages) this.heard.set(said["type"], event.data as string);
      if (said?.["type"] === "state" && said["state"] === "ended") this.ended = true;
    });
  }

  private change(link: Link): void {
    if (link.kind === this.link.kind && link.kind !== "waiting") return;
    this.link = link;
    this.onChange(link);
  }
}

/** Whether a connection comes about, once that is known. */
function settled(connection: RTCPeerConnection, stopped: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 2 * BRIDGE_MS);
    const look = (): void => {
      const state = connection.connectionState;
      if (state === "connected" || state === "failed" || state === "closed") {
        clearTimeout(timer);
        resolve(state === "connected");
      }
    };
    connection.addEventListener("connectionstatechange", look);
    stopped.addEventListener("abort", () => resolve(false), { once: true });
    look();
  });
}
