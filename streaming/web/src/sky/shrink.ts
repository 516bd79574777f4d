/** For graphics cards that take no picture as large as a video's: the browser makes it smaller. */
export class Shrink {
  private pen: OffscreenCanvasRenderingContext2D | null = null;

  /** @param longestPx the longest side of a picture that can be shown */
  constructor(private readonly longestPx: number) {}

  /** A video's present picture, no larger than can be shown. */
  of(video: HTMLVideoElement): TexImageSource {
    const { videoWidth, videoHeight } = video;
    const scale = this.longestPx / Math.max(videoWidth, videoHeight);
    if (scale >= 1) return video;
    const [width, height] = [Math.floor(scale * videoWidth), Math.floor(scale * videoHeight)];
    if (this.pen?.canvas.width !== width || this.pen.canvas.height !== height) {
      this.pen = new OffscreenCanvas(width, height).getContext("2d", { alpha: false });
    }
    this.pen?.drawImage(video, 0, 0, width, height);
    return this.pen?.canvas ?? video;
  }
}
