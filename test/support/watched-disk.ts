import type * as FileSystem from 'node:fs';

/**
 * node:fs with a counter on every operation that changes the disk: for `vi.mock('node:fs', ...)`. It can cut the power before the k-th
 * operation (that one and all later ones throw, as nothing a dead process does reaches the disk), make the k-th one fail alone, and keep
 * a log of what happened to which path.
 */
export interface WatchedDisk {
  /** Changes so far. */
  count: number;
  /** The change before which the power goes; 0 for never. */
  cutAt: number;
  /** The change that fails, with this error; 0 for none. */
  failAt: number;
  failure: string;
  /** Called before each change: what an attacker does in between. */
  meanwhile?: ((operation: string, path: string) => void) | undefined;
  readonly log: { readonly operation: string; readonly path: string }[];
}

export function newWatchedDisk(): WatchedDisk {
  return { count: 0, cutAt: 0, failAt: 0, failure: 'EIO', meanwhile: undefined, log: [] };
}

export function resetDisk(disk: WatchedDisk, change: Partial<WatchedDisk> = {}): void {
  disk.log.length = 0;
  Object.assign(disk, { count: 0, cutAt: 0, failAt: 0, failure: 'EIO', meanwhile: undefined }, change);
}

/** Thrown when the power is off. No error of the system: nothing may take it for one and go on. */
export class PowerCut extends Error {}

type Call = (...args: never[]) => unknown;

const BY_PATH = [
  'linkSync',
  'renameSync',
  'unlinkSync',
  'mkdirSync',
  'rmdirSync',
  'symlinkSync',
  'copyFileSync',
] as const;
const BY_DESCRIPTOR = ['writeSync', 'fchmodSync', 'fsyncSync'] as const;
/** Operations whose second argument is the path that changes. */
const TO_SECOND = new Set(['linkSync', 'renameSync', 'symlinkSync', 'copyFileSync']);

/** The module, watched by `disk`. */
export function watchFileSystem(real: typeof FileSystem, disk: WatchedDisk): typeof FileSystem {
  const change = <Result>(operation: string, path: () => string, run: () => Result): Result => {
    const number = ++disk.count;
    if (disk.cutAt > 0 && number >= disk.cutAt) throw new PowerCut(`the power went before ${operation}`);
    if (number === disk.failAt) {
      throw Object.assign(new Error(`${disk.failure}: injected`), { code: disk.failure, errno: -5 });
    }
    const where = path();
    // It works on the real disk, and only once at a time.
    const { meanwhile } = disk;
    disk.meanwhile = undefined;
    meanwhile?.(operation, where);
    disk.meanwhile ??= meanwhile;
    const result = run();
    disk.log.push({ operation, path: where });
    return result;
  };
  /** The path itself, where the last name is no link to be followed. */
  const resolve = (path: string): string => {
    const slash = path.lastIndexOf('/');
    const parent = path.slice(0, Math.max(slash, 1));
    return slash >= 0 && real.existsSync(parent)
      ? `${real.realpathSync(parent)}/${path.slice(slash + 1)}`
      : path;
  };
  const pathOf = (fd: number) => real.readlinkSync(`/proc/self/fd/${fd}`);
  const watched: Record<string, Call> = {};
  for (const name of BY_PATH) {
    watched[name] = (...args: never[]) => {
      const path = () => resolve(args[TO_SECOND.has(name) ? 1 : 0]!);
      return change(name, path, () => (real[name] as Call)(...args));
    };
  }
  for (const name of BY_DESCRIPTOR) {
    watched[name] = (...args: never[]) =>
      change(
        name,
        () => pathOf(args[0]!),
        // The power is not cut in earnest, and syncing thousands of times takes its time.
        () => (name === 'fsyncSync' ? undefined : (real[name] as Call)(...args)),
      );
  }
  watched.openSync = (path: string, flags: number, mode?: number) =>
    (flags & real.constants.O_CREAT) === 0
      ? real.openSync(path, flags, mode)
      : change(
          'create',
          () => resolve(path),
          () => real.openSync(path, flags, mode),
        );
  watched.writeFileSync = (path: string, data: string, options: FileSystem.WriteFileOptions) =>
    change(
      'writeFileSync',
      () => resolve(path),
      () => real.writeFileSync(path, data, options),
    );
  // One operation for each name, as the system sees it.
  const remove = (path: string): void => {
    if (!real.lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      change(
        'unlinkSync',
        () => resolve(path),
        () => real.rmSync(path, { force: true }),
      );
      return;
    }
    for (const name of real.readdirSync(path)) remove(`${path}/${name}`);
    change(
      'rmdirSync',
      () => resolve(path),
      () => real.rmdirSync(path),
    );
  };
  watched.rmSync = remove;
  return { ...real, ...watched, default: real } as unknown as typeof FileSystem;
}
