import { setFlagsFromString } from 'node:v8';

/** V8 of Node 20: the last that counts bytes of bytecode, and the first that is known to take the flags. */
const COUNTS_BYTECODE = 11;
/** V8 of Node 26. A newer one is left alone, since V8 tells of flags that it does not know on standard error. */
const LAST_KNOWN = 14;

/**
 * Sets V8 up for a process that makes or applies one patch: its work is in WebAssembly, and its JavaScript runs for a second (docs/BENCHMARKING.md, "Memory of
 * applying" and "Processor time of V8"). To be called before anything is loaded, which grows the heap.
 */
export function tuneEngine(command: 'apply' | 'diff'): void {
  const version = Number.parseInt(process.versions.v8, 10);
  for (const flag of flagsFor(command, version)) setFlagsFromString(flag);
}

/** The flags for a command in V8 of a major version. */
export function flagsFor(command: 'apply' | 'diff', version: number): string[] {
  if (!(version >= COUNTS_BYTECODE && version <= LAST_KNOWN)) return [];
  const flags = [
    // The young generation stays at 1 MB instead of growing to 16: garbage dies at once.
    '--semi-space-growth-factor=1',
    // Functions are optimised one by one: the compiler's threads take 1 instead of 2 MB each.
    '--no-turbo-inlining',
  ];
  // Creating runs through each of many stages once: of what would be optimised, most is done before its code is there.
  if (command === 'diff' && version === COUNTS_BYTECODE) flags.push('--interrupt-budget=500000');
  return flags;
}
