/** What the server says over the data channel: one JSON object a message, told apart by its `type`. */

export type Message = Readonly<Record<string, unknown>>;

/** The object in a message, or null for anything else. */
export function readMessage(text: string): Message | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Message) : null;
  } catch {
    return null; // not JSON: not for us
  }
}
