import { systemClock } from '../../src/base/clock.ts';
import { quietLog } from '../../src/base/process/quiet-log.ts';
import type { Capabilities } from '../../src/queue/contract/capabilities.ts';
import type { Engine, EngineHost, OpenEngine, TaskStorage, WorkerSide } from '../../src/queue/contract/engine.ts';

/** An open engine of which both halves are there. */
export interface WorkingEngine extends OpenEngine {
  readonly worker: WorkerSide;
  readonly kind: string;
  readonly capabilities: Capabilities;
}

/** What an engine gets that no queue opens: every task is one with these inputs. */
export function testHost(more: Partial<EngineHost> = {}): EngineHost {
  return {
    log: quietLog,
    clock: systemClock,
    wake: () => {},
    interrupt: () => {},
    payloadLimit: 1024 * 1024,
    tasks: {
      names: () => [],
      parametersOf: () => ['beans', 'text', 'n', 'list', 'half'].map((name) => ({ name, required: false })),
      queueOf: () => undefined,
      positionalOf: () => [],
    },
    ...more,
  };
}

/** Opens an engine that workers can use. */
export async function openEngine(engine: Engine, host: Partial<EngineHost> = {}): Promise<WorkingEngine> {
  const open = await engine.open(testHost(host));
  const { kind, capabilities } = engine;
  return { ...open, worker: open.worker!, kind, capabilities };
}

/** The engine with other methods: `change` gives those of each half that it replaces, once it is open. */
export function changedEngine(
  engine: Engine,
  change: (open: OpenEngine) => { readonly storage?: Partial<TaskStorage>; readonly worker?: Partial<WorkerSide> },
): Engine {
  const { kind, label, capabilities } = engine;
  return {
    kind,
    label,
    capabilities,
    async open(host) {
      const open = await engine.open(host);
      const { storage = {}, worker = {} } = change(open);
      Object.assign(open.storage, storage);
      if (open.worker !== undefined) Object.assign(open.worker, worker);
      return open;
    },
  };
}
