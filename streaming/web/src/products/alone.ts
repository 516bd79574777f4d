/** A piece before the room: all else is out of reach of hands, keys and screen readers until it is gone. */

import { giveBack } from "../ui/focus";

const NEVER = "[aria-live], dialog"; // what speaks goes on speaking, and a dialog comes over everything
const BESIDE = "(min-width: 901px)"; // as inspector.css has it: a sheet stays beside the piece where there is room

/** @param gone when it is */
export function alone(front: HTMLElement, gone: AbortSignal): void {
  const page = front.parentElement;
  if (!page) return;
  const wide = matchMedia(BESIDE);
  const put = (): void => {
    for (const each of page.children) {
      if (!(each instanceof HTMLElement) || each === front || each.matches(NEVER)) continue;
      each.inert = !gone.aborted && !(wide.matches && each.matches(".sheet"));
    }
    if (document.activeElement?.closest("[inert]")) giveBack(null);
  };
  const more = new MutationObserver(put);
  more.observe(page, { childList: true });
  wide.addEventListener("change", put, { signal: gone });
  gone.addEventListener("abort", () => {
    more.disconnect();
    put();
  });
  put();
}
