import { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import type { Steps } from '../progress/run-steps.js';
import { adler32 } from './adler32.js';
import { readBigEndianVarint } from './big-endian-varint.js';
import type { ReadOptions } from './foreign-options.js';
import { NewBuffer } from './new-buffer.js';
import { AddressCache } from './vcdiff-addresses.js';
import {
  ADD,
  COPY,
  defaultTable,
  NOOP,
  RUN,
  tableFromBytes,
  tableToBytes,
  type VcdiffCode,
  type VcdiffTable,
} from './vcdiff-code-table.js';
import { openSecondary, type SecondaryDecoder } from './vcdiff-secondary.js';

/**
 * VCDIFF (RFC 3284), with what xdelta3 and open-vcdiff add.
 *
 *     header   d6 c3 c4, version 0 or 'S', indicator: 1 secondary coder, 2 code table, 4 application header (xdelta3)
 *              [coder id] [code table: size, near, same, delta] [application header: size, bytes]
 *     window   indicator: 1 from old, 2 from new, 4 Adler-32 [segment size, segment offset] delta size, new size, delta indicator,
 *              sizes of data, instructions, addresses [Adler-32] data, instructions, addresses
 *
 * Two encodings of Adler-32 hide behind one bit: version 0 (xdelta3) has 4 bytes, the highest first, of the sum that starts at 1; version 'S'
 * (open-vcdiff) has a varint of the sum that starts at 0. Version 'S' may also interleave: data and addresses then stand among the
 * instructions, and their own sections are empty.
 *
 * A window's delta must be exactly as long as its header says, every section must be used up, and the sizes of its instructions must add up
 * to its new size. Time is linear in patch and output, memory is new and one window's sections.
 *
 * Sources: RFC 3284; xdelta3-decode.h; open-vcdiff's vcdecoder.cc and checksum.h.
 */
export function* applyVcdiff(
  oldBytes: Uint8Array,
  patch: Uint8Array,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer>> {
  const reader = new ByteReader(patch, 'formats');
  const header = readVcdiffHeader(reader, options);
  const output = new NewBuffer(options);
  while (reader.remaining > 0) {
    applyWindow(reader, header, oldBytes, output);
    yield { stage: 'apply', done: reader.offset, total: patch.length };
  }
  return output.take();
}

export interface VcdiffHeader {
  /** open-vcdiff's extensions. */
  readonly isExtended: boolean;
  readonly secondary: SecondaryDecoder | undefined;
  readonly table: VcdiffTable;
  /** The description of a table that is not the default one. */
  readonly tableBytes: Uint8Array | undefined;
}

export function readVcdiffHeader(reader: ByteReader, options: ReadOptions): VcdiffHeader {
  const magic = reader.take(3, 'the magic');
  if (magic[0] !== 0xd6 || magic[1] !== 0xc3 || magic[2] !== 0xc4)
    throw patchError('BAD_MAGIC', 'formats', 'the patch is no VCDIFF');
  const version = reader.u8('the version');
  if (version !== 0 && version !== 0x53)
    throw patchError('UNSUPPORTED_VERSION', 'formats', `VCDIFF has no version ${version}`, {
      found: version,
    });
  const indicator = reader.u8('the header indicator');
  if (indicator > 7)
    throw patchError('UNSUPPORTED_FEATURE', 'formats', `the header indicator is ${indicator}`, {
      found: indicator,
    });
  const secondary = (indicator & 1) === 0 ? undefined : openSecondary(reader.u8('the secondary coder'));
  const tableBytes =
    (indicator & 2) === 0
      ? undefined
      : reader.take(readBigEndianVarint(reader, 'the size of the code table'), 'the code table');
  const table = tableBytes === undefined ? DEFAULT_TABLE : readTable(tableBytes, options);
  if ((indicator & 4) !== 0)
    reader.take(readBigEndianVarint(reader, 'the size of the application header'), 'the application header');
  return { isExtended: version === 0x53, secondary, table, tableBytes };
}

const DEFAULT_TABLE = defaultTable();
const TABLE_SIZE = 1536;

/** A code table: a VCDIFF patch, without a table of its own, from the default table's bytes to this one's. */
function readTable(tableBytes: Uint8Array, options: ReadOptions): VcdiffTable {
  const bytes = new ByteReader(tableBytes, 'formats');
  const near = bytes.u8('the size of the near cache');
  const same = bytes.u8('the size of the same cache');
  const inner = new ByteReader(bytes.take(bytes.remaining, 'the code table'), 'formats');
  if (inner.remaining > 4 && (inner.bytes[4]! & 3) !== 0)
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'formats',
      'a code table may not have a code table or secondary coder itself',
    );
  const header = readVcdiffHeader(inner, options);
  const output = new NewBuffer({ maxNewSize: TABLE_SIZE });
  while (inner.remaining > 0) applyWindow(inner, header, tableToBytes(DEFAULT_TABLE), output);
  const made = output.take();
  const table = made.length === TABLE_SIZE ? tableFromBytes(made, near, same) : undefined;
  if (table === undefined)
    throw patchError('BAD_HEADER', 'formats', 'the code table is malformed', { found: made.length });
  return table;
}

/** The bytes that a window's copies may come from: a segment, then what the window made so far. */
interface Window {
  readonly segment: Uint8Array;
  readonly into: Uint8Array;
}

/** A window, its sections decoded. */
export interface VcdiffWindow {
  readonly start: number;
  readonly indicator: number;
  readonly segmentSize: number;
  readonly segmentOffset: number;
  readonly newSize: number;
  readonly checksum: number | undefined;
  readonly isInterleaved: boolean;
  /** Data, instructions, addresses. */
  readonly sections: readonly [ByteReader, ByteReader, ByteReader];
}

/** Reads a window; whether its instructions make sense is seen when they run. */
export function readVcdiffWindow(reader: ByteReader, { isExtended, secondary }: VcdiffHeader): VcdiffWindow {
  const start = reader.offset;
  const indicator = reader.u8('the window indicator');
  if (indicator > 7 || (indicator & 3) === 3)
    throw patchError(
      'BAD_HEADER',
      'formats',
      `the window at offset ${start} has the indicator ${indicator}`,
      { offset: start },
    );
  const [segmentSize, segmentOffset] =
    (indicator & 3) === 0
      ? [0, 0]
      : [
          readBigEndianVarint(reader, 'the size of the segment'),
          readBigEndianVarint(reader, 'the offset of the segment'),
        ];
  const deltaSize = readBigEndianVarint(reader, 'the size of the delta');
  const delta = new ByteReader(reader.take(deltaSize, 'the delta'), 'formats');
  const newSize = readBigEndianVarint(delta, 'the size of the window');
  const coded = delta.u8('the delta indicator');
  if (coded > 7 || (coded !== 0 && secondary === undefined))
    throw patchError('BAD_HEADER', 'formats', `the delta indicator is ${coded}`, {
      offset: start,
      found: coded,
    });
  const sizes = ['data', 'instructions', 'addresses'].map((what) =>
    readBigEndianVarint(delta, `the size of ${what}`),
  );
  const checksum = (indicator & 4) === 0 ? undefined : readChecksum(delta, isExtended);
  const sections = sizes.map((size, i) => {
    const bytes = delta.take(size, SECTIONS[i]!);
    const isCoded = ((coded >>> i) & 1) !== 0;
    return new ByteReader(isCoded ? secondary!(bytes, i, sectionLimit(i, newSize)) : bytes, 'formats');
  }) as [ByteReader, ByteReader, ByteReader];
  delta.done('the delta');
  const isInterleaved = isExtended && sizes[0] === 0 && sizes[2] === 0;
  return { start, indicator, segmentSize, segmentOffset, newSize, checksum, isInterleaved, sections };
}

function applyWindow(
  reader: ByteReader,
  header: VcdiffHeader,
  oldBytes: Uint8Array,
  output: NewBuffer,
): void {
  const window = readVcdiffWindow(reader, header);
  const { start, newSize, checksum, isInterleaved, sections } = window;
  const segment = takeSegment(window, oldBytes, output);
  const [, instructions] = sections;
  const mark = output.reserve(newSize);
  const into = output.view(mark, newSize);
  runInstructions(
    { segment, into },
    header.table,
    isInterleaved ? [instructions, instructions, instructions] : sections,
  );
  for (const [i, section] of sections.entries()) section.done(SECTIONS[i]!);
  if (checksum !== undefined && adler32(into, header.isExtended ? 0 : 1) !== checksum) {
    throw patchError(
      'NEW_DIGEST_MISMATCH',
      'verify-new',
      `the Adler-32 of the window at offset ${start} is wrong: old is another file, or the patch is damaged`,
      { offset: start },
    );
  }
}

/** The bytes of old or of new that a window copies from; `reserve` leaves views of new as they are. */
function takeSegment(
  { start, indicator, segmentSize, segmentOffset }: VcdiffWindow,
  oldBytes: Uint8Array,
  output: NewBuffer,
): Uint8Array {
  if ((indicator & 3) === 0) return NO_BYTES;
  const isOld = (indicator & 1) !== 0;
  const source = isOld ? oldBytes : output.made();
  if (segmentOffset > source.length || segmentSize > source.length - segmentOffset) {
    throw patchError(
      isOld ? 'OLD_SIZE_MISMATCH' : 'BAD_HEADER',
      'formats',
      `the window at offset ${start} wants ${segmentSize} bytes from ${segmentOffset} on, ${isOld ? 'old' : 'new'} has ${source.length}`,
      { offset: start, expected: segmentOffset + segmentSize, found: source.length },
    );
  }
  return source.subarray(segmentOffset, segmentOffset + segmentSize);
}

const SECTIONS = ['the data section', 'the instructions', 'the addresses'] as const;
const NO_BYTES = new Uint8Array(0);

/** Most bytes that a section can be of use: new itself, a code and two sizes for each byte, an address for each. */
function sectionLimit(section: number, newSize: number): number {
  return section === 0 ? newSize : 64 + 12 * newSize;
}

function readChecksum(reader: ByteReader, isExtended: boolean): number {
  if (isExtended) return readBigEndianVarint(reader, 'the checksum');
  const [a, b, c, d] = reader.take(4, 'the checksum') as unknown as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

function runInstructions(
  window: Window,
  table: VcdiffTable,
  [data, instructions, addresses]: readonly [ByteReader, ByteReader, ByteReader],
): void {
  const { into, segment } = window;
  const cache = new AddressCache(table.near, table.same);
  let made = 0;
  const run = (code: VcdiffCode): void => {
    if (code.type === NOOP) return;
    const size =
      code.size === 0 ? readBigEndianVarint(instructions, 'the size of an instruction') : code.size;
    if (size > into.length - made) {
      throw patchError(
        'BAD_CONTROL',
        'formats',
        `an instruction makes ${size} bytes, ${into.length - made} are left of the window`,
        {
          found: size,
          expected: into.length - made,
        },
      );
    }
    if (code.type === ADD) into.set(data.take(size, 'the data of an ADD'), made);
    else if (code.type === RUN) into.fill(data.u8('the byte of a RUN'), made, made + size);
    else if (code.type === COPY) copy(cache.read(code.mode, segment.length + made, addresses), size);
    made += size;
  };
  const copy = (address: number, size: number): void => {
    const inSegment = Math.max(0, Math.min(size, segment.length - address));
    into.set(segment.subarray(address, address + inSegment), made);
    const from = address + inSegment - segment.length;
    const to = made + inSegment;
    const rest = size - inSegment;
    if (from + rest <= to) into.copyWithin(to, from, from + rest);
    // A copy may run into what it makes itself.
    else for (let i = 0; i < rest; i++) into[to + i] = into[from + i]!;
  };
  while (instructions.remaining > 0) {
    const code = instructions.u8('an instruction');
    run(table.first[code]!);
    run(table.second[code]!);
  }
  if (made !== into.length) {
    throw patchError(
      'BAD_CONTROL',
      'formats',
      `the window has ${into.length} bytes, its instructions make ${made}`,
      {
        expected: into.length,
        found: made,
      },
    );
  }
}
