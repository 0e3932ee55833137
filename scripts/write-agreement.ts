// Writes docs/reference/fastapi-agreement.md from a replay of the recorded requests.
import { writeFileSync } from 'node:fs';
import { agreementPage } from '../test/recorded/agreement-page.ts';
import { replayCases } from '../test/recorded/replay-cases.ts';
import { replayCoercion } from '../test/recorded/replay-coercion.ts';
import { replaySockets } from '../test/recorded/replay-sockets.ts';
import { replayValues } from '../test/recorded/replay-values.ts';

const page = agreementPage(await replayCases(), await replayCoercion(), await replayValues(), await replaySockets());
writeFileSync(new URL('../docs/reference/fastapi-agreement.md', import.meta.url), page);
