/** Where the focus goes when what had it is gone. */

/** Back to where it came from; where that cannot have it any more, to what is in front: the room, or a piece before it. */
export function giveBack(to: Element | null): void {
  if (to instanceof HTMLElement) to.focus({ preventScroll: true });
  if (to !== null && to !== document.body && document.activeElement === to) return;
  const scenes = [...document.querySelectorAll<HTMLElement>("[role=application]")];
  scenes.find((each) => !each.closest("[inert]"))?.focus({ preventScroll: true });
}
