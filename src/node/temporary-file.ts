/**
 * Names of temporary files, and what a killed process left of them.
 *
 *     .STEM.PLACE-PROCESS-RANDOM.tmp
 *
 * PLACE is a short digest of the host's name, PROCESS the process that writes. A later process on the same host removes those whose process is
 * gone, before it asks for room: a disk that a crash filled would otherwise stay full. A number that belongs to another process by now keeps
 * the file, and a container with a host name of its own never touches another's. Should two places share a name after all, the one whose file was
 * removed ends with an error, as `AtomicFile` compares name and file before the new one appears.
 */

import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { isRunning } from './process-identity.js';

/** Longest name of a file on the file systems in use; the temporary one has to fit as well. */
const MAX_NAME_BYTES = 255;
const PLACE_BYTES = 3;

/** A new name beside the file `name`. */
export function temporaryName(name: string): string {
  return `${stemOf(name)}${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
}

/** Removes temporary files of `name` whose process is gone. What cannot be removed stays. */
export function removeStaleFiles(folder: string, name: string): void {
  const stem = stemOf(name);
  for (const found of namesIn(folder)) {
    if (!found.startsWith(stem)) continue;
    const writer = /^(\d{1,10})-[0-9a-f]{12}\.tmp$/.exec(found.slice(stem.length));
    if (writer === null || isRunning(Number(writer[1]))) continue;
    try {
      const path = join(folder, found);
      if (lstatSync(path).isFile()) unlinkSync(path);
    } catch {
      // Gone already, or somebody else's.
    }
  }
}

function stemOf(name: string): string {
  const place = toHex(sha256(new TextEncoder().encode(hostname())).subarray(0, PLACE_BYTES));
  const longest = `..${place}-4294967295-${'0'.repeat(12)}.tmp`.length;
  let stem = name;
  while (Buffer.byteLength(stem) + longest > MAX_NAME_BYTES) stem = stem.slice(0, -1);
  return `.${stem}.${place}-`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A folder may be writable and not readable.
    return [];
  }
}
