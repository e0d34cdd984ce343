/** Which process is meant by a number that stands in a file: numbers are given again, after a restart and in containers often at once. */

import { readFileSync } from 'node:fs';

/** A process that nothing else is taken for: its number, when it began, and in which run of the machine. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly began: string;
  readonly boot: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, began: beginningOf(pid), boot: bootOf() };
}

/** Reads an identity from what stood in a file; undefined for anything else. */
export function readIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, began, boot } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0) return undefined;
  return { pid: pid as number, began: `${began}`, boot: `${boot}` };
}

/** Whether that very process still runs. Where /proc is missing, whether any process of its number does. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  if (identity.boot !== now.boot) return false;
  if (identity.began !== '' && now.began !== '') return identity.began === now.began;
  // A process that died a moment ago has no /proc entry; one of another user answers EPERM.
  if (identity.began !== '' && now.boot !== '') return false;
  return isRunning(identity.pid);
}

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
function bootOf(): string {
  return readFirstLine('/proc/sys/kernel/random/boot_id');
}

function readFirstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
