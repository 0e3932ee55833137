// Imported by every door, first: what an older Node lacks would fail piece by piece, at the stop of an app perhaps.
import { CortadoError } from '../error.ts';
import { tooOldNode } from './node-version.ts';

const fault = tooOldNode(process.versions);
if (fault !== undefined) throw new CortadoError('CORTADO_NODE_VERSION', fault);
