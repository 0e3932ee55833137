/** Looks again and again whether something waits in some places, and tells it once: whoever puts it there wakes nobody. */
export class Poll {
  readonly #every: number;
  readonly #count: (places: readonly string[]) => Promise<number>;
  readonly #found: () => void;
  #places: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(every: number, count: (places: readonly string[]) => Promise<number>, found: () => void) {
    this.#every = every;
    this.#count = count;
    this.#found = found;
  }

  watch(places: readonly string[]): void {
    this.#places = places;
    this.#timer ??= setTimeout(this.#look, this.#every);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  readonly #look = async (): Promise<void> => {
    const count = this.#places.length === 0 ? 0 : await this.#count(this.#places).catch(() => 0);
    this.#timer = undefined;
    if (this.#isStopped) return;
    if (count > 0) this.#found();
    else this.watch(this.#places);
  };
}
