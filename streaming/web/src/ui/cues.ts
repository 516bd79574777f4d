/** What is said in a show, as the server tells it, and which of it belongs to a picture. Pure: time is passed in. */

const MOST = 256; // as many as the server keeps
const MOST_LANGUAGES = 16;
const SILENT_MS = 60_000; // a language in which nothing was said for so long is not waited for

/** Something to read, from the picture captured at `atMs` (server's clock) on; empty: what was before in its language ends there. */
export interface Caption {
  readonly text: string;
  /** By BCP 47; empty: not told. */
  readonly lang: string;
  readonly atMs: number;
  readonly durationMs: number;
}

/** Those in a list that comes from the server; what makes no sense is passed over. */
export function readCaptions(value: unknown): Caption[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    if (typeof each !== "object" || each === null) return [];
    const { text, lang, at_ms: atMs, duration_s: durationS } = each as Record<string, unknown>;
    const known = typeof text === "string" && typeof lang === "string" && Number.isFinite(atMs) && Number.isFinite(durationS);
    return known ? [{ text, lang, atMs: atMs as number, durationMs: 1000 * (durationS as number) }] : [];
  });
}

export class Cues {
  private said: Caption[] = []; // by time
  private languages: string[] = []; // in the order in which they were told

  /** @param wanted languages by BCP 47, the dearest first */
  constructor(private readonly wanted: readonly string[]) {}

  /** Take what was told, perhaps not for the first time. */
  take(captions: readonly Caption[]): void {
    for (const each of captions) {
      const known = this.said.findIndex(({ lang, atMs }) => lang === each.lang && atMs === each.atMs);
      if (known >= 0) this.said.splice(known, 1);
      this.said.splice(this.said.findLastIndex(({ atMs }) => atMs <= each.atMs) + 1, 0, each);
      if (!this.languages.includes(each.lang)) this.languages = [...this.languages, each.lang].slice(-MOST_LANGUAGES);
    }
    this.said = this.said.slice(-MOST);
  }

  /** What is to be read with the picture that was captured then: in the language that is wanted, else in the first. */
  at(ms: number): Caption | null {
    const newest = new Map<string, Caption>();
    for (const each of this.said) if (each.atMs <= ms && each.atMs > ms - SILENT_MS) newest.set(each.lang, each);
    const spoken = this.languages.filter((each) => newest.has(each));
    const found = newest.get(best(spoken, this.wanted) ?? "");
    return found && found.text !== "" && ms < found.atMs + found.durationMs ? found : null;
  }
}

/** The language that is wanted most, by its whole tag or else by its first part; else the first. */
export function best(languages: readonly string[], wanted: readonly string[]): string | undefined {
  const first = (tag: string): string => tag.split("-")[0]!;
  for (const tag of wanted.map((each) => each.toLowerCase())) {
    const found = languages.find((each) => each === tag) ?? languages.find((each) => first(each) === first(tag));
    if (found) return found;
  }
  return languages[0];
}

/** So that it means itself where WebVTT is read. */
export function escaped(text: string): string {
  return text.replace(/&/gu, "&amp;").replace(/</gu, "&lt;").replace(/>/gu, "&gt;");
}

/** The plain words of a cue of any text track. */
export function wordsOf(cue: TextTrackCue): string {
  return cue instanceof VTTCue ? (cue.getCueAsHTML().textContent ?? "") : "";
}
