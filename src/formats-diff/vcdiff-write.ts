import { ByteWriter } from '../bytes/byte-writer.js';
import { adler32 } from '../formats/adler32.js';
import { bigEndianVarint } from '../formats/big-endian-varint.js';
import { AddressCache } from '../formats/vcdiff-addresses.js';
import { ADD, COPY, defaultTable, NOOP, RUN, type VcdiffCode } from '../formats/vcdiff-code-table.js';
import { cutExactCopies } from './exact-copies.js';

/**
 * Writes VCDIFF as RFC 3284 has it, with the default code table and no secondary coder, and with xdelta3's Adler-32 of each window, which
 * readers of the plain format must be told to expect: xdelta3 and open-vcdiff know it.
 *
 * New is cut into windows of 8 MiB, since xdelta3 takes none above 16 MiB. A window's segment is the part of old that its copies use.
 * Instructions are greedy: two that share a code of the table are written as one.
 */
export function writeVcdiff(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
): Uint8Array<ArrayBuffer> {
  const output = new ByteWriter(1 << 16).put(Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 0));
  for (let start = 0; start < newBytes.length; start += WINDOW_SIZE) {
    const end = Math.min(newBytes.length, start + WINDOW_SIZE);
    writeWindow(output, oldBytes, newBytes, covers, start, end);
  }
  return output.take();
}

const WINDOW_SIZE = 8 << 20;
/** Shortest run of one value that is not a literal. */
const LEAST_RUN = 12;
const HAS_SOURCE = 1;
const HAS_ADLER32 = 4;

function writeWindow(
  output: ByteWriter,
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  covers: Uint32Array,
  start: number,
  end: number,
): void {
  let low = oldBytes.length;
  let high = 0;
  const noLiteral = (): void => {};
  cutExactCopies(
    oldBytes,
    newBytes,
    covers,
    {
      literal: noLiteral,
      copy: (_, oldStart, size) => {
        low = Math.min(low, oldStart);
        high = Math.max(high, oldStart + size);
      },
    },
    start,
    end,
  );
  const segmentSize = Math.max(0, high - low);
  const window = new WindowWriter(segmentSize);
  cutExactCopies(
    oldBytes,
    newBytes,
    covers,
    {
      literal: (newStart, size) => window.literal(newBytes.subarray(newStart, newStart + size)),
      copy: (_, oldStart, size) => window.copy(oldStart - low, size),
    },
    start,
    end,
  );
  output.u8((segmentSize > 0 ? HAS_SOURCE : 0) | HAS_ADLER32);
  if (segmentSize > 0) output.put(bigEndianVarint(segmentSize)).put(bigEndianVarint(low));
  const sections = window.finish();
  const head = new ByteWriter().put(bigEndianVarint(end - start)).u8(0);
  for (const section of sections) head.put(bigEndianVarint(section.length));
  const sum = adler32(newBytes.subarray(start, end), 1);
  head.put(Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum));
  const size = sections.reduce((total, { length }) => total + length, head.size);
  output.put(bigEndianVarint(size)).put(head.take());
  for (const section of sections) output.put(section);
}

/** An instruction that waits for the next one, to share a code with it. */
interface Instruction {
  readonly type: number;
  readonly size: number;
  readonly mode: number;
}

class WindowWriter {
  private readonly data = new ByteWriter(1 << 12);
  private readonly instructions = new ByteWriter(1 << 12);
  private readonly addresses = new ByteWriter(1 << 12);
  private readonly cache = new AddressCache(4, 3);
  private here: number;
  private waiting: Instruction | undefined;

  constructor(segmentSize: number) {
    this.here = segmentSize;
  }

  literal(bytes: Uint8Array): void {
    let from = 0;
    for (let at = 0; at < bytes.length; ) {
      let end = at + 1;
      while (end < bytes.length && bytes[end] === bytes[at]) end++;
      if (end - at >= LEAST_RUN) {
        this.add(bytes.subarray(from, at));
        this.data.u8(bytes[at]!);
        this.put({ type: RUN, size: end - at, mode: 0 });
        from = end;
      }
      at = end;
    }
    this.add(bytes.subarray(from));
  }

  copy(address: number, size: number): void {
    const { mode, bytes } = this.cache.write(address, this.here);
    this.addresses.put(bytes);
    this.put({ type: COPY, size, mode });
  }

  /** Data, instructions and addresses. */
  finish(): readonly Uint8Array[] {
    this.flush();
    return [this.data.take(), this.instructions.take(), this.addresses.take()];
  }

  private add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.data.put(bytes);
    this.put({ type: ADD, size: bytes.length, mode: 0 });
  }

  private put(instruction: Instruction): void {
    this.here += instruction.size;
    const pair = this.waiting === undefined ? undefined : PAIRS.get(keyOf(this.waiting, instruction));
    if (pair !== undefined) {
      this.instructions.u8(pair);
      this.waiting = undefined;
      return;
    }
    this.flush();
    this.waiting = instruction;
  }

  private flush(): void {
    if (this.waiting === undefined) return;
    const { type, size, mode } = this.waiting;
    const sized = SINGLES.get(keyOf(this.waiting));
    if (sized !== undefined) this.instructions.u8(sized);
    else this.instructions.u8(SINGLES.get(keyOf({ type, size: 0, mode }))!).put(bigEndianVarint(size));
    this.waiting = undefined;
  }
}

/** Codes of the default table by what they stand for. */
const SINGLES = new Map<string, number>();
const PAIRS = new Map<string, number>();
const TABLE = defaultTable();
for (let code = 0; code < 256; code++) {
  const [first, second] = [TABLE.first[code]!, TABLE.second[code]!];
  if (second.type === NOOP) SINGLES.set(keyOf(first), code);
  else PAIRS.set(keyOf(first, second), code);
}

function keyOf(...codes: readonly VcdiffCode[]): string {
  return codes.map(({ type, size, mode }) => `${type}.${size}.${mode}`).join('+');
}
