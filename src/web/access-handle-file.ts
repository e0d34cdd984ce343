import { digestOfOld } from '../apply/verify-old.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { fromHex, toHex } from '../bytes/hex.js';
import type { SeekableSink } from '../bytes/sink-stream.js';
import { withWebFile } from '../bytes/web-file-error.js';
import { patchError } from '../errors/patch-error.js';
import { runAsync } from '../progress/run-steps.js';
import { type AccessHandle, readAccessHandle } from './access-handle.js';

/**
 * A file that is written through an access handle. It is emptied before the first byte comes, so that what a crash leaves is the beginning of new and
 * nothing of what was there before; `commit` ends it, flushes it and reads back what it holds; `discard` leaves it empty. The handle stays open.
 */
export class AccessHandleFile implements SeekableSink {
  private readonly handle: AccessHandle;
  private readonly name: string;
  private size = 0;
  private isBegun = false;

  constructor(handle: AccessHandle, name = 'the access handle') {
    this.handle = handle;
    this.name = name;
  }

  /** Throws StorageError NO_SPACE when the quota is used up, WRITE_FAILED. */
  write(bytes: Uint8Array, offset: number): void {
    this.begin();
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.subarray(done) as Uint8Array<ArrayBuffer>;
      const count = this.attempt(() => this.handle.write(rest, { at: offset + done }));
      if (count <= 0) {
        throw patchError('WRITE_FAILED', 'storage', `${this.name} takes no byte at ${offset + done}`, {
          path: this.name,
          offset: offset + done,
        });
      }
      done += count;
    }
    this.size = Math.max(this.size, offset + bytes.length);
  }

  /** Ends the file; rejects with StorageError(WRITE_FAILED) when it then holds other bytes than those with the digest `expected`. */
  async commit(expected: string): Promise<void> {
    this.begin();
    this.attempt(() => {
      this.handle.truncate(this.size);
      this.handle.flush();
    });
    const found = await runAsync(digestOfOld(readAccessHandle(this.handle, this.name)));
    if (equalBytes(found, fromHex(expected))) return;
    throw patchError(
      'WRITE_FAILED',
      'storage',
      `${this.name} holds other bytes than were written: expected SHA-256 ${expected}, found ${toHex(found)}`,
      { path: this.name, expected, found: toHex(found) },
    );
  }

  /** Leaves the file empty, unless nothing was written to it. */
  discard(): void {
    if (!this.isBegun) return;
    this.isBegun = false;
    try {
      this.handle.truncate(0);
      this.handle.flush();
    } catch {
      // The error that led here is the one to tell.
    }
  }

  private begin(): void {
    if (this.isBegun) return;
    this.isBegun = true;
    this.attempt(() => this.handle.truncate(0));
  }

  private attempt<Result>(run: () => Result): Result {
    return withWebFile(this.name, 'WRITE_FAILED', run);
  }
}
