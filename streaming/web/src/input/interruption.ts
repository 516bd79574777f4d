/** A phone call stops picture and sound: they come back by themselves, or by the next tap where the browser wants one. */

const PATIENCE_MS = 500; // a page that is about to be hidden is stopped first

/** @param wanted whether it ought to play  @param play tries to */
export function comeBack(video: HTMLVideoElement, wanted: () => boolean, play: () => void): void {
  const resume = (): void => {
    if (wanted() && video.paused && !document.hidden) play();
  };
  video.addEventListener("pause", () => setTimeout(resume, PATIENCE_MS));
  document.addEventListener("visibilitychange", resume);
  addEventListener("pointerup", resume);
}
