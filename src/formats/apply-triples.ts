import { patchError } from '../errors/patch-error.js';
import type { Steps } from '../progress/run-steps.js';
import type { ChunkSource } from './chunk-source.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';
import { readSignMagnitude } from './sign-magnitude.js';

/** A patch of the bsdiff family, opened: three streams, which may be one and the same where a format interleaves them. */
export interface TripleStreams {
  readonly newSize: number;
  readonly control: ChunkSource;
  readonly diff: ChunkSource;
  readonly extra: ChunkSource;
}

/** One step: `add` bytes of old plus diff, `copy` bytes of extra, then `seek` in old. */
export interface Triple {
  readonly add: number;
  readonly copy: number;
  readonly seek: number;
}

const SLICE = 1 << 20;
const TRIPLE_SIZE = 24;

/**
 * Reads control triples until they make up new, and checks each: lengths are not negative and fit into what is left of new, nothing
 * overflows (CVE-2014-9862 and CVE-2020-14315 are about exactly these). A triple may make nothing, and bsdiff 4.3 writes several such ones
 * in succession (its patch of two esbuild releases has them); but there may not be more triples than bytes of new, since a few hundred bytes
 * would hold millions.
 */
export class TripleReader {
  private readonly streams: TripleStreams;
  private readonly isLenient: boolean;
  private readonly raw = new Uint8Array(TRIPLE_SIZE);
  private made = 0;
  private count = 0;

  constructor(streams: TripleStreams, options: ReadOptions) {
    assertNewSize(streams.newSize, options);
    this.streams = streams;
    this.isLenient = options.lenient ?? false;
  }

  /** The next triple; undefined when new is complete. */
  next(): Triple | undefined {
    const { newSize, control } = this.streams;
    if (this.made === newSize) return undefined;
    control.fill(this.raw);
    const add = readSignMagnitude(this.raw, 0, 'the length to add');
    const copy = readSignMagnitude(this.raw, 8, 'the length to copy');
    const seek = readSignMagnitude(this.raw, 16, 'the way to seek');
    const left = newSize - this.made;
    if (add < 0 || copy < 0 || add > left || copy > left - add) {
      throw patchError(
        'BAD_CONTROL',
        'formats',
        `control triple ${this.count} makes ${add} and ${copy} bytes, ${left} are left of new`,
        { triple: this.count, add, copy, left },
      );
    }
    if (this.count > newSize) {
      throw patchError(
        'BAD_CONTROL',
        'formats',
        `there are more control triples than the ${newSize} bytes of new`,
        {
          triple: this.count,
        },
      );
    }
    this.made += add + copy;
    this.count++;
    return { add, copy, seek };
  }

  /** Throws unless every stream ends here; lenient, they may go on, but what ends here must end well. */
  end(): void {
    const { control, diff, extra } = this.streams;
    for (const stream of new Set([control, diff, extra])) {
      if (this.isLenient) stream.isAtEnd();
      else stream.end();
    }
  }
}

/** Makes new. Bytes beyond the ends of old count as zero, as in bsdiff 4.3. */
export function* applyTriples(
  oldBytes: Uint8Array,
  streams: TripleStreams,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const reader = new TripleReader(streams, options);
  const newBytes = allocateNew(streams.newSize);
  let newAt = 0;
  let oldAt = 0;
  for (let triple = reader.next(); triple !== undefined; triple = reader.next()) {
    for (let done = 0; done < triple.add; done += SLICE) {
      const piece = newBytes.subarray(newAt + done, newAt + Math.min(triple.add, done + SLICE));
      streams.diff.fill(piece);
      addOld(piece, oldBytes, oldAt + done);
      yield { stage: 'apply', done: newAt + done, total: streams.newSize };
    }
    newAt += triple.add;
    for (let done = 0; done < triple.copy; done += SLICE) {
      streams.extra.fill(newBytes.subarray(newAt + done, newAt + Math.min(triple.copy, done + SLICE)));
      yield { stage: 'apply', done: newAt + done, total: streams.newSize };
    }
    newAt += triple.copy;
    oldAt += triple.add + triple.seek;
    if (!Number.isSafeInteger(oldAt))
      throw patchError('BAD_CONTROL', 'formats', 'the place in old is beyond 2^53');
  }
  reader.end();
  return newBytes;
}

/** Adds bytes of old from `start` on, which may lie outside of it. */
function addOld(piece: Uint8Array, oldBytes: Uint8Array, start: number): void {
  const from = Math.max(0, -start);
  const to = Math.min(piece.length, oldBytes.length - start);
  for (let i = from; i < to; i++) piece[i]! += oldBytes[start + i]!;
}

/** Room for new; an engine that has none says so as a LimitError. */
export function allocateNew(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw patchError(
      'MEMORY_LIMIT',
      'formats',
      `the engine has no ${size} bytes for new`,
      { needed: size },
      cause,
    );
  }
}
