import { writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';
import type { Sighting } from '../measure/sighting.ts';
import { describeSighting } from './describe-sighting.ts';
import { type SharedMemory, sampleKey, sharedFields } from './watchdog-protocol.ts';

// The watchdog itself: a thread that sees the beats of the loop stop, and looks why.
interface Settings {
  readonly shared: SharedMemory;
  readonly threshold: number;
  readonly print: boolean;
}

const { shared, threshold, print } = workerData as Settings;
const tickEvery = Math.min(20, threshold / 2);
// The loop beats every so often by itself, so that a beat can be that much older than the stall.
const beatEvery = 25;
// When it was itself asleep for so long, the process was stopped or the computer slept: the loop is not to blame.
const overslept = 250;

let beats = -1;
let beatAt = performance.now();
let tickAt = performance.now();
let hasAsked = false;
let isSeen = false;

setInterval(tick, tickEvery);
parentPort!.on('message', (sighting: Sighting) => show(sighting));

function tick(): void {
  const now = performance.now();
  const slept = now - tickAt;
  tickAt = now;
  const count = Atomics.load(shared, sharedFields.beats);
  if (count !== beats || slept > overslept || shared[sharedFields.debugged] === 1) {
    beats = count;
    beatAt = now;
    hasAsked = false;
    isSeen = false;
  } else if (!hasAsked && beats > 0 && now - beatAt >= threshold + beatEvery) {
    hasAsked = true;
    ask();
  }
}

// The session lives for one question only. What runs there ends by itself: there is no pause that could outlive this thread.
function ask(): void {
  const session = new Session();
  const expression = `globalThis[Symbol.for('${sampleKey}')]?.(${Date.now()})`;
  const end = (then: () => void): void => {
    try {
      session.disconnect();
      then();
    } catch (error) {
      say(`cortado: the watchdog cannot look at the loop: ${(error as Error).message}\n`);
    }
  };
  try {
    session.connectToMainThread();
    session.post('Runtime.evaluate', { expression, returnByValue: true, silent: true }, (_error, answer) =>
      end(() => hear(answer?.result.value)),
    );
  } catch (error) {
    end(() => {
      throw error;
    });
  }
}

function hear(text: unknown): void {
  if (typeof text === 'string') show(JSON.parse(text) as Sighting);
}

function show(sighting: Sighting): void {
  if (isSeen) return;
  isSeen = true;
  if (print) say(describeSighting(sighting));
}

// Not console: that goes through the loop which is held up.
function say(text: string): void {
  writeSync(2, text);
}
