import { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import { addBytes, assertCoverCount, type CoverPatch, type Stretch, StretchChecker } from './apply-covers.js';
import type { ChunkSource } from './chunk-source.js';
import { assertNewSize, type ReadOptions } from './foreign-options.js';
import { openHdiffBlock } from './hdiff-coders.js';
import { openHdiffSingle } from './hdiff-single.js';
import { PackedIntegers } from './packed-integers.js';

/**
 * HDiffPatch's patches of files. Both begin with a type, `&`, the name of a coder and a zero; numbers are packed (packed-integers.ts).
 *
 *     HDIFF13     new size, old size, count of covers, then size and coded size (0: as it is) of four blocks, then the blocks:
 *                 covers: way from the end of the last cover in old (1 bit of tag: back), gap, length
 *                 run controls and run bytes: differences of all of new, gaps too, whose differences are read over
 *                 bytes of the gaps
 *     HDIFFSF20   see hdiff-single.ts
 *
 * A run control is a packed number with 2 bits of tag, the length less 1: 0 zeros, 1 bytes of 255, 2 one byte again and again, 3 bytes as they are. The
 * sizes of old and new are all that these patches say of their files.
 *
 * Source: HDiffPatch 4.12, libHDiffPatch/HPatch/patch.c and patch_base.h.
 */
export function openHdiff(patch: Uint8Array, options: ReadOptions): CoverPatch {
  const reader = new ByteReader(patch, 'formats');
  const type = readText(reader, '&');
  const coder = readText(reader, '\0');
  if (type === 'HDIFF13') return new CoverBlocks(reader, coder, options);
  if (type === 'HDIFFSF20') return openHdiffSingle(reader, coder, options);
  throw patchError('UNSUPPORTED_VERSION', 'formats', `there is no reader for ${type}`, { found: type });
}

/** Longest name of a type or coder (hpatch_kMaxPluginTypeLength). */
const MOST_TEXT = 259;

function readText(reader: ByteReader, end: string): string {
  let text = '';
  for (;;) {
    const letter = String.fromCharCode(reader.u8('the type'));
    if (letter === end) return text;
    text += letter;
    if (text.length > MOST_TEXT) throw patchError('BAD_HEADER', 'formats', 'the type has no end');
  }
}

const BLOCKS = ['covers', 'run controls', 'run bytes', 'bytes of gaps'] as const;
/** Most bytes of a cover's three numbers. */
const MOST_COVER = 30;

class CoverBlocks implements CoverPatch {
  readonly newSize: number;
  readonly oldSize: number;
  private readonly checker: StretchChecker;
  private readonly blocks: readonly ChunkSource[];
  private readonly covers: PackedIntegers;
  private readonly runs: Runs;
  private coversLeft: number;
  private oldEnd = 0;

  constructor(reader: ByteReader, coder: string, options: ReadOptions) {
    const header = new PackedIntegers({ u8: () => reader.u8('the header') }, 'the header');
    this.newSize = header.read();
    this.oldSize = header.read();
    this.coversLeft = header.read();
    assertNewSize(this.newSize, options);
    assertCoverCount(this.coversLeft, this.newSize);
    this.checker = new StretchChecker(this.newSize, this.oldSize);
    const sizes = BLOCKS.map(() => ({ size: header.read(), codedSize: header.read() }));
    this.blocks = sizes.map(({ size, codedSize }, i) => {
      const what = BLOCKS[i]!;
      const most = i === 0 ? MOST_COVER * this.coversLeft : this.newSize;
      if (size > most) {
        throw patchError('BAD_HEADER', 'formats', `${what}: ${size} bytes are more than can be of use`, {
          expected: most,
          found: size,
        });
      }
      const bytes = reader.take(codedSize === 0 ? size : codedSize, what);
      return openHdiffBlock(bytes, codedSize === 0 ? undefined : coder, size, what, options);
    });
    if (options.lenient !== true) reader.done('the patch');
    const [covers, controls, codes] = this.blocks as [ChunkSource, ChunkSource, ChunkSource];
    this.covers = new PackedIntegers(covers, BLOCKS[0]);
    this.runs = new Runs(controls, codes);
  }

  next(): Stretch | undefined {
    const { checker, covers } = this;
    if (this.coversLeft === 0) {
      const gap = checker.left;
      return gap === 0 ? undefined : checker.take({ gap, oldOffset: 0, length: 0 });
    }
    this.coversLeft--;
    const way = covers.read(1);
    const oldOffset = covers.tag === 0 ? this.oldEnd + way : this.oldEnd - way;
    const stretch = { oldOffset, gap: covers.read(), length: covers.read() };
    this.oldEnd = oldOffset + stretch.length;
    return checker.take(stretch);
  }

  fillGap(into: Uint8Array): void {
    this.blocks[3]!.fill(into);
    this.runs.skip(into.length);
  }

  addDifferences(into: Uint8Array): void {
    this.runs.add(into);
  }

  end(): void {
    this.runs.end();
    for (const block of this.blocks) block.end();
  }
}

/** Kinds of runs whose value is not a zero. */
const HIGHS = 1;
const SAME = 2;
const PLAIN = 3;

/** Differences in runs. */
class Runs {
  private readonly controls: PackedIntegers;
  private readonly codes: ChunkSource;
  private left = 0;
  private isPlain = false;
  private value = 0;
  private scratch = new Uint8Array(0);

  constructor(controls: ChunkSource, codes: ChunkSource) {
    this.controls = new PackedIntegers(controls, BLOCKS[1]);
    this.codes = codes;
  }

  add(into: Uint8Array): void {
    for (let at = 0; at < into.length; ) {
      const part = this.part(into.length - at);
      const piece = into.subarray(at, at + part);
      if (this.isPlain) addBytes(piece, this.plain(part));
      else if (this.value !== 0) for (let i = 0; i < part; i++) piece[i]! += this.value;
      at += part;
    }
  }

  skip(size: number): void {
    for (let at = 0; at < size; ) {
      const part = this.part(size - at);
      if (this.isPlain) this.plain(part);
      at += part;
    }
  }

  end(): void {
    if (this.left > 0)
      throw patchError('BAD_STREAM', 'formats', `${BLOCKS[1]}: the last run leaves new`, { left: this.left });
  }

  /** How many bytes of the present run are next, at most `most`; begins a run where the one before has ended. */
  private part(most: number): number {
    if (this.left === 0) {
      this.left = this.controls.read(2) + 1;
      const kind = this.controls.tag;
      this.isPlain = kind === PLAIN;
      this.value = kind === HIGHS ? 255 : kind === SAME ? this.codes.u8() : 0;
    }
    const part = Math.min(most, this.left);
    this.left -= part;
    return part;
  }

  private plain(size: number): Uint8Array {
    if (this.scratch.length < size) this.scratch = new Uint8Array(size);
    const bytes = this.scratch.subarray(0, size);
    this.codes.fill(bytes);
    return bytes;
  }
}
