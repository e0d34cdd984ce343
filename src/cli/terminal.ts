import { addAbortSignal } from 'node:stream';
import { patchError } from '../errors/patch-error.js';
import { MAX_WHOLE_SIZE } from '../node/file-reader.js';
import type { Progress } from '../progress/operation-options.js';
import type { CommandLine } from './command-line.js';
import { ProgressBar, wantsBar } from './progress-bar.js';

/** Version of the objects that `--json` prints. */
export const JSON_SCHEMA_VERSION = 1;

/** What a command may use of the outside: output, progress, abort. */
export interface Terminal {
  readonly signal: AbortSignal;
  /** Progress listener; undefined where no bar is wanted. */
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** A line for people on standard error, unless quiet. */
  note(text: string): void;
  /** More lines for people on standard error, with `--verbose` only. */
  detail(text: string): void;
  /** Text on standard output. */
  print(text: string): Promise<void>;
  /** The result as one JSON object when `--json` was given; answers whether it was. */
  printJson(kind: string, value: object): Promise<boolean>;
  clear(): void;
}

export function openTerminal(line: CommandLine, signal: AbortSignal): Terminal {
  const quiet = line.flag('quiet');
  const bar =
    !quiet && wantsBar(process.stderr, process.env)
      ? new ProgressBar(process.stderr, process.env)
      : undefined;
  const tell = (text: string) => {
    bar?.clear();
    process.stderr.write(`${text}\n`);
  };
  const print = (text: string) => {
    bar?.clear();
    return writeOutput(new TextEncoder().encode(text));
  };
  return {
    signal,
    onProgress: bar?.show,
    note: (text) => {
      if (!quiet) tell(text);
    },
    detail: (text) => {
      if (!quiet && line.flag('verbose')) tell(text);
    },
    print,
    async printJson(kind, value) {
      if (!line.flag('json')) return false;
      bar?.clear();
      await writeJson(kind, value);
      return true;
    },
    clear: () => bar?.clear(),
  };
}

/** Writes one object with the version of its schema to standard output. */
export function writeJson(kind: string, value: object): Promise<void> {
  const text = JSON.stringify({ schema: JSON_SCHEMA_VERSION, kind, ...value }, null, 2);
  return writeOutput(new TextEncoder().encode(`${text}\n`));
}

/** Writes bytes to standard output and waits until they are taken. Throws StorageError when the reader went away. */
export async function writeOutput(bytes: Uint8Array): Promise<void> {
  const { stdout } = process;
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        patchError(
          'WRITE_FAILED',
          'storage',
          `standard output could not be written: ${cause.message}`,
          { path: '-', errno: (cause as NodeJS.ErrnoException).code ?? null },
          cause,
        ),
      );
    // The stream tells an error by its event as well, which would end the process if nobody listened.
    stdout.once('error', fail);
    stdout.write(bytes, (error) => {
      if (error) return fail(error);
      stdout.off('error', fail);
      resolve();
    });
  });
}

/** All bytes of standard input. Rejects when aborted. */
export function readStandardInput(signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return collectBytes(addAbortSignal(signal, process.stdin));
}

/** All bytes of a stream. Throws LimitError(INPUT_SIZE_LIMIT) when there are more than a file that is read whole may have. */
export async function collectBytes(
  stream: AsyncIterable<Uint8Array | string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    const bytes = typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
    pieces.push(bytes);
    size += bytes.length;
    if (size > MAX_WHOLE_SIZE) {
      throw patchError(
        'INPUT_SIZE_LIMIT',
        'storage',
        `the input has more than ${MAX_WHOLE_SIZE} bytes, which would have to be held in memory`,
        { expected: MAX_WHOLE_SIZE, found: size },
      );
    }
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
