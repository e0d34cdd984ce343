import { beforeAll, describe, expect, it } from 'vitest';
import { ALL_DECODERS } from '../../src/apply/all-decoders.js';
import { listStreams } from '../../src/apply/coded-stream.js';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { readPatch } from '../../src/container/patch-reader.js';
import { type CodedStreamBytes, type HeaderFields, writePatch } from '../../src/container/patch-writer.js';
import { bytesSources } from '../../src/create/create-patch.js';
import { areSame, hasStreamsOf } from '../../src/create/verify-round-trip.js';
import { CODER } from '../../src/entropy/codec.js';
import { applyPatchSync, createPatchSync } from '../../src/index.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { runSync } from '../../src/progress/run-steps.js';
import { makeCodePair } from '../support/make-pair.js';

const { oldBytes, newBytes } = makeCodePair(11, 60_000);
let fields: HeaderFields;
let streams: CodedStreamBytes[];
let draft: Uint8Array;

/** Streams as they are where an lz coder made them. */
function leaveUncoded(stream: CodedStreamBytes): CodedStreamBytes {
  if (stream.coder !== CODER.lz) return stream;
  const kernel = applyKernels();
  const decoder = ALL_DECODERS.createDecoder(kernel, stream.coder, stream.parameters, stream.rawSize);
  decoder.feed(stream.bytes, true);
  const ptr = kernel.alloc(stream.rawSize);
  expect(decoder.pull(ptr, stream.rawSize)).toBe(stream.rawSize);
  const bytes = kernel.take(ptr, stream.rawSize);
  return { ...stream, coder: CODER.stored, parameters: new Uint8Array(0), bytes };
}

function isProved(patch: Uint8Array, of = draft): boolean {
  return runSync(hasStreamsOf(patch, of, newBytes.length, {}));
}

/** The patch with a stream changed. */
function change(name: string, edit: (stream: CodedStreamBytes) => CodedStreamBytes): Uint8Array {
  expect(streams.map((stream) => stream.name)).toContain(name);
  return writePatch(
    fields,
    streams.map((stream) => (stream.name === name ? edit(stream) : stream)),
  );
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[at]! ^= 1;
  return flipped;
}

describe('a patch and its draft', () => {
  beforeAll(() => {
    // Below effort 4 no stream but control and flags is modelled.
    const { patch } = createPatchSync(oldBytes, newBytes, { effort: 3 });
    const { header, body } = readPatch(patch);
    fields = header;
    streams = listStreams(header, body, ALL_DECODERS.createDecoder).map(({ entry, pieces }) => ({
      ...entry,
      bytes: concatBytes(...pieces),
    }));
    expect(streams.some(({ coder }) => coder === CODER.lz)).toBe(true);
    draft = writePatch(fields, streams.map(leaveUncoded));
  });

  it('make the same', () => {
    expect(applyPatchSync(oldBytes, draft)).toEqual(newBytes);
    expect(isProved(writePatch(fields, streams))).toBe(true);
    expect(isProved(draft)).toBe(true);
  });

  it('a coded stream that decodes to something else is seen', () => {
    const coded = streams.find(({ coder }) => coder === CODER.lz)!;
    for (const at of [coded.bytes.length >> 2, coded.bytes.length >> 1]) {
      const patch = change(coded.name, (stream) =>
        stream === coded ? { ...stream, bytes: flip(stream.bytes, at) } : stream,
      );
      expect(() => isProved(patch)).toThrow(expect.objectContaining({ code: 'ROUND_TRIP_MISMATCH' }));
    }
  });

  it.each(['control', 'flags'])('another %s stream is seen', (name) => {
    const patch = change(name, (stream) => ({ ...stream, bytes: flip(stream.bytes, 1) }));
    expect(() => isProved(patch)).toThrow(expect.objectContaining({ code: 'ROUND_TRIP_MISMATCH' }));
  });

  it('a stream too few or under other parameters, or another header, proves nothing', () => {
    expect(isProved(writePatch(fields, streams.slice(0, -1)))).toBe(false);
    expect(isProved(writePatch({ ...fields, coverCount: fields.coverCount - 1 }, streams))).toBe(false);
    expect(isProved(writePatch(fields, streams), writePatch(fields, streams.slice(1)))).toBe(false);
  });

  it('a damaged body is seen', () => {
    const patch = writePatch(fields, streams);
    expect(() => isProved(flip(patch, patch.length - 1))).toThrow(
      expect.objectContaining({ code: 'ROUND_TRIP_MISMATCH' }),
    );
  });
});

describe('old and new', () => {
  const long = new Uint8Array(600_000).map((_, i) => i % 251);

  it('are the same where every byte is', () => {
    expect(runSync(areSame(bytesSources(long, long.slice())))).toBe(true);
    expect(runSync(areSame(bytesSources(new Uint8Array(0), new Uint8Array(0))))).toBe(true);
  });

  it.each([0, 262_143, 262_144, 599_999])('are not where byte %i differs', (at) => {
    expect(runSync(areSame(bytesSources(long, flip(long, at))))).toBe(false);
    expect(runSync(areSame(bytesSources(long, long.subarray(0, at))))).toBe(false);
  });
});
