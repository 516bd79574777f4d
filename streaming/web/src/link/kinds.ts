/** The ways in which a page is connected to a show. */

/** What the connection is doing. */
export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "playing" }
  | { readonly kind: "stalled" }
  | { readonly kind: "waiting"; readonly untilMs: number; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "blocked" } // the browser wants a click before it plays
  | { readonly kind: "bridged" } // by HTTP, for WebRTC does not get through
  | { readonly kind: "behind" } // by HTTP, for the visitor looks back
  | { readonly kind: "replay" } // a show that is over
  | { readonly kind: "stopped" };

export type ByHttp = "bridged" | "behind" | "replay";

/** Whether the picture comes by HTTP. */
export function isByHttp(kind: Link["kind"]): kind is ByHttp {
  return kind === "bridged" || kind === "behind" || kind === "replay";
}
