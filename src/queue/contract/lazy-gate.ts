import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { EngineHost } from './engine.ts';
import { type EngineParts, Gate } from './gate.ts';

/** The gate of a queue, opened when it is first needed. */
export class LazyGate {
  readonly #open: () => Promise<Gate>;
  #opening: Promise<Gate> | undefined;
  #opened: Gate | undefined;

  /** `load` fetches the engine when it is first needed, so that the packages of others need not be there. */
  constructor(
    load: () => Promise<EngineParts>,
    host: EngineHost,
    returnsOf: (task: string) => StandardSchemaV1 | undefined,
  ) {
    let parts: EngineParts | undefined;
    this.#open = async () => {
      parts ??= await load();
      return (this.#opened = await Gate.open(parts, host, returnsOf));
    };
  }

  get opened(): Gate | undefined {
    return this.#opened;
  }

  /** Opens the gate, unless it is open. What failed is tried anew by the next call. */
  open(): Promise<Gate> {
    if (this.#opening === undefined) {
      const opening = this.#open();
      this.#opening = opening;
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  async close(signal: AbortSignal): Promise<void> {
    const opening = this.#opening;
    if (opening === undefined) return;
    await opening.catch(() => {});
    this.#opening = undefined;
    const gate = this.#opened;
    this.#opened = undefined;
    await gate?.close(signal);
  }
}
