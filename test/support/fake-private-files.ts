/**
 * A browser's origin-private file system in memory: names, files held open by one access handle at a time, a quota, and tabs that die. What was
 * not flushed is lost with the tab.
 */

import type { AccessHandle } from '../../src/web/access-handle.js';
import type { StoredFile, StoredFolder } from '../../src/web/apply-patch-in-folder.js';

/** Thrown by every operation of a tab that died. */
export class TabDied extends Error {}

interface Entry {
  bytes: Uint8Array;
  /** What a dead tab leaves of it. */
  flushed: Uint8Array;
  writers: number;
  readers: number;
}

export interface Faults {
  /** Most bytes that a single write takes. */
  shortWrite?: number;
  /** Most bytes that a single read gives. */
  shortRead?: number;
  /** Bytes of all files together. */
  quota?: number;
  /** Operations after which the tab dies. */
  diesAfter?: number;
  /** Sees bytes on their way to the disk, and may change them. */
  onWrite?: (bytes: Uint8Array, at: number) => void;
  /** Whether files can be given another name. */
  hasMove?: boolean;
}

export class FakePrivateFiles implements StoredFolder {
  faults: Faults = {};
  /** Names of the operations so far, in order. */
  readonly log: string[] = [];
  private readonly entries = new Map<string, Entry>();

  constructor(files: Readonly<Record<string, Uint8Array>> = {}) {
    for (const [name, bytes] of Object.entries(files)) this.put(name, bytes);
  }

  put(name: string, bytes: Uint8Array): void {
    this.entries.set(name, { bytes: bytes.slice(), flushed: bytes.slice(), writers: 0, readers: 0 });
  }

  names(): string[] {
    return [...this.entries.keys()].sort();
  }

  bytesOf(name: string): Uint8Array | undefined {
    return this.entries.get(name)?.bytes;
  }

  get openHandles(): number {
    return [...this.entries.values()].reduce((sum, { readers, writers }) => sum + readers + writers, 0);
  }

  /** The tab is gone: locks too, and what was not flushed. */
  die(): void {
    for (const entry of this.entries.values()) {
      entry.bytes = entry.flushed.slice();
      entry.readers = entry.writers = 0;
    }
    this.faults = {};
  }

  async *keys(): AsyncIterable<string> {
    this.count('keys');
    yield* [...this.entries.keys()];
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<StoredFile> {
    if (name === '' || name.includes('/')) throw new TypeError('Name is not allowed');
    this.count('getFileHandle');
    if (!this.entries.has(name)) {
      if (!create) throw new DOMException('no such file', 'NotFoundError');
      this.put(name, new Uint8Array(0));
    }
    const file: StoredFile = {
      createSyncAccessHandle: async ({ mode } = {}) => this.open(name, mode === 'read-only'),
    };
    if (this.faults.hasMove ?? true) file.move = async (to) => this.move(name, to);
    return file;
  }

  async removeEntry(name: string): Promise<void> {
    this.count('removeEntry');
    this.lockOf(name, true);
    this.entries.delete(name);
  }

  private move(from: string, to: string): void {
    this.count('move');
    const entry = this.lockOf(from, true);
    if (this.entries.has(to)) this.lockOf(to, true);
    this.entries.delete(from);
    this.entries.set(to, entry);
  }

  /** The entry, unless an open handle stands in the way. */
  private lockOf(name: string, isExclusive: boolean): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new DOMException(`no file ${name}`, 'NotFoundError');
    if (entry.writers > 0 || (isExclusive && entry.readers > 0)) {
      throw new DOMException(`${name} is open`, 'NoModificationAllowedError');
    }
    return entry;
  }

  private count(operation: string): void {
    this.log.push(operation);
    if (this.log.length > (this.faults.diesAfter ?? Number.POSITIVE_INFINITY)) throw new TabDied(operation);
  }

  private open(name: string, isReadOnly: boolean): AccessHandle {
    this.count('open');
    const entry = this.lockOf(name, !isReadOnly);
    if (isReadOnly) entry.readers++;
    else entry.writers++;
    let isOpen = true;
    const use = (operation: string) => {
      if (!isOpen) throw new DOMException('the handle is closed', 'InvalidStateError');
      this.count(operation);
    };
    const resize = (size: number) => {
      const others = [...this.entries.values()].filter((other) => other !== entry);
      const taken = others.reduce((sum, { bytes }) => sum + bytes.length, size);
      if (size > entry.bytes.length && taken > (this.faults.quota ?? Number.POSITIVE_INFINITY)) {
        throw new DOMException('no room', 'QuotaExceededError');
      }
      const next = new Uint8Array(size);
      next.set(entry.bytes.subarray(0, size));
      entry.bytes = next;
    };
    return {
      read: (into, { at }) => {
        use('read');
        const piece = entry.bytes.subarray(
          at,
          at + Math.min(into.length, this.faults.shortRead ?? into.length),
        );
        into.set(piece);
        return piece.length;
      },
      write: (bytes, { at }) => {
        use('write');
        const piece = bytes.slice(0, this.faults.shortWrite ?? bytes.length);
        if (at + piece.length > entry.bytes.length) resize(at + piece.length);
        this.faults.onWrite?.(piece, at);
        entry.bytes.set(piece, at);
        return piece.length;
      },
      getSize: () => {
        use('getSize');
        return entry.bytes.length;
      },
      truncate: (size) => {
        use('truncate');
        resize(size);
      },
      flush: () => {
        use('flush');
        entry.flushed = entry.bytes.slice();
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        if (isReadOnly) entry.readers--;
        else entry.writers--;
      },
    };
  }
}
