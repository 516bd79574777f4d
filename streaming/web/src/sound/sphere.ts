/** Plays the sphere of sound of a WebRTC track: decoded by the browser, turned with the view, on two ears. */

import { comeBack } from "../input/interruption";
import { ears } from "./field";
import worklet from "./worklet?worker&url";

/** Chromium has it; it hands out all channels of a track, where Web Audio takes two. */
interface TrackProcessor {
  readonly readable: ReadableStream<AudioData>;
}
declare const MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack }) => TrackProcessor;

const RATE_HZ = 48_000;

/** How a head is turned (radians). */
interface Turn {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

let failed = false; // it is not tried again

/** Whether this browser can. Worklets need a secure context. */
export function playsSphere(): boolean {
  return !failed && "MediaStreamTrackProcessor" in window && "AudioWorkletNode" in window && isSecureContext;
}

export class Sphere {
  private readonly context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
  private readonly gain = this.context.createGain();
  private readonly meters: AnalyserNode[];
  private node: AudioWorkletNode | null = null;
  private reader: ReadableStreamDefaultReader<AudioData> | null = null;
  private loud = 0;
  private closed = false;
  private readonly leave = comeBack(this.context, "statechange", () => void this.resume());

  /**
   * @param view where the visitor looks
   * @param onFail it cannot be played here: what plays it did not come, say
   */
  constructor(
    track: MediaStreamTrack,
    private readonly view: () => Turn,
    onFail: () => void,
  ) {
    this.gain.gain.value = 0;
    this.gain.connect(this.context.destination);
    this.meters = [0, 1].map(() => this.context.createAnalyser());
    this.play(track).catch((fault: unknown) => {
      if (this.closed) return;
      console.warn(fault);
      failed = true;
      onFail();
    });
  }

  set volume(volume: number) {
    if (volume === this.loud) return;
    this.loud = volume;
    this.gain.gain.setTargetAtTime(volume, this.context.currentTime, 0.02);
    void this.resume();
  }

  turn({ yaw, pitch, roll }: Turn): void {
    this.node?.port.postMessage(ears(yaw, pitch, roll));
  }

  /** How loud each ear has just been (RMS). */
  get levels(): { readonly left: number; readonly right: number } {
    const [left = 0, right = 0] = this.meters.map((meter) => {
      const samples = new Float32Array(meter.fftSize);
      meter.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    });
    return { left, right };
  }

  close(): void {
    this.closed = true;
    void this.reader?.cancel().catch(() => undefined);
    this.leave();
    void this.context.close();
  }

  /** A context that was stopped stands still until it is told to go on. */
  private async resume(): Promise<void> {
    if (this.loud === 0 || this.context.state === "running" || this.context.state === "closed") return;
    await this.context.resume().catch(() => undefined); // not before a gesture
  }

  private async play(track: MediaStreamTrack): Promise<void> {
    await this.context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(this.context, "field", { numberOfInputs: 0, outputChannelCount: [2] });
    const split = this.context.createChannelSplitter(2);
    node.connect(this.gain);
    node.connect(split);
    this.meters.forEach((meter, ear) => split.connect(meter, ear));
    this.node = node;
    this.turn(this.view());
    this.reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { value: piece, done } = await this.reader.read();
      if (done) return;
      const planes = Array.from({ length: 4 }, (_, channel) => {
        const plane = new Float32Array(piece.numberOfFrames);
        if (channel < piece.numberOfChannels) piece.copyTo(plane, { planeIndex: channel, format: "f32-planar" });
        return plane;
      });
      piece.close();
      if (this.context.state === "running") node.port.postMessage(planes, planes.map((plane) => plane.buffer));
    }
  }
}
