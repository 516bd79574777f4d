/** Changes one at a time, the newest last: a player that is told of another throws away what it was loading for the first, and has nothing to show. */

const PATIENCE_MS = 5000; // after so long it may as well hear of the next

export class Turns<T> {
  private made: T | undefined;
  private waiting: T | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly make: (change: T) => void) {}

  /** Make a change, as soon as the one before is heeded. */
  ask(change: T): void {
    if (change === this.made) this.waiting = undefined;
    else if (this.timer === undefined) this.begin(change);
    else this.waiting = change;
  }

  /** What was asked for last is heeded. */
  next(): void {
    this.close();
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.begin(waiting);
  }

  /** Make no more. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private begin(change: T): void {
    this.made = change;
    this.timer = setTimeout(() => this.next(), PATIENCE_MS);
    this.make(change);
  }
}
