/** The doors into the room: a button for each kind of session that this browser and its device offer. The rest comes when one is opened. */

import { events } from "../events";
import { phrases } from "../language";
import { byId, icon, make } from "../ui/dom";
import { toast } from "../ui/toast";
import type { Headset, Host, Mode } from "./headset";

const DOORS = {
  "immersive-vr": ["M3.5 9.5a2 2 0 0 1 2-2h13a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-3l-2-2.6a2 2 0 0 0-3 0l-2 2.6h-3a2 2 0 0 1-2-2Z"],
  "immersive-ar": ["M12 4.5 18.5 8v8L12 19.5 5.5 16V8Z", "M5.5 8 12 11.5 18.5 8M12 11.5v8"],
} as const satisfies Record<Mode, readonly string[]>;

/** All are wishes: a device without one lets visitors in all the same. */
const WISHES = ["local-floor", "hand-tracking", "layers"];

const say = phrases(
  { "immersive-vr": "Enter VR", "immersive-ar": "Enter AR", refused: "The headset did not let you in." },
  { "immersive-vr": "进入 VR", "immersive-ar": "进入 AR", refused: "未能进入头显模式。" },
);

export class Doors {
  /** Who is inside; null: nobody. */
  inside: Headset | null = null;
  private opening = false;

  constructor(private readonly host: Host) {
    if (!navigator.xr) return;
    for (const mode of Object.keys(DOORS) as Mode[]) void this.offer(navigator.xr, mode);
  }

  private async offer(xr: XRSystem, mode: Mode): Promise<void> {
    const button = make("button");
    button.type = "button";
    button.hidden = true;
    button.setAttribute("aria-label", say[mode]);
    button.title = say[mode];
    button.append(icon(...DOORS[mode]));
    button.addEventListener("click", () => void this.enter(xr, mode));
    byId("bar", HTMLElement).append(button);
    const ask = async (): Promise<void> => {
      button.hidden = !(await xr.isSessionSupported(mode).catch(() => false));
    };
    xr.addEventListener("devicechange", () => void ask()); // a headset was plugged in
    await ask();
  }

  /** The session is asked for within the click, which is what lets it begin; the code comes meanwhile. */
  private async enter(xr: XRSystem, mode: Mode): Promise<void> {
    if (this.inside || this.opening) return;
    this.opening = true;
    const asked = xr.requestSession(mode, { optionalFeatures: WISHES });
    try {
      const [session, { Headset }] = await Promise.all([asked, import("./headset")]);
      session.addEventListener("end", () => this.leave(), { once: true });
      const headset = await Headset.enter(this.host, session, mode);
      if (headset.over) return;
      this.inside = headset;
      events.emit("vr-enter", {});
    } catch (fault) {
      void asked.then((session) => session.end()).catch(() => undefined);
      console.warn(fault);
      toast(say.refused);
    } finally {
      this.opening = false;
    }
  }

  private leave(): void {
    if (this.inside) events.emit("vr-exit", {});
    this.inside = null;
  }
}
