/** Which process is meant by a number that stands in a file: numbers are given again, after a restart and in containers often at once. */

import { readFileSync } from 'node:fs';

/** Whether a process of this number runs, whichever it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process began, in clock ticks since the machine did: field 22 of /proc/PID/stat, see proc(5). '' where that cannot be known, and for a
 * process that has ended while its parent has not asked yet.
 */
export function beginningOf(pid: number): string {
  const stat = readFirstLine(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

/** A name of the present run of the machine; '' where it has none. */
export function bootOf(): string {
  return readFirstLine('/proc/sys/kernel/random/boot_id');
}

function readFirstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
