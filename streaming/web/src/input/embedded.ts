/** Whether this page is a frame in somebody's page, which scrolls under the same hands. */

import { embedded } from "../embed/host";

/** A frame leaves one finger and the plain wheel to the page around it, unless it fills the screen. */
export function yields(): boolean {
  return embedded && document.fullscreenElement === null;
}
