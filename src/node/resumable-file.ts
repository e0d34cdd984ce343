/**
 * A file that goes on where a killed process left it. Beside the destination stand
 *
 *     .NAME.deltakit-partial    windows of new, at their places
 *     .NAME.deltakit-journal    JSON lines: what is made, then one line for each window that is on the disk
 *
 * A window's line is written after its bytes were synced. Decoding itself is sequential (every coder depends on what came before), so a resumed
 * apply decodes from the start again, which takes seconds; what it saves is writing, syncing and the room for a second copy. Windows that the
 * journal names are read back and checked against the patch; a line may be a lie. Another patch, another old image, another format of the
 * journal: both files are begun anew. A journal whose process still runs belongs to that process.
 */

import {
  appendFileSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ByteSink } from '../bytes/byte-sink.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { SHORT_DIGEST_SIZE } from '../container/format.js';
import type { PatchHeader } from '../container/patch-header.js';
import { readPatch } from '../container/patch-reader.js';
import { createSha256, sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { AtomicFile } from './atomic-file.js';
import { findDestination } from './destination.js';
import { identityOf, isAlive, type ProcessIdentity, readIdentity } from './process-identity.js';
import { withPath } from './storage-error.js';

const SCHEMA = 'deltakit-journal 2';
const READ_SIZE = 1 << 20;
/** A window without a digest of its own is not journalled: nothing could check it. */
interface JournalHead extends ProcessIdentity {
  readonly schema: string;
  /** SHA-256 of the patch's header, which names old, new and the body. */
  readonly patch: string;
}

export class ResumableFile implements ByteSink {
  private readonly file: AtomicFile;
  private readonly journal: string;
  private readonly header: PatchHeader;
  private readonly windowSize: number;
  /** Windows whose bytes are on the disk. */
  private readonly have = new Set<number>();
  private readonly resumed: number;
  private written = 0;
  private isKept = false;

  constructor(path: string, patch: Uint8Array, force: boolean | undefined) {
    const { header, signedBytes } = readPatch(patch);
    this.header = header;
    this.windowSize = 2 ** header.windowSizeLog2;
    const destination = findDestination(path, force).path;
    const [folder, name] = [dirname(destination), basename(destination)];
    this.journal = join(folder, `.${name}.deltakit-journal`);
    const head = { schema: SCHEMA, ...identityOf(process.pid), patch: toHex(sha256(signedBytes)) };
    const found = this.readJournal(head);
    this.file = new AtomicFile(path, {
      force,
      expectedSize: header.newSize,
      partialName: `.${name}.deltakit-partial`,
    });
    for (const window of found) if (this.isOnDisk(window)) this.have.add(window);
    this.resumed = this.have.size;
    this.writeHead(head);
  }

  /** Windows that an earlier process had finished. */
  get resumedWindows(): number {
    return this.resumed;
  }

  write(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) {
      const window = Math.floor((offset + done) / this.windowSize);
      const part = bytes.subarray(done, done + (window + 1) * this.windowSize - (offset + done));
      if (!this.have.has(window)) this.file.write(part, offset + done);
      done += part.length;
      if ((offset + done) % this.windowSize === 0) this.endWindow(window);
    }
    this.written = Math.max(this.written, offset + bytes.length);
  }

  commit(expected: string): void {
    this.file.setSize(this.written);
    this.file.commit(expected);
    this.removeJournal();
  }

  /** Leaves everything for a later call. */
  keep(): void {
    this.isKept = true;
    this.file.keep();
  }

  /** Removes what was begun, unless it is kept; harmless after `commit`. */
  discard(): void {
    if (this.isKept) return;
    this.file.discard();
    this.removeJournal();
  }

  private endWindow(window: number): void {
    if (this.have.has(window) || this.header.windowDigests[window] === undefined) return;
    this.file.sync();
    withPath(this.journal, 'WRITE_FAILED', () =>
      appendFileSync(this.journal, `${window}\n`, { flush: true }),
    );
  }

  /** The windows that the journal names, when it is that of this patch. */
  private readJournal(head: JournalHead): number[] {
    let text: string;
    try {
      text = readFileSync(this.journal, 'utf8');
    } catch {
      return [];
    }
    const [first = '', ...lines] = text.split('\n');
    const found = parseHead(first);
    if (found !== undefined && found.pid !== process.pid && isAlive(found)) {
      throw patchError('BUSY', 'storage', `process ${found.pid} is applying a patch to the same file`, {
        path: this.journal,
        pid: found.pid,
      });
    }
    if (found?.patch !== head.patch) return [];
    // The last line may be half written.
    return lines
      .slice(0, -1)
      .filter((line) => /^\d{1,9}$/.test(line))
      .map(Number);
  }

  private isOnDisk(window: number): boolean {
    const expected = this.header.windowDigests[window];
    if (expected === undefined) return false;
    const hash = createSha256();
    const buffer = new Uint8Array(READ_SIZE);
    const start = window * this.windowSize;
    for (let done = 0; done < this.windowSize; ) {
      const count = this.file.read(
        start + done,
        buffer.subarray(0, Math.min(READ_SIZE, this.windowSize - done)),
      );
      if (count === 0) return false;
      hash.update(buffer.subarray(0, count));
      done += count;
    }
    return equalBytes(hash.digest().subarray(0, SHORT_DIGEST_SIZE), expected);
  }

  /** Begins the journal anew, with what was found to be true. */
  private writeHead(head: JournalHead): void {
    const lines = [JSON.stringify(head), ...[...this.have].sort((a, b) => a - b)].map((line) => `${line}\n`);
    withPath(this.journal, 'WRITE_FAILED', () => {
      const flags = constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
      const fd = openSync(this.journal, flags, 0o600);
      try {
        writeSync(fd, lines.join(''));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  private removeJournal(): void {
    try {
      unlinkSync(this.journal);
    } catch {
      // Gone already, or not removable: a later call finds that its patch is another.
    }
  }
}

function parseHead(line: string): JournalHead | undefined {
  try {
    const head = JSON.parse(line) as Partial<JournalHead>;
    const identity = readIdentity(head);
    if (head.schema !== SCHEMA || identity === undefined || typeof head.patch !== 'string') return undefined;
    return { schema: SCHEMA, ...identity, patch: head.patch };
  } catch {
    return undefined;
  }
}
