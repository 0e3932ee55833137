import { MemoryChannels } from '../../../src/channels/engines/memory/memory-engine.ts';
import { testChannels } from './channel-suite.ts';

const engine = new MemoryChannels();

testChannels('memory', { make: () => engine });
