/** Follows every picture that the video element presents: counts, capture times, and on request the demo's barcode. */

import type { LoopState } from "../api";
import { BARCODE, barcodeArea, cellMeans, decode, dueS } from "./barcode";
import { pageClockMs } from "./clock";
import type { SeenFrame } from "../diagnostics";

const CELL_PX = 8;
const KEPT = 10_000;

export class Frames {
  /** Pictures presented since the page was opened. */
  presented = 0;
  private following = false;
  private seen: SeenFrame[] = [];
  private readonly canvas = new OffscreenCanvas(BARCODE.columns * CELL_PX, BARCODE.rows * CELL_PX);
  private readonly pen = this.canvas.getContext("2d", { willReadFrequently: true });

  constructor(
    private readonly video: HTMLVideoElement,
    /** Told of each picture, with the time since its capture where the browser knows it. */
    private readonly onPicture: (latencyMs: number | null) => void,
    private readonly clock: () => { loop: LoopState | null; offsetMs: number | null },
  ) {
    video.requestVideoFrameCallback(this.look);
  }

  follow(): void {
    this.following = true;
    this.seen = [];
  }

  taken(): readonly SeenFrame[] {
    this.following = false;
    return this.seen;
  }

  /** Frame number in the present picture, or null. */
  read(): number | null {
    const { videoWidth, videoHeight } = this.video;
    if (!this.pen || videoWidth === 0) return null;
    const area = barcodeArea(videoWidth, videoHeight);
    this.pen.drawImage(this.video, area.x, area.y, area.width, area.height, 0, 0, this.canvas.width, this.canvas.height);
    return decode(cellMeans(this.pen.getImageData(0, 0, this.canvas.width, this.canvas.height).data, CELL_PX));
  }

  private readonly look = (_: number, metadata: VideoFrameCallbackMetadata): void => {
    this.video.requestVideoFrameCallback(this.look);
    this.presented += 1;
    const captured = metadata.captureTime;
    this.onPicture(captured === undefined ? null : metadata.expectedDisplayTime - captured);
    if (this.following && this.seen.length < KEPT) this.note(metadata);
  };

  private note(metadata: VideoFrameCallbackMetadata): void {
    const number = this.read();
    const presentedMs = performance.timeOrigin + metadata.expectedDisplayTime;
    const { loop, offsetMs } = this.clock();
    const serverMs = Math.max(presentedMs, pageClockMs()) + (offsetMs ?? 0);
    const latencyMs = number === null || !loop || offsetMs === null ? null : serverMs - 1000 * dueS(number, loop, serverMs / 1000);
    this.seen.push({ presentedMs, presented: metadata.presentedFrames, number, latencyMs });
  }
}
