import { createReadStream, statSync } from 'node:fs';
import { bytesAccess, type RandomAccess } from '../../bytes/random-access.js';
import { patchError } from '../../errors/patch-error.js';
import { foreignFormat } from '../../formats/foreign-format.js';
import { identify } from '../../identify/identify.js';
import { FileReader, readWholeFile, useUnchanged } from '../../node/file-reader.js';
import { withPath } from '../../node/storage-error.js';
import { UsageError } from '../exit-code.js';
import { collectBytes, readStandardInput } from '../terminal.js';

/** Random access to an operand, and its end. */
export interface OperandReader extends RandomAccess {
  /** Throws StorageError when what is read is not what was read at first. */
  assertUnchanged(): void;
  close(): void;
}

/** Bytes of a file, of a pipe as the shell makes for <(...), or of standard input for `-`. */
export async function readOperand(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (path === '-') return readStandardInput(signal);
  return isPipe(path) ? collectBytes(createReadStream(path, { signal })) : readWholeFile(path);
}

/** Text of a file or of standard input, for instance a key. */
export async function readTextOperand(path: string, signal: AbortSignal): Promise<string> {
  return new TextDecoder().decode(await readOperand(path, signal));
}

/** An operand to read at any place: a file stays on the disk, anything else is held in memory. */
export async function openOperand(path: string, signal: AbortSignal): Promise<OperandReader> {
  if (path !== '-' && !isPipe(path)) return new FileReader(path);
  return Object.assign(bytesAccess(await readOperand(path, signal)), { assertUnchanged() {}, close() {} });
}

/** Opens two operands while `use` reads them, as often as it wants. */
export async function withOperands<Result>(
  [first, second]: readonly [string, string],
  signal: AbortSignal,
  use: (operands: readonly [OperandReader, OperandReader]) => Promise<Result>,
): Promise<Result> {
  const opened: OperandReader[] = [];
  try {
    for (const path of [first, second]) opened.push(await openOperand(path, signal));
    return await useUnchanged(opened, () => use(opened as [OperandReader, OperandReader]));
  } finally {
    for (const operand of opened) operand.close();
  }
}

/** Bytes of an operand that must be a patch. A file of another kind is named, since a wrong order of operands is a common slip. */
export async function readPatchOperand(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readOperand(path, signal);
  const { kind, description } = identify(bytes);
  if (kind === 'deltakit') return bytes;
  const found = bytes.length === 0 ? 'empty' : kind;
  const what = bytes.length === 0 ? 'is empty' : `is no deltakit patch but ${description}`;
  throw patchError('BAD_MAGIC', 'container', `${path} ${what}`, { path, found });
}

/** Whether a path leads to a deltakit patch; false for what cannot be looked at twice. */
export function isPatchFile(path: string): boolean {
  return headOf(path, (head) => identify(head).kind === 'deltakit');
}

/** Whether a path leads to another tool's patch that can be applied; false for what cannot be looked at twice. */
export function isForeignPatch(path: string): boolean {
  return headOf(path, (head) => foreignFormat(head) !== undefined);
}

function headOf(path: string, test: (head: Uint8Array) => boolean): boolean {
  if (path === '-' || isPipe(path)) return false;
  const reader = new FileReader(path);
  try {
    return test(readHead(reader));
  } finally {
    reader.close();
  }
}

/** Bytes that are enough to name a format. */
const HEAD_SIZE = 64;

export function readHead(reader: RandomAccess): Uint8Array {
  const head = new Uint8Array(HEAD_SIZE);
  return head.subarray(0, reader.read(0, head));
}

export function assertOneStandardInput(...paths: readonly string[]): void {
  if (paths.filter((path) => path === '-').length > 1)
    throw new UsageError('only one operand can be standard input');
}

/** Bytes of an operand, before it is read; 0 for what cannot be known beforehand, or is not there. */
export function sizeOfOperand(path: string): number {
  if (path === '-') return 0;
  const stat = withPath(path, 'READ_FAILED', () => statSync(path, { throwIfNoEntry: false }));
  return stat?.isFile() ? stat.size : 0;
}

function isPipe(path: string): boolean {
  const stat = withPath(path, 'READ_FAILED', () => statSync(path, { throwIfNoEntry: false }));
  return stat?.isFIFO() === true || stat?.isCharacterDevice() === true;
}
