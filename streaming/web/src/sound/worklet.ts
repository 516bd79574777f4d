/** Plays four channels on two ears. It runs on the browser's thread for sound: pieces come in by messages, and gains with them. */

import type { Ears } from "./field";

declare const sampleRate: number;
declare function registerProcessor(name: string, kind: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

const CHANNELS = 4;
const BEGIN_S = 0.06; // held before it begins, and after it ran dry: pieces of 10 ms come through the page's thread
const MOST_S = 0.25; // what is more is left out: sound would fall behind the picture
const GLIDE = 0.002; // of the way to new gains, each sample: 10 ms, without a click

class Field extends AudioWorkletProcessor {
  private readonly ring = Array.from({ length: CHANNELS }, () => new Float32Array(sampleRate));
  private written = 0;
  private read = 0;
  private flowing = false;
  private wanted: Ears = { left: [0.5, 0, 0, 0], right: [0.5, 0, 0, 0] };
  private readonly gains = new Float32Array(2 * CHANNELS);

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<Float32Array[] | Ears>): void => {
      if (Array.isArray(data)) this.take(data);
      else this.wanted = data;
    };
  }

  process(_: unknown, [output]: Float32Array[][]): boolean {
    const [left, right] = output ?? [];
    if (!left || !right) return true;
    const waiting = this.written - this.read;
    if (!this.flowing && waiting < BEGIN_S * sampleRate) return true;
    this.flowing = waiting >= left.length;
    if (!this.flowing) return true;
    const wanted = [...this.wanted.left, ...this.wanted.right];
    for (let n = 0; n < left.length; n += 1) {
      const at = (this.read + n) % sampleRate;
      let [l, r] = [0, 0];
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const sample = this.ring[channel]![at]!;
        l += this.glide(channel, wanted) * sample;
        r += this.glide(CHANNELS + channel, wanted) * sample;
      }
      left[n] = l;
      right[n] = r;
    }
    this.read += left.length;
    return true;
  }

  private glide(n: number, wanted: readonly number[]): number {
    return (this.gains[n]! += GLIDE * (wanted[n]! - this.gains[n]!));
  }

  private take(planes: readonly Float32Array[]): void {
    const count = planes[0]?.length ?? 0;
    planes.forEach((plane, channel) => {
      for (let n = 0; n < count; n += 1) this.ring[channel]![(this.written + n) % sampleRate] = plane[n]!;
    });
    this.written += count;
    if (this.written - this.read > MOST_S * sampleRate) this.read = this.written - Math.round(BEGIN_S * sampleRate);
  }
}

registerProcessor("field", Field);
