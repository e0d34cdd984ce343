import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import type { BrotliDictionaryDecoder } from '../../src/formats/foreign-options.js';
import { createForeignSync } from '../../src/formats-diff/create-foreign.js';
import { identify } from '../../src/identify/identify.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { HAS_DICTIONARIES } from '../support/writable-formats.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');
const PATCH = foreignVector('gen/new.dcb');
const code = (name: string) => expect.objectContaining({ code: name });

describe('dcb', () => {
  /** Stands for a decoder; answers new when it gets what it should. */
  const decoder: BrotliDictionaryDecoder = (bytes, dictionary, maxSize) => {
    expect(Buffer.compare(bytes, PATCH.subarray(36))).toBe(0);
    expect(Buffer.compare(dictionary, OLD)).toBe(0);
    if (maxSize < NEW.length) throw new RangeError('too long');
    return NEW;
  };

  it('is given to the decoder of the caller', () => {
    expect(identify(PATCH).kind).toBe('dcb');
    expect(Buffer.compare(applyForeignSync(OLD, PATCH, { brotliDictionary: decoder }), NEW)).toBe(0);
    const maxNewSize = NEW.length - 1;
    expect(() => applyForeignSync(OLD, PATCH, { brotliDictionary: decoder, maxNewSize })).toThrow(
      code('BAD_STREAM'),
    );
    const careless: BrotliDictionaryDecoder = () => NEW;
    expect(() => applyForeignSync(OLD, PATCH, { brotliDictionary: careless, maxNewSize })).toThrow(
      code('NEW_SIZE_LIMIT'),
    );
  });

  it('names its old file', () => {
    const wrong = OLD.slice();
    wrong[5]! ^= 1;
    expect(() => applyForeignSync(wrong, PATCH, { brotliDictionary: decoder })).toThrow(
      code('OLD_DIGEST_MISMATCH'),
    );
    for (const size of [4, 35])
      expect(() => applyForeignSync(OLD, PATCH.subarray(0, size))).toThrow(code('TRUNCATED'));
  });

  it.skipIf(HAS_DICTIONARIES)('says what the engine lacks', () => {
    const missing = expect.objectContaining({
      code: 'UNSUPPORTED_FEATURE',
      message: expect.stringMatching(/Brotli with a dictionary.*24\.21/),
      data: { missing: 'brotli-dictionary' },
    });
    expect(() => applyForeignSync(OLD, PATCH)).toThrow(missing);
    expect(() => createForeignSync(OLD, NEW, { format: 'dcb' })).toThrow(missing);
  });

  it.skipIf(!HAS_DICTIONARIES)('is decoded and written by this engine', () => {
    expect(Buffer.compare(applyForeignSync(OLD, PATCH), NEW)).toBe(0);
    expect(() => applyForeignSync(OLD, concatBytes(PATCH, Uint8Array.of(0)))).toThrow(code('BAD_STREAM'));
    const made = createForeignSync(OLD, NEW, { format: 'dcb' });
    expect(made.length).toBeLessThanOrEqual(PATCH.length);
  });
});
