import type { CompiledQuery, QueryResult } from 'kysely';
import type { StreamOptions, TransactionSettings, Unit, UnitOptions } from './database-engine.ts';
import { queryNotAwaited, sessionEnded } from './db-error.ts';
import { UnheardFailures } from './unheard-failures.ts';
import { withCaller } from './with-caller.ts';

// `over`: what was one transaction has ended. A statement that comes later was not awaited, and must not begin another that nobody ends.
type State = 'idle' | 'open' | 'over' | 'released';

/** What conversations with all databases have in common: where the transaction is, and what failed in it. */
export abstract class BaseUnit implements Unit {
  protected readonly options: UnitOptions;
  protected settings: TransactionSettings;
  protected state: State = 'idle';
  protected readonly writing: Set<CompiledQuery> = new Set();
  isUsed = false;
  failures: UnheardFailures | undefined;

  constructor(options: UnitOptions) {
    this.options = options;
    this.settings = options;
  }

  abstract get hasSavepoints(): boolean;

  abstract executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>>;

  abstract streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: StreamOptions,
  ): AsyncGenerator<QueryResult<R>>;

  abstract rollback(): Promise<void>;

  protected abstract end(kind: 'commit' | 'rollback'): Promise<void>;

  get isOpen(): boolean {
    return this.state === 'open';
  }

  noteFailure(error: unknown): void {
    if (!this.isSession || this.state === 'released') return;
    this.failures ??= new UnheardFailures();
    this.failures.note(error);
  }

  async begin(settings: TransactionSettings = {}): Promise<void> {
    this.checkUsable();
    this.settings = { ...this.settings, ...settings };
    this.state = 'open';
  }

  async commit(): Promise<void> {
    if (this.state !== 'open') return;
    for (const { sql } of this.writing) {
      await this.rollback();
      throw queryNotAwaited(sql);
    }
    this.state = this.ended;
    try {
      await this.end('commit');
    } catch (error) {
      throw withCaller(error);
    }
  }

  release(): Promise<void> | undefined {
    void this.rollback();
    this.failures?.stop();
    this.state = 'released';
    return undefined;
  }

  // Kysely asks for another unit per statement or `connection()`, and releases it.
  protected get isSession(): boolean {
    return this.options.mode === 'lazy' || this.options.mode === 'eager';
  }

  // A connection that commits each statement may begin a transaction again; a session is one.
  protected get ended(): State {
    return this.isSession ? 'over' : 'idle';
  }

  protected checkUsable(): void {
    this.isUsed = true;
    if (this.state === 'released' || this.state === 'over') throw sessionEnded();
  }
}
