import { readSync, writeSync } from 'node:fs';
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
  /** Text on standard output. */
  print(text: string): void;
  /** The result as one JSON object when `--json` was given; answers whether it was. */
  printJson(kind: string, value: object): boolean;
  clear(): void;
}

export function openTerminal(line: CommandLine, signal: AbortSignal): Terminal {
  const quiet = line.flag('quiet');
  const bar =
    !quiet && wantsBar(process.stderr, process.env)
      ? new ProgressBar(process.stderr, process.env)
      : undefined;
  return {
    signal,
    onProgress: bar?.show,
    note(text) {
      bar?.clear();
      if (!quiet) process.stderr.write(`${text}\n`);
    },
    print: (text) => writeAll(1, new TextEncoder().encode(text)),
    printJson(kind, value) {
      if (!line.flag('json')) return false;
      this.print(`${JSON.stringify({ schema: JSON_SCHEMA_VERSION, kind, ...value }, null, 2)}\n`);
      return true;
    },
    clear: () => bar?.clear(),
  };
}

/** Writes all bytes to a file descriptor; a pipe that is full for the moment is tried again. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** All bytes of standard input. */
export function readStandardInput(): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = new Uint8Array(1 << 16);
    let count = 0;
    try {
      count = readSync(0, piece);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') continue;
      if (code !== 'EOF') throw error;
    }
    if (count === 0) break;
    pieces.push(piece.subarray(0, count));
    size += count;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
