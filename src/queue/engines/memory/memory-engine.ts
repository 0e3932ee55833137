import { type Capabilities, outsidePromises } from '../../contract/capabilities.ts';
import type { Engine, EngineHost, OpenEngine } from '../../contract/engine.ts';
import { isFinal } from '../../contract/task-record.ts';
import { memoryStorage } from './memory-storage.ts';
import { MemoryTasks } from './memory-tasks.ts';
import { memoryWorkerSide } from './memory-worker-side.ts';

const capabilities: Capabilities = {
  ...outsidePromises,
  durable: false,
  shared: false,
  embedded: true,
  priority: { min: -1000, max: 1000 },
};

/** Tasks in the memory of one process: for tests, for trying things out, and for work that may be lost with the process. */
export class MemoryEngine implements Engine {
  readonly kind = 'memory';
  readonly label = 'memory:';
  readonly capabilities: Capabilities = capabilities;

  async open(host: EngineHost): Promise<OpenEngine> {
    const tasks = new MemoryTasks(host);
    const close = async (): Promise<void> => {
      const waiting = [...tasks.all.values()].filter(({ state }) => !isFinal(state)).length;
      if (waiting > 0) host.log.warn({ tasks: waiting }, 'tasks that were not over are forgotten with the memory');
    };
    return { storage: memoryStorage(tasks), worker: memoryWorkerSide(tasks), close };
  }
}
