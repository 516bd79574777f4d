/** What a visitor chose and finds again after a reload. A browser that keeps nothing plays on with the defaults. */

const PREFIX = "vrlive.";

/** One thing that can be chosen; each change is kept at once and told to whoever listens. */
export class Setting<Value> {
  private readonly listeners = new Set<(value: Value) => void>();
  private now: Value;

  /** @param read what a kept text means, or null for one that means nothing (any more) */
  constructor(
    private readonly name: string,
    private readonly standard: Value,
    read: (text: string) => Value | null,
    private readonly write: (value: Value) => string = String,
  ) {
    const text = kept(PREFIX + name);
    this.now = (text === null ? null : read(text)) ?? standard;
  }

  get value(): Value {
    return this.now;
  }

  set value(value: Value) {
    if (value === this.now) return;
    this.now = value;
    keep(PREFIX + this.name, value === this.standard ? null : this.write(value));
    for (const listener of this.listeners) listener(value);
  }

  /** Be told of changes, until the answer is called. */
  follow(listener: (value: Value) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export function choice<Value extends string>(name: string, standard: Value, values: readonly Value[]): Setting<Value> {
  return new Setting(name, standard, (text) => values.find((each) => each === text) ?? null);
}

/** Any text that `fits`. */
export function text(name: string, standard: string, fits: RegExp): Setting<string> {
  return new Setting(name, standard, (kept) => (fits.test(kept) ? kept : null));
}

export function toggle(name: string, standard: boolean): Setting<boolean> {
  return new Setting(name, standard, (text) => (text === "true" ? true : text === "false" ? false : null));
}

export function number(name: string, standard: number, least: number, most: number): Setting<number> {
  return new Setting(name, standard, (text) => {
    const value = Number(text);
    return text !== "" && value >= least && value <= most ? value : null;
  });
}

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // no storage in private windows and some frames
  }
}

function keep(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // as above: it holds until the page is left
  }
}
