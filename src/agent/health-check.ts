import { spawn } from 'node:child_process';

/** What is asked about a level that was just switched to. */
export interface HealthContext {
  /** The folder in use. */
  readonly current: string;
  readonly level: number;
  readonly signal: AbortSignal;
}

/** A program - exit code 0 is healthy - or a function that throws when the level is not. */
export type HealthCheck = readonly string[] | ((context: HealthContext) => void | Promise<void>);

export const DEFAULT_HEALTH_TIMEOUT = 60_000;

/**
 * Answers why a level is not healthy, or undefined. A check that does not end in time is ended, with everything that its program started. When
 * the agent itself is told to stop, that is no verdict: `outer.reason` is thrown.
 */
export async function runHealthCheck(
  check: HealthCheck | undefined,
  context: Omit<HealthContext, 'signal'>,
  timeout: number,
  outer: AbortSignal | undefined,
): Promise<string | undefined> {
  if (check === undefined) return undefined;
  const inner = new AbortController();
  const abort = () => inner.abort(outer?.reason);
  if (outer?.aborted) throw outer.reason;
  outer?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => inner.abort(new Error(`no answer within ${timeout} ms`)), timeout);
  try {
    const ended = new Promise<never>((_, reject) => {
      inner.signal.addEventListener('abort', () => reject(inner.signal.reason), { once: true });
    });
    const run =
      typeof check === 'function'
        ? check({ ...context, signal: inner.signal })
        : runProgram(check, context, inner.signal);
    await Promise.race([run, ended]);
    return undefined;
  } catch (error) {
    if (outer?.aborted) throw outer.reason;
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}

function runProgram(
  [program, ...words]: readonly string[],
  { current, level }: Omit<HealthContext, 'signal'>,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DELTAKIT_CURRENT: current, DELTAKIT_LEVEL: `${level}` };
    // A group of its own, so that what it started ends with it.
    const child = spawn(program!, words, { env, stdio: 'ignore', detached: true });
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended in the meantime.
      }
    };
    signal.addEventListener('abort', end, { once: true });
    child.on('error', (cause) => reject(new Error(`the health check could not run: ${cause.message}`)));
    child.on('exit', (code, name) => {
      signal.removeEventListener('abort', end);
      if (code === 0) resolve();
      else reject(new Error(`the health check ended with ${code ?? name}`));
    });
  });
}
