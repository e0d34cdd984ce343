/** Where the files of new come from on a device: old's tree, the parts of the patch, and somebody who can fetch a whole file. */

import { applyPatchTo } from '../apply/apply-patch.js';
import { digestOfOld } from '../apply/verify-old.js';
import type { BundlePatch } from '../bundle/bundle-patch.js';
import type { FolderHandle, HeldFile } from '../bundle/folder-handle.js';
import { JoinedAccess } from '../bundle/joined-access.js';
import { ENTRY_DIGEST_SIZE, type Part, type SourceFile } from '../bundle/manifest.js';
import type { TreeFile } from '../bundle/tree.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { MismatchError, PatchError, patchError } from '../errors/patch-error.js';
import type { OperationOptions } from '../progress/operation-options.js';
import { runAsync } from '../progress/run-steps.js';

/** Answers the whole content of a file of new, by its path and the first 16 bytes of its SHA-256; undefined when it has none. */
export type FetchFile = (file: {
  readonly path: string;
  readonly size: number;
  readonly digest: string;
}) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

export interface SourceOptions extends OperationOptions {
  readonly memoryLimit?: number | undefined;
  readonly fetchFile?: FetchFile | undefined;
}

/** Gets the bytes of one file of new, in order. */
export type FileSinks = (entry: number) => ByteSink;

/** A file that could not be made from the base, and why. */
export interface Fallback {
  readonly path: string;
  readonly reason: string;
  readonly from: 'patch' | 'fetch';
}

export class BundleSource {
  readonly fallbacks: Fallback[] = [];
  private readonly patch: BundlePatch;
  private readonly old: FolderHandle | undefined;
  private readonly options: SourceOptions;

  constructor(patch: BundlePatch, old: FolderHandle | undefined, options: SourceOptions) {
    this.patch = patch;
    this.old = old;
    this.options = options;
  }

  /** A file of new by its index. */
  fileAt(entry: number): TreeFile {
    return this.patch.manifest.entries[entry] as TreeFile;
  }

  /** The file of old that a file of new is the same as; undefined when a part makes it. */
  twinOf(entry: number): SourceFile | undefined {
    const { origins, sources } = this.patch.manifest;
    const origin = origins[entry]!;
    if (origin.kind === 'part') return undefined;
    return origin.kind === 'same' ? this.fileAt(entry) : sources[origin.source]!;
  }

  /** Copies a file's twin. Throws MismatchError when it is another, before anything is written. */
  async copyTwin(entry: number, sinks: FileSinks): Promise<void> {
    const file = await this.openSource(this.twinOf(entry)!);
    try {
      file.copyTo(sinks(entry));
    } finally {
      file.close();
    }
  }

  private openOld(path: string): HeldFile {
    if (this.old === undefined) throw missing(path, 'there is no old folder');
    return this.old.within(path, (folder, name) => folder.openFile(name));
  }

  /**
   * Makes the files of a part. Where the base is not the one of the patch the files come whole, from the patch or by `fetchFile`; where
   * there is no such way the error names the file of old that differs.
   */
  async makePart(index: number, sinks: FileSinks): Promise<void> {
    const { part, patch } = this.patch.parts[index]!;
    try {
      await this.applyPart(part, patch, sinks);
    } catch (error) {
      const cause = explain(error);
      if (cause === undefined) throw error;
      for (const output of part.outputs) await this.makeWhole(output, sinks, cause);
    }
  }

  private async applyPart(part: Part, patch: Uint8Array, sinks: FileSinks): Promise<void> {
    const held: HeldFile[] = [];
    try {
      for (const source of part.sources)
        held.push(await this.openSource(this.patch.manifest.sources[source]!));
      const sink = new SplitSink(
        part.outputs.map((entry) => ({ size: this.fileAt(entry).size, sink: () => sinks(entry) })),
      );
      const expected = part.outputs.reduce((sum, entry) => sum + this.fileAt(entry).size, 0);
      const { memoryLimit, signal, simd } = this.options;
      await applyPatchTo(new JoinedAccess(held), patch, sink, {
        maxNewSize: expected,
        memoryLimit,
        signal,
        simd,
        checkWindows: false,
      });
      sink.finish();
    } finally {
      for (const file of held) file.close();
    }
  }

  /** A file of old, checked: a wrong one is named before anything is decoded. */
  async openSource(source: SourceFile): Promise<HeldFile> {
    return (await this.proveSource(source)).file;
  }

  /** `openSource`, with the whole digest of what was found. */
  async proveSource({ path, size, digest }: SourceFile): Promise<{ file: HeldFile; found: Uint8Array }> {
    const file = this.openOld(path);
    try {
      const found = await runAsync(digestOfOld(file), { signal: this.options.signal });
      const isRight = file.size === size && equalBytes(found.subarray(0, ENTRY_DIGEST_SIZE), digest);
      if (isRight) return { file, found };
      throw patchError(
        'ENTRY_MISMATCH',
        'verify-old',
        `${path} is not the file that the patch was made from: expected ${size} bytes with SHA-256 ${toHex(digest)}..., found ${file.size} bytes with SHA-256 ${toHex(found)}`,
        { path, expected: toHex(digest), found: toHex(found), expectedSize: size, foundSize: file.size },
      );
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Makes a file from its full form: in the patch, else fetched. Rethrows `cause` when there is none. */
  async makeWhole(entry: number, sinks: FileSinks, cause: PatchError): Promise<void> {
    const file = this.fileAt(entry);
    const { path, size, digest } = file;
    const index = this.patch.parts.findIndex(({ part }) => part.isFallback && part.outputs[0] === entry);
    if (index >= 0) {
      const { part, patch } = this.patch.parts[index]!;
      await this.applyPart(part, patch, sinks);
      this.fallbacks.push({ path, reason: cause.message, from: 'patch' });
      return;
    }
    const bytes = await this.options.fetchFile?.({ path, size, digest: toHex(digest) });
    if (bytes === undefined) throw cause;
    if (bytes.length !== size) throw missing(path, `${bytes.length} bytes were fetched, expected ${size}`);
    sinks(entry).write(bytes, 0);
    this.fallbacks.push({ path, reason: cause.message, from: 'fetch' });
  }
}

function missing(path: string, why: string): PatchError {
  return patchError('ENTRY_MISMATCH', 'verify-old', `${path} is missing: ${why}`, { path });
}

/** Errors that mean "the base is another": a full form may help. Others, such as a malformed part, stop everything. */
export function explain(error: unknown): PatchError | undefined {
  if (error instanceof MismatchError) return error;
  if (!(error instanceof PatchError) || error.code !== 'READ_FAILED') return undefined;
  const path = String(error.data.path ?? '');
  return patchError('ENTRY_MISMATCH', 'verify-old', error.message, { path }, error);
}

/** Cuts what a part makes into its files. A file without bytes is opened too, so that it exists. */
class SplitSink implements ByteSink {
  private readonly outputs: readonly { readonly size: number; readonly sink: () => ByteSink }[];
  private index = 0;
  private start = 0;
  private open: ByteSink | undefined;

  constructor(outputs: readonly { readonly size: number; readonly sink: () => ByteSink }[]) {
    this.outputs = outputs;
  }

  write(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) {
      const output = this.outputs[this.index];
      if (output === undefined)
        throw patchError('NEW_SIZE_MISMATCH', 'verify-new', 'a part makes more than its files');
      this.open ??= output.sink();
      const inside = offset + done - this.start;
      const count = Math.min(bytes.length - done, output.size - inside);
      if (count > 0) this.open.write(bytes.subarray(done, done + count), inside);
      done += count;
      if (inside + count === output.size) this.next(output.size);
    }
  }

  finish(): void {
    for (let output = this.outputs[this.index]; output !== undefined; output = this.outputs[this.index]) {
      if (output.size > 0)
        throw patchError('NEW_SIZE_MISMATCH', 'verify-new', 'a part makes less than its files');
      this.open ??= output.sink();
      this.next(0);
    }
  }

  private next(size: number): void {
    this.index++;
    this.start += size;
    this.open = undefined;
  }
}
