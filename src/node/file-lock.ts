import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { patchError } from '../errors/patch-error.js';
import { identityOf, isAlive, type ProcessIdentity, readIdentity } from './process-identity.js';
import { withPath } from './storage-error.js';

/**
 * One writer at a time. The lock is a file that names its holder: process id, the time at which that process began, and the machine's boot.
 * It appears by a link, which fails when it is there. A lock whose holder is gone - its process ended, was killed, or its id belongs to another
 * process by now - is taken over: moved aside under a name of one's own, and looked at once more, so that of two who take over one wins. A holder asks
 * `assertHeld` before each step that others would see.
 *
 * Where /proc is missing a reused process id cannot be told from the holder; such a lock stays until that process ends.
 */
interface Holder extends ProcessIdentity {
  readonly token: string;
}

export class FileLock {
  private readonly path: string;
  private readonly token: string;

  /** Takes the lock. Throws StorageError(BUSY) when a living process holds it. */
  constructor(path: string) {
    this.path = path;
    const me: Holder = { ...identityOf(process.pid), token: randomBytes(8).toString('hex') };
    this.token = me.token;
    const own = `${path}.${me.token}`;
    withPath(path, 'WRITE_FAILED', () => writeFileSync(own, JSON.stringify(me), { flag: 'wx', mode: 0o600 }));
    try {
      for (let attempt = 0; attempt < 5; attempt++) {
        if (tryLink(own, path)) return;
        this.moveStaleAside();
      }
      throw busy(path, readHolder(path));
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Throws StorageError(BUSY) when somebody else took the lock, which happens only when this process was thought to be gone. */
  assertHeld(): void {
    const holder = readHolder(this.path);
    if (holder?.token !== this.token) throw busy(this.path, holder);
  }

  release(): void {
    if (readHolder(this.path)?.token === this.token) rmSync(this.path, { force: true });
  }

  private moveStaleAside(): void {
    const holder = readHolder(this.path);
    if (holder !== undefined && isAlive(holder)) throw busy(this.path, holder);
    const aside = `${this.path}.stale.${this.token}`;
    try {
      renameSync(this.path, aside);
    } catch {
      // Released or moved by somebody else: the next round tells.
      return;
    }
    const moved = readHolder(aside);
    // Somebody took over between the look and the move: give it back, and let the next round find a living holder.
    if (moved !== undefined && moved.token !== holder?.token && isAlive(moved)) tryLink(aside, this.path);
    rmSync(aside, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    return withPath(to, 'WRITE_FAILED', () => {
      throw error;
    });
  }
}

function busy(path: string, holder: Holder | undefined) {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  return patchError('BUSY', 'storage', `${who} is at work here: ${path}`, { path, pid: holder?.pid ?? null });
}

function readHolder(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    const identity = readIdentity(value);
    return identity && { ...identity, token: `${value.token}` };
  } catch {
    return undefined;
  }
}
