import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import type { StatusName } from '../errors/status.js';
import {
  DIGEST_SHA256,
  DIGEST_SIZE,
  FORM,
  FORMAT_VERSION,
  type Form,
  KNOWN_CRITICAL_FEATURES,
  LIMITS,
  MAGIC,
  MEMORY_PAGE,
  PREDICTOR,
  PREDICTOR_VERSION,
  SHORT_DIGEST_SIZE,
} from './format.js';
import { readStreamTable, type StreamEntry, writeStreamTable } from './stream-table.js';

/**
 * The header of a patch: all that a reader must know before it touches the body. Layout in docs/FORMAT.md,
 * section "Header".
 */
export interface PatchHeader {
  readonly form: Form;
  readonly criticalFeatures: number;
  readonly optionalFeatures: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldDigest: Uint8Array;
  readonly newDigest: Uint8Array;
  /** log2 of the bytes of a window of new; the last window may be shorter. Forms without windows have the largest. */
  readonly windowSizeLog2: number;
  /** First 16 bytes of each window's SHA-256, for every window but the last (the whole digest covers it). */
  readonly windowDigests: readonly Uint8Array[];
  readonly predictorId: number;
  readonly predictorVersion: number;
  /** Covers in the control stream. */
  readonly coverCount: number;
  /** Bytes of memory that decoding takes at most, in linear memory and in the host; whole pages. */
  readonly decoderMemory: number;
  readonly streams: readonly StreamEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly bodySize: number;
  /** First 16 bytes of the body's SHA-256. */
  readonly bodyDigest: Uint8Array;
}

const FORM_NAMES = Object.keys(FORM) as Form[];

/** Windows of a new image that have a digest of their own: all but the last. */
export function digestedWindowCount(newSize: number, windowSizeLog2: number): number {
  return Math.max(0, Math.ceil(newSize / 2 ** windowSizeLog2) - 1);
}

/** Bytes of a header, from the magic to its last field. */
export function writeHeader(header: PatchHeader): Uint8Array<ArrayBuffer> {
  const fields = new ByteWriter();
  fields.u8(FORM[header.form]);
  fields.varint(header.criticalFeatures).varint(header.optionalFeatures);
  fields.u8(DIGEST_SHA256);
  fields.varint(header.oldSize).put(header.oldDigest);
  if (header.form !== 'same') writeMaking(fields, header);
  writeMetadata(fields, header.metadata);
  fields.varint(header.bodySize);
  if (header.bodySize > 0) fields.put(header.bodyDigest);
  const front = new ByteWriter(fields.size + 16).put(MAGIC).u8(FORMAT_VERSION).varint(fields.size);
  return front.put(fields.take()).take();
}

/** What new is and how it is made: nothing of it is needed where new is old. */
function writeMaking(fields: ByteWriter, header: PatchHeader): void {
  fields.varint(header.newSize).put(header.newDigest);
  if (header.form !== 'bundle') {
    fields.u8(header.windowSizeLog2);
    for (const digest of header.windowDigests) fields.put(digest);
  }
  if (header.form === 'delta') {
    fields.u8(header.predictorId).varint(header.predictorVersion).varint(header.coverCount);
  }
  fields.varint(Math.ceil(header.decoderMemory / MEMORY_PAGE));
  writeStreamTable(fields, header.streams);
}

function writeMetadata(fields: ByteWriter, metadata: Readonly<Record<string, string>>): void {
  const entries = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const encoder = new TextEncoder();
  fields.varint(entries.length);
  for (const text of entries.flat()) {
    const bytes = encoder.encode(text);
    fields.varint(bytes.length).put(bytes);
  }
}

/** A header and where it ends in the patch. */
export interface ParsedHeader {
  readonly header: PatchHeader;
  readonly endOffset: number;
}

/**
 * Reads the header at the front of a patch. Throws FormatError: BAD_MAGIC, UNSUPPORTED_VERSION,
 * UNSUPPORTED_FEATURE, TRUNCATED, BAD_HEADER, TRAILING_BYTES.
 */
export function readHeader(patch: Uint8Array): ParsedHeader {
  const { startOffset, endOffset } = readHeaderFrame(patch);
  const reader = new ByteReader(patch, 'container', startOffset, endOffset);
  const header = readFields(reader);
  reader.done('the header');
  return { header, endOffset };
}

/** Where a header's fields lie. What a signature covers is found so, before any of it is parsed. */
export function readHeaderFrame(patch: Uint8Array): { startOffset: number; endOffset: number } {
  const front = new ByteReader(patch, 'container');
  if (!MAGIC.subarray(0, patch.length).every((byte, i) => patch[i] === byte)) {
    throw bad('BAD_MAGIC', 'this is no deltakit patch: it does not begin with the magic', 0);
  }
  front.take(MAGIC.length, 'magic');
  const version = front.u8('format version');
  if (version !== FORMAT_VERSION) {
    throw patchError(
      'UNSUPPORTED_VERSION',
      'container',
      `the patch has format version ${version}, this reader knows version ${FORMAT_VERSION}`,
      { expected: FORMAT_VERSION, found: version },
    );
  }
  const size = front.varint('header size');
  if (size > LIMITS.headerSize) {
    throw bad(
      'BAD_HEADER',
      `the header claims ${size} bytes, the limit is ${LIMITS.headerSize}`,
      front.offset,
    );
  }
  const startOffset = front.offset;
  front.take(size, 'header');
  return { startOffset, endOffset: startOffset + size };
}

function bad(code: StatusName, message: string, offset: number) {
  return patchError(code, 'container', message, { offset });
}

function readFields(reader: ByteReader): PatchHeader {
  const formNumber = reader.u8('form');
  const form = FORM_NAMES.find((name) => FORM[name] === formNumber);
  if (form === undefined) throw bad('BAD_HEADER', `unknown form ${formNumber}`, reader.offset - 1);
  const criticalFeatures = reader.varint('critical feature bits');
  const optionalFeatures = reader.varint('optional feature bits');
  const digestAlgorithm = reader.u8('digest algorithm');
  if (criticalFeatures !== KNOWN_CRITICAL_FEATURES || digestAlgorithm !== DIGEST_SHA256) {
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'container',
      `the patch needs features ${criticalFeatures} and digest ${digestAlgorithm}, this reader knows features ${KNOWN_CRITICAL_FEATURES} and digest ${DIGEST_SHA256}`,
      { features: criticalFeatures, digest: digestAlgorithm },
    );
  }
  const oldSize = reader.varint('size of old');
  const oldDigest = reader.take(DIGEST_SIZE, 'digest of old').slice();
  const making = form === 'same' ? copyOfOld(oldSize, oldDigest) : readMaking(reader, form);
  const metadata = readMetadata(reader);
  const bodySize = reader.varint('body size');
  const bodyDigest =
    bodySize === 0
      ? sha256(new Uint8Array(0)).subarray(0, SHORT_DIGEST_SIZE)
      : reader.take(SHORT_DIGEST_SIZE, 'digest of the body').slice();
  return {
    form,
    criticalFeatures,
    optionalFeatures,
    oldSize,
    oldDigest,
    ...making,
    metadata,
    bodySize,
    bodyDigest,
  };
}

/** The fields that say what new is and how it is made. */
type Making = Omit<
  PatchHeader,
  | 'form'
  | 'criticalFeatures'
  | 'optionalFeatures'
  | 'oldSize'
  | 'oldDigest'
  | 'metadata'
  | 'bodySize'
  | 'bodyDigest'
>;

/** Of a new that has no windows. */
export const NO_WINDOWS = { windowSizeLog2: LIMITS.windowSizeLog2Max, windowDigests: [] };
const NO_COVERS = { predictorId: PREDICTOR.raw, predictorVersion: PREDICTOR_VERSION.raw, coverCount: 0 };

function copyOfOld(newSize: number, newDigest: Uint8Array): Making {
  return { newSize, newDigest, ...NO_WINDOWS, ...NO_COVERS, decoderMemory: 0, streams: [] };
}

function readMaking(reader: ByteReader, form: Form): Making {
  const newSize = reader.varint('size of new');
  const newDigest = reader.take(DIGEST_SIZE, 'digest of new').slice();
  const windows = form === 'bundle' ? NO_WINDOWS : readWindows(reader, newSize);
  const covers = form === 'delta' ? readCoverFields(reader, newSize) : NO_COVERS;
  const at = reader.offset;
  const decoderMemory = reader.varint('decoder memory') * MEMORY_PAGE;
  if (!Number.isSafeInteger(decoderMemory)) {
    throw bad('BAD_HEADER', `decoder memory of ${decoderMemory} bytes is out of range`, at);
  }
  return { newSize, newDigest, ...windows, ...covers, decoderMemory, streams: readStreamTable(reader) };
}

function readCoverFields(reader: ByteReader, newSize: number) {
  const predictorId = reader.u8('predictor id');
  const predictorVersion = reader.varint('predictor version');
  const coverCount = reader.varint('cover count');
  if (coverCount > newSize)
    throw bad('BAD_HEADER', `${coverCount} covers for ${newSize} bytes`, reader.offset);
  return { predictorId, predictorVersion, coverCount };
}

function readWindows(reader: ByteReader, newSize: number) {
  const windowSizeLog2 = reader.u8('window size');
  if (windowSizeLog2 < LIMITS.windowSizeLog2Min || windowSizeLog2 > LIMITS.windowSizeLog2Max) {
    throw bad('BAD_HEADER', `window size 2^${windowSizeLog2} is out of range`, reader.offset - 1);
  }
  const count = digestedWindowCount(newSize, windowSizeLog2);
  // One bounds check for all, so that a claimed count never allocates.
  const all = reader.take(count * SHORT_DIGEST_SIZE, 'window digests').slice();
  const windowDigests = Array.from({ length: count }, (_, i) =>
    all.subarray(i * SHORT_DIGEST_SIZE, (i + 1) * SHORT_DIGEST_SIZE),
  );
  return { windowSizeLog2, windowDigests };
}

function readMetadata(reader: ByteReader): Record<string, string> {
  const count = reader.varint('metadata count');
  if (count > LIMITS.metadataEntries) {
    throw bad(
      'BAD_HEADER',
      `${count} metadata entries, the limit is ${LIMITS.metadataEntries}`,
      reader.offset,
    );
  }
  const start = reader.offset;
  const entries: [string, string][] = [];
  for (let i = 0; i < count; i++) {
    const key = readText(reader, 'metadata key');
    const previous = entries.at(-1);
    if (previous !== undefined && previous[0] >= key) {
      throw bad('BAD_HEADER', `metadata keys are not in order at ${JSON.stringify(key)}`, reader.offset);
    }
    entries.push([key, readText(reader, 'metadata value')]);
  }
  if (reader.offset - start > LIMITS.metadataBytes) {
    throw bad('BAD_HEADER', `metadata of ${reader.offset - start} bytes`, start);
  }
  // fromEntries defines own properties, so a key "__proto__" stays a plain key.
  return Object.fromEntries(entries);
}

function readText(reader: ByteReader, what: string): string {
  const at = reader.offset;
  const bytes = reader.take(reader.varint(`size of ${what}`), what);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw patchError('BAD_HEADER', 'container', `${what} at offset ${at} is no UTF-8`, { offset: at }, cause);
  }
}
