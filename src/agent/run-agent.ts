import { setTimeout as sleep } from 'node:timers/promises';
import { PatchError } from '../errors/patch-error.js';
import { rolloutPlace } from '../levels/rollout.js';
import type { Agent } from './agent.js';
import { readState } from './agent-state.js';

/** When to look, and until when. */
export interface RunOptions {
  /** Milliseconds between checks that went well. Default: 6 hours. */
  readonly interval?: number | undefined;
  /** First pause after one that did not; doubles up to the interval. Default: 1 minute. */
  readonly firstPause?: number | undefined;
  /** Ends the loop. */
  readonly signal: AbortSignal;
  /** Called after each round, for tests and watchdogs. */
  readonly onRound?: ((round: number) => void) | undefined;
}

const DEFAULT_INTERVAL = 6 * 3600_000;
const DEFAULT_FIRST_PAUSE = 60_000;

/**
 * Checks and installs again and again, until the signal. A failure is told by an event and tried again after a pause that doubles. Devices do not
 * come all at once: each has its own place in the interval, by its id.
 */
export async function runAgent(agent: Agent, options: RunOptions): Promise<void> {
  const { interval = DEFAULT_INTERVAL, firstPause = DEFAULT_FIRST_PAUSE, signal, onRound } = options;
  let failures = 0;
  for (let round = 1; !signal.aborted; round++) {
    let pause = interval + ownDelay(agent, interval);
    try {
      await runOnce(agent);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PatchError)) throw error;
      pause = Math.min(interval, firstPause * 2 ** Math.min(failures, 20));
      failures++;
      agent.emit({ type: 'failed', code: error.code, message: error.message, retryIn: pause });
    }
    onRound?.(round);
    try {
      await sleep(pause, undefined, { signal });
    } catch {
      return;
    }
  }
}

/** One round: installs when that is on and allowed, else checks, so that the status stays true. */
export async function runOnce(agent: Agent): Promise<void> {
  const { automatic, locks } = agent.status();
  if (automatic && !locks.install) await agent.install({ automatic: true });
  else await agent.check();
}

/** Up to a tenth of the interval. */
function ownDelay({ options }: Agent, interval: number): number {
  const id = readState(options.folder)?.deviceId ?? '';
  return Math.floor((rolloutPlace(id, 'interval') * interval) / 100_000);
}
