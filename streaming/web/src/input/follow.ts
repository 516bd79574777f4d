/** Follow the host: the view turns to what the host shows, and where the host looks; the visitor looks elsewhere whenever they like. */

import { phrases } from "../language";
import { readMessage } from "../link/messages";
import type { Catalogue } from "../products/catalogue";
import { toggle } from "../settings";
import type { Head } from "../sky/head";
import { type View, rad } from "../sky/view";
import { toast } from "../ui/toast";

const say = phrases({ on: "You follow the host", off: "You look by yourself" }, { on: "正在跟随主播", off: "已停止跟随" });

export const followHost = toggle("follow-host", false);

/** By its key: with a word, for nothing else shows it. */
export function toggleFollowing(): void {
  followHost.value = !followHost.value;
  toast(followHost.value ? say.on : say.off);
}

/** Where the host looks by a data-channel message: radians; null: nowhere in particular; undefined: the message is about something else. */
export function readLook(text: string): Partial<View> | null | undefined {
  const message = readMessage(text);
  if (message?.["type"] !== "look") return undefined;
  const { yaw_deg: yaw, pitch_deg: pitch } = message;
  const known = typeof yaw === "number" && typeof pitch === "number" && Number.isFinite(yaw) && Number.isFinite(pitch);
  return known ? { yaw: rad(yaw), pitch: rad(pitch) } : null;
}

export class Follower {
  private look: Partial<View> | null = null;
  private pin = "";

  constructor(
    private readonly head: Head,
    private readonly catalogue: Catalogue,
    /** Turn to a piece. */
    private readonly turnTo: (product: string) => void,
  ) {
    catalogue.follow(() => this.heed());
    followHost.follow((on) => on && this.catchUp());
  }

  /** Listen on a session's data channel. */
  listen(channel: RTCDataChannel): void {
    channel.addEventListener("message", (event: MessageEvent<unknown>) => {
      const look = typeof event.data === "string" ? readLook(event.data) : undefined;
      if (look === undefined) return;
      this.look = look;
      if (look && followHost.value) this.head.lookAt(look);
    });
  }

  /** Another piece may have been pinned. */
  private heed(): void {
    const { pin, pinned } = this.catalogue;
    if (pin === this.pin) return;
    this.pin = pin;
    if (pinned && followHost.value) this.turnTo(pinned.id);
  }

  /** From now on: to where the host looks, else to what is shown. */
  private catchUp(): void {
    const { pinned } = this.catalogue;
    if (this.look) this.head.lookAt(this.look);
    else if (pinned) this.turnTo(pinned.id);
  }
}
