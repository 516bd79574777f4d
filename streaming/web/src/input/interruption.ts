/** A phone call, or another app's sound, stops what plays: it comes back by itself, or by the next tap where the browser wants one. */

const PATIENCE_MS = 500; // a page that is about to be hidden is stopped first
const SIGNS = ["visibilitychange", "focus", "pointerup", "keydown"]; // somebody is there again

/**
 * Follow one thing that plays, until the answer is called.
 *
 * @param stops its event that may tell of a stop  @param resume  goes on if it has stopped and ought to play
 */
export function comeBack(player: EventTarget, stops: string, resume: () => void): () => void {
  const again = (): void => void (document.hidden || resume());
  const later = (): void => void setTimeout(again, PATIENCE_MS);
  player.addEventListener(stops, later);
  for (const sign of SIGNS) addEventListener(sign, again);
  return () => {
    player.removeEventListener(stops, later);
    for (const sign of SIGNS) removeEventListener(sign, again);
  };
}
