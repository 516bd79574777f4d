/** Full screen, and a screen that stays awake meanwhile. Where elements cannot fill it (iPhone), the page clears itself of all but the picture. */

let awake: WakeLockSentinel | null = null;
let cleared = false;
const followers = new Set<(on: boolean) => void>();

function filled(): boolean {
  return document.fullscreenElement !== null || cleared;
}

export async function toggleFullScreen(element: HTMLElement): Promise<void> {
  if (!document.fullscreenEnabled) return clear(element, !cleared);
  try {
    await (document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen());
  } catch {
    return; // the browser did not allow it: the page stays as it is
  }
}

/** Call `onChange` whenever full screen begins or ends, and hold a wake lock in between. */
export function followFullScreen(onChange: (on: boolean) => void): void {
  followers.add(onChange);
  document.addEventListener("fullscreenchange", tell);
  document.addEventListener("visibilitychange", () => void keepAwake()); // a hidden page loses its lock
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && cleared && !document.querySelector("dialog[open]")) clear(document.querySelector(".cleared"), false);
  });
}

function clear(element: Element | null, on: boolean): void {
  cleared = on;
  element?.classList.toggle("cleared", on);
  tell();
}

function tell(): void {
  for (const each of followers) each(filled());
  void keepAwake();
}

async function keepAwake(): Promise<void> {
  const wanted = filled() && !document.hidden;
  try {
    if (wanted && (awake === null || awake.released)) awake = await navigator.wakeLock?.request("screen");
    if (!wanted) await awake?.release();
  } catch {
    awake = null; // low battery, or not a secure context: the screen may sleep
  }
}
