import { PatchError } from '../errors/patch-error.js';
import { adviseOn } from './advice.js';
import { exitCodeOf, isAbort } from './exit-code.js';

interface ErrorContext {
  /** Name of the command, once it is known. */
  readonly command: string | undefined;
  readonly verbose: boolean;
}

/** Lines that tell a person what went wrong and what to do; with `verbose` also where it arose. */
export function describeError(error: unknown, { command, verbose }: ErrorContext): string {
  const lines = [`deltakit: ${messageOf(error)}`];
  if (error instanceof PatchError) {
    lines[0] += ` [${error.code}]`;
    lines.push(adviseOn(error, command));
  }
  if (verbose && error instanceof Error) {
    if (error instanceof PatchError) lines.push(JSON.stringify(error));
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      lines.push(cause.stack ?? '');
  }
  return lines.filter((line) => line !== '').join('\n');
}

/** What `--json` prints of a failed command. */
export function errorObject(error: unknown, command: string): object {
  const exitCode = exitCodeOf(error);
  if (!(error instanceof PatchError)) return { command, exitCode, message: messageOf(error) };
  const { name, code, stage, message, data } = error.toJSON();
  return { command, exitCode, message, name, code, stage, data, advice: adviseOn(error, command) };
}

function messageOf(error: unknown): string {
  if (isAbort(error)) return 'interrupted; nothing was left behind';
  return error instanceof Error ? error.message : String(error);
}
