import type { EngineHost, TaskStorage } from './engine.ts';

/** The methods of a storage that an outbox answers in its place. */
export interface OpenOutbox extends Required<Pick<TaskStorage, 'currentTransaction' | 'enqueue' | 'get' | 'cancel'>> {
  /** Ends handing tasks on. What is left is handed on by another process, or at the next start. */
  close(): Promise<void>;
}

/** Lets tasks join transactions of a database that is not the engine's: they are rows there until they are handed on. */
export interface Outbox {
  open(storage: TaskStorage, host: EngineHost): Promise<OpenOutbox>;
}
