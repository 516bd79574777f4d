/**
 * What an embedding page and the embedded one say to each other. Types only.
 *
 * The page in the frame says that it is there; the page around it answers with a MessagePort. All that follows goes over that port, one
 * object a message, so that neither side takes another window's words for the other's.
 */

/** Said by the page in the frame, to whoever frames it, once it can hear. */
export interface Here {
  readonly vrlive: "here";
}

/** The answer, by `postMessage` to the frame's window and origin, with one port. */
export interface Hello {
  readonly vrlive: "hello";
  readonly version: 1;
}

/** What the embedding page may ask for. */
export interface Commands {
  play: unknown;
  pause: unknown;
  mute: unknown;
  unmute: unknown;
  /** Degrees; what is left out stays. */
  "look-at": { readonly yawDeg?: number; readonly pitchDeg?: number; readonly fovDeg?: number };
  /** A rendition by its name, or “auto”. */
  "set-quality": { readonly name: string };
  /** Open the card of a product; null closes it. */
  "select-product": { readonly product: string | null };
}

export type CommandName = keyof Commands;

export type Command = { readonly [Name in CommandName]: { readonly type: Name } & Commands[Name] }[CommandName];
