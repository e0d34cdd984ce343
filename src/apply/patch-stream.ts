import { concatBytes } from '../bytes/concat-bytes.js';
import { bytesAccess, type RandomAccess } from '../bytes/random-access.js';
import { readHeader } from '../container/patch-header.js';
import { PatchError, patchError } from '../errors/patch-error.js';
import { isTurnOver, nextTurn, progressReporter, type Steps } from '../progress/run-steps.js';
import { applyImage } from './apply-image.js';
import { assertHeader } from './apply-limits.js';
import type { ApplyOptions, ApplyReport } from './apply-options.js';
import { chooseWay, verifySignature } from './apply-patch.js';
import { loadDecoders } from './load-decoders.js';

/**
 * An old image that may answer later: a Blob, a FileHandle, a file of the browser's private file system. `read` fills `into` from `offset` on
 * and answers how many bytes were there, at once or as a promise.
 */
export interface OldReader {
  readonly size: number;
  read(offset: number, into: Uint8Array): number | Promise<number>;
}

/** Beside those of `applyPatch`, bounds on what has to be held in memory. */
export interface PatchStreamOptions extends ApplyOptions {
  /** Most bytes of a patch; more is a LimitError(PATCH_SIZE_LIMIT). Default: 256 MiB. */
  readonly maxPatchSize?: number | undefined;
  /** Most bytes of an old image that answers later, which has to be held in memory. Default: 512 MiB. */
  readonly maxHeldOld?: number | undefined;
}

const DEFAULT_MAX_PATCH = 256 << 20;
const DEFAULT_MAX_HELD_OLD = 512 << 20;
/** A header is looked for again when the bytes so far doubled. */
const FIRST_LOOK = 64;
const READ_SIZE = 1 << 20;

/**
 * Applies a patch that arrives in pieces of any size; new leaves in order, window by window, no byte before the digest of its window matched:
 *
 *     await response.body.pipeThrough(new PatchStream(oldReader, options)).pipeTo(sink, { signal });
 *
 * The patch is held until it is whole, because its digest and signature come before everything else; its header is checked as soon as it is
 * there, so that a wrong patch is refused early. New is made as fast as it is taken: memory is the patch, the declared decoder memory and one
 * window (of 8 MiB in most patches of this package, 32 MiB at most, whatever the size of new). An old image that answers at once (a file
 * descriptor, bytes, a synchronous access handle) is read in pieces; one that answers later is read into memory first.
 *
 * Errors come out of `readable` and `report`, as `applyPatch` has them.
 */
export class PatchStream {
  readonly writable: WritableStream<Uint8Array>;
  readonly readable: ReadableStream<Uint8Array>;
  /** What was done, once everything was handed out. */
  readonly report: Promise<ApplyReport>;

  constructor(old: Uint8Array | Blob | OldReader, options: PatchStreamOptions = {}) {
    const source = new PatchSource(old, options);
    this.report = source.report;
    // Whoever looks at `readable` alone has seen the error there.
    this.report.catch(() => {});
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => source.attachTaker(controller),
      write: (piece) => source.take(piece),
      close: () => source.end(),
      abort: (reason) => source.fail(reason),
    });
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => source.attach(controller),
        pull: () => source.pull(),
        cancel: (reason) => source.fail(reason),
      },
      // What waits is bounded by the window that was just checked.
      { highWaterMark: 0 },
    );
  }
}

/** What stands between the two ends. */
class PatchSource {
  readonly report: Promise<ApplyReport>;
  private readonly old: Uint8Array | Blob | OldReader;
  private readonly options: PatchStreamOptions;
  private pieces: Uint8Array[] = [];
  private size = 0;
  private lookAt = FIRST_LOOK;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private steps: Steps<ApplyReport> | undefined;
  private isWhole!: () => void;
  private readonly whole: Promise<void>;
  private resolveReport!: (report: ApplyReport) => void;
  private rejectReport!: (reason: unknown) => void;
  private taker: WritableStreamDefaultController | undefined;
  private hasFailed = false;
  private handedOut = 0;
  private readonly tell: ReturnType<typeof progressReporter>;
  private readonly onAbort = () => this.fail(this.options.signal?.reason);

  constructor(old: Uint8Array | Blob | OldReader, options: PatchStreamOptions) {
    this.old = old;
    this.options = options;
    this.whole = new Promise((resolve) => {
      this.isWhole = resolve;
    });
    this.report = new Promise((resolve, reject) => {
      this.resolveReport = resolve;
      this.rejectReport = reject;
    });
    this.tell = progressReporter(options);
  }

  attachTaker(controller: WritableStreamDefaultController): void {
    this.taker = controller;
  }

  attach(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.controller = controller;
    // Also while the patch is still on its way and nothing is being done.
    const { signal } = this.options;
    if (signal?.aborted) this.onAbort();
    else signal?.addEventListener('abort', this.onAbort);
  }

  take(piece: Uint8Array): void {
    const limit = this.options.maxPatchSize ?? DEFAULT_MAX_PATCH;
    this.size += piece.length;
    if (this.size > limit) {
      this.refuse(
        patchError('PATCH_SIZE_LIMIT', 'container', `the patch has more than ${limit} bytes`, {
          expected: limit,
          found: this.size,
        }),
      );
    }
    this.pieces.push(piece.slice());
    if (this.size < this.lookAt) return;
    this.lookAt = this.size * 2;
    try {
      assertHeader(readHeader(this.join()).header, this.options);
      this.lookAt = Number.POSITIVE_INFINITY;
    } catch (error) {
      if (!(error instanceof PatchError) || error.code !== 'TRUNCATED') this.refuse(error);
    }
  }

  private join(): Uint8Array {
    if (this.pieces.length !== 1) this.pieces = [concatBytes(...this.pieces)];
    return this.pieces[0]!;
  }

  async end(): Promise<void> {
    try {
      const patch = this.join();
      this.pieces = [];
      await verifySignature(patch, this.options);
      const old = await this.openOld();
      const sink = { write: (bytes: Uint8Array) => this.handOut(bytes) };
      const way = chooseWay(patch, this.options);
      const decoders = await loadDecoders(way);
      this.steps = applyImage(old, way, sink, decoders, { ...this.options, checkWindows: true });
      this.isWhole();
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Old by reads that answer at once. */
  private async openOld(): Promise<RandomAccess> {
    const { old } = this;
    if (old instanceof Uint8Array) return bytesAccess(old);
    const reader = old instanceof Blob ? (await import('../bytes/blob-reader.js')).readBlob(old) : old;
    const probe = reader.read(0, new Uint8Array(Math.min(1, reader.size)));
    if (typeof probe === 'number') return reader as RandomAccess;
    await probe;
    const limit = this.options.maxHeldOld ?? DEFAULT_MAX_HELD_OLD;
    if (reader.size > limit) {
      throw patchError(
        'INPUT_SIZE_LIMIT',
        'apply',
        `old answers later and has ${reader.size} bytes, which would have to be held in memory; the limit is ${limit}`,
        { expected: limit, found: reader.size },
      );
    }
    const bytes = new Uint8Array(reader.size);
    for (let done = 0; done < bytes.length; ) {
      this.options.signal?.throwIfAborted();
      const count = await reader.read(done, bytes.subarray(done, done + READ_SIZE));
      if (count <= 0) break;
      done += count;
    }
    return bytesAccess(bytes);
  }

  /** Windows are checked, so the bytes are this stream's own. */
  private handOut(bytes: Uint8Array): void {
    this.controller!.enqueue(bytes);
    this.handedOut++;
  }

  /** Works until something was handed out, or all was, with turns of the event loop in between. */
  async pull(): Promise<void> {
    await this.whole;
    const before = this.handedOut;
    let turn = Date.now();
    try {
      while (this.handedOut === before && !this.hasFailed) {
        const step = this.steps!.next();
        if (step.done) return this.finish(step.value);
        this.tell(step.value);
        if (!isTurnOver(turn)) continue;
        await nextTurn();
        turn = Date.now();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private finish(report: ApplyReport): void {
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.resolveReport(report);
    this.controller!.close();
  }

  /** Ends both ends with an error. */
  fail(reason: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.pieces = [];
    this.rejectReport(reason);
    try {
      this.controller?.error(reason);
      this.steps?.return(undefined as never);
    } catch {
      // Closed or cancelled already; or the abort comes out of a step, by whoever reads old, and no other step is taken.
    }
    // What sends the patch learns that nobody wants it any more. No effect on a stream that has ended.
    this.taker?.error(reason);
    this.isWhole();
  }

  private refuse(reason: unknown): never {
    this.fail(reason);
    throw reason;
  }
}
