import { MemoryEngine } from '../../../../src/queue/engines/memory/memory-engine.ts';
import { testEngine } from './engine-suite.ts';

testEngine('memory', { make: () => new MemoryEngine() });
