import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { patchError } from '../errors/patch-error.js';
import { bigEndianVarint } from '../formats/big-endian-varint.js';
import { assertNewSize, type ReadOptions } from '../formats/foreign-options.js';
import { readVcdiffHeader, readVcdiffWindow, type VcdiffWindow } from '../formats/vcdiff-apply.js';
import type { Steps } from '../progress/run-steps.js';

/**
 * Carries a VCDIFF patch into the plain form that every reader of RFC 3284 takes: sections that a secondary coder (xdelta3's LZMA) compressed are
 * written as they decode, the application header is left out, a code table and the checksums of windows stay. Old is not needed, and
 * instructions are not run. The result is read back and compared, window by window.
 *
 * Answers undefined for open-vcdiff's version of the format, whose windows may be of another shape.
 */
export function* carryVcdiff(
  patch: Uint8Array,
  options: ReadOptions,
): Steps<Uint8Array<ArrayBuffer> | undefined> {
  const reader = new ByteReader(patch, 'formats');
  const header = readVcdiffHeader(reader, options);
  if (header.isExtended) return undefined;
  const output = new ByteWriter(patch.length).put(Uint8Array.of(0xd6, 0xc3, 0xc4, 0));
  const { tableBytes } = header;
  if (tableBytes === undefined) output.u8(0);
  else output.u8(2).put(bigEndianVarint(tableBytes.length)).put(tableBytes);
  const windows: VcdiffWindow[] = [];
  for (let newSize = 0; reader.remaining > 0; ) {
    const window = readVcdiffWindow(reader, header);
    newSize += window.newSize;
    assertNewSize(newSize, options);
    windows.push(window);
    writeWindow(output, window);
    yield { stage: 'encode', done: reader.offset, total: patch.length };
  }
  const made = output.take();
  assertSameWindows(made, windows);
  return made;
}

/** Bytes of a section. */
const bytesOf = ({ bytes }: ByteReader): Uint8Array => bytes;

function writeWindow(output: ByteWriter, window: VcdiffWindow): void {
  const { indicator, segmentSize, segmentOffset, newSize, checksum, sections } = window;
  const delta = new ByteWriter(64).put(bigEndianVarint(newSize)).u8(0);
  for (const section of sections) delta.put(bigEndianVarint(bytesOf(section).length));
  if (checksum !== undefined) {
    const sum = new Uint8Array(4);
    new DataView(sum.buffer).setUint32(0, checksum);
    delta.put(sum);
  }
  for (const section of sections) delta.put(bytesOf(section));
  output.u8(indicator);
  if ((indicator & 3) !== 0) output.put(bigEndianVarint(segmentSize)).put(bigEndianVarint(segmentOffset));
  output.put(bigEndianVarint(delta.size)).put(delta.take());
}

function assertSameWindows(made: Uint8Array, windows: readonly VcdiffWindow[]): void {
  const reader = new ByteReader(made, 'formats');
  const header = readVcdiffHeader(reader, {});
  const isSame = windows.every((window) => {
    const back = readVcdiffWindow(reader, header);
    return (
      back.indicator === window.indicator &&
      back.segmentSize === window.segmentSize &&
      back.segmentOffset === window.segmentOffset &&
      back.newSize === window.newSize &&
      back.checksum === window.checksum &&
      back.sections.every((section, i) => equalBytes(bytesOf(section), bytesOf(window.sections[i]!)))
    );
  });
  if (isSame && reader.remaining === 0) return;
  throw patchError('ROUND_TRIP_MISMATCH', 'formats', 'the converted patch holds other windows', {
    to: 'vcdiff',
  });
}
