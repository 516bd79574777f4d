/** Full screen, and a screen that stays awake meanwhile. */

let awake: WakeLockSentinel | null = null;

export async function toggleFullScreen(element: HTMLElement): Promise<void> {
  try {
    await (document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen());
  } catch {
    return; // the browser did not allow it: the page stays as it is
  }
}

/** Call `onChange` whenever full screen begins or ends, and hold a wake lock in between. */
export function followFullScreen(onChange: (on: boolean) => void): void {
  document.addEventListener("fullscreenchange", () => {
    onChange(document.fullscreenElement !== null);
    void keepAwake();
  });
  document.addEventListener("visibilitychange", () => void keepAwake()); // a hidden page loses its lock
}

async function keepAwake(): Promise<void> {
  const wanted = document.fullscreenElement !== null && !document.hidden;
  try {
    if (wanted && (awake === null || awake.released)) awake = await navigator.wakeLock?.request("screen");
    if (!wanted) await awake?.release();
  } catch {
    awake = null; // low battery, or not a secure context: the screen may sleep
  }
}
