import type { ByteSink } from '../bytes/byte-sink.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { SHORT_DIGEST_SIZE } from '../container/format.js';
import type { PatchHeader } from '../container/patch-header.js';
import { createSha256, type Hasher } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import type { ApplyOptions } from './apply-options.js';

/** Digests that somebody else takes. */
export interface DigestsElsewhere {
  /** The creating side hashed old a moment ago. */
  readonly knownOld?: boolean | undefined;
  /** The sink takes the digest of what it holds in the end and commits only what has the right one. */
  readonly sinkProvesNew?: boolean | undefined;
}

/**
 * Checks new on its way to the sink. With `checkWindows` no byte leaves before the digest of its window matched, and the bytes behind the last
 * digest not before that of all of new; these pieces are the sink's to keep. Without, the caller promises to commit nothing before the end.
 */
export class NewCheck {
  private readonly header: PatchHeader;
  private readonly sink: ByteSink;
  private readonly whole: Hasher | undefined;
  private readonly windowSize: number;
  private readonly checksWindows: boolean;
  private readonly holdsWindows: boolean;
  private window: Hasher | undefined;
  private held: { readonly bytes: Uint8Array; readonly offset: number }[] = [];
  private size = 0;

  constructor(
    header: PatchHeader,
    sink: ByteSink,
    { checkWindows = true, sinkProvesNew }: ApplyOptions & DigestsElsewhere,
  ) {
    this.header = header;
    this.sink = sink;
    this.whole = sinkProvesNew ? undefined : createSha256();
    this.windowSize = 2 ** header.windowSizeLog2;
    this.checksWindows = checkWindows;
    // Where new is old, old's digest was checked a moment ago, and there are no windows to hold.
    this.holdsWindows = checkWindows && header.form !== 'same';
  }

  /** Takes the next bytes of new. Throws VerifyError at the end of a window that is wrong. */
  readonly onBytes = (bytes: Uint8Array, offset: number): void => {
    this.whole?.update(bytes);
    this.size += bytes.length;
    if (this.holdsWindows) this.holdBytes(bytes, offset);
    else this.sink.write(this.checksWindows ? bytes.slice() : bytes, offset);
  };

  private holdBytes(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < bytes.length; ) {
      const index = Math.floor((offset + at) / this.windowSize);
      const left = (index + 1) * this.windowSize - (offset + at);
      const part = bytes.subarray(at, at + left);
      this.window ??= createSha256();
      this.window.update(part);
      this.held.push({ bytes: part.slice(), offset: offset + at });
      at += part.length;
      if (part.length === left) this.endWindow(index);
    }
  }

  private endWindow(index: number): void {
    const expected = this.header.windowDigests[index];
    const found = this.window!.digest().subarray(0, SHORT_DIGEST_SIZE);
    this.window = undefined;
    // The last window has no digest of its own.
    if (expected === undefined) return;
    if (equalBytes(found, expected)) {
      this.release();
      return;
    }
    throw patchError(
      'WINDOW_DIGEST_MISMATCH',
      'verify-new',
      `window ${index} of new is wrong: expected digest ${toHex(expected)}, found ${toHex(found)}`,
      { window: index, expected: toHex(expected), found: toHex(found) },
    );
  }

  private release(): void {
    // One by one, so that what the sink is done with is free again.
    for (let next = this.held.shift(); next !== undefined; next = this.held.shift()) {
      this.sink.write(next.bytes, next.offset);
    }
  }

  finish(): void {
    if (this.size !== this.header.newSize) {
      throw patchError(
        'NEW_SIZE_MISMATCH',
        'verify-new',
        `the patch made ${this.size} bytes, its header promises ${this.header.newSize}`,
        { expected: this.header.newSize, found: this.size },
      );
    }
    const found = this.whole?.digest();
    if (found === undefined || equalBytes(found, this.header.newDigest)) {
      this.release();
      return;
    }
    throw patchError(
      'NEW_DIGEST_MISMATCH',
      'verify-new',
      `the result is wrong: expected SHA-256 ${toHex(this.header.newDigest)}, found ${toHex(found)}`,
      { expected: toHex(this.header.newDigest), found: toHex(found) },
    );
  }
}
