import { CortadoError } from '../base/error.ts';
import { ThreadStream } from './thread-stream.ts';

/**
 * What a call in another thread returns: a promise of its value or, where the function is a generator, also the generator itself. Which
 * of the two it is, only the thread knows; the types tell the caller.
 */
export class ThreadPromise<T> extends Promise<T> implements AsyncGenerator<unknown, void, undefined> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  async next(): Promise<IteratorResult<unknown, void>> {
    return (await this.#stream()).next();
  }

  async return(): Promise<IteratorResult<unknown, void>> {
    return (await this.#stream()).return();
  }

  async throw(error: unknown): Promise<IteratorResult<unknown, void>> {
    return (await this.#stream()).throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #stream(): Promise<ThreadStream> {
    const stream = await this;
    if (stream instanceof ThreadStream) return stream;
    throw new CortadoError('CORTADO_THREAD_MODULE', 'the function is not a generator: await its value.');
  }
}
