import { execFileSync } from 'node:child_process';
import { concatBytes } from '../../src/bytes/concat-bytes.js';
import { createSha1 } from '../../src/digest/sha1.js';
import { writeSignMagnitude } from '../../src/formats/sign-magnitude.js';
import { EVEN_REACH, extendCovers, triplesOf } from '../../src/formats-diff/cover-triples.js';

const sha1 = (bytes: Uint8Array) => createSha1().update(bytes).digest();

/** Bytes in xz, by the tool of that name. */
export function xz(bytes: Uint8Array, ...options: string[]): Uint8Array {
  return new Uint8Array(execFileSync('xz', ['-c', ...options], { input: bytes, maxBuffer: 1 << 26 }));
}

function u64(value: number, isBig = false): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), !isBig);
  return bytes;
}

/** Chunks of 8 KiB, one of them stored. */
function pbzx(bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    const chunk = bytes.subarray(at, at + 8192);
    const coded = xz(chunk, '--check=none', '--lzma2=dict=1MiB');
    const isStored = coded.length >= chunk.length || at === 8192;
    const data = isStored ? chunk : coded;
    chunks.push(u64(chunk.length, true), u64(data.length, true), data);
  }
  return concatBytes(new TextEncoder().encode('pbzx'), u64(0x100000, true), ...chunks);
}

/** One cover of what the two files share at their start, and everything else as extra. */
function streams(oldBytes: Uint8Array, newBytes: Uint8Array) {
  const wide = extendCovers(oldBytes, newBytes, Uint32Array.of(0, 0, 8000), EVEN_REACH);
  const { control, diff, extra } = triplesOf(oldBytes, newBytes, wide);
  const triples = new Uint8Array(8 * control.length);
  control.forEach((value, i) => {
    writeSignMagnitude(triples, 8 * i, value);
  });
  return { control: triples, diff, extra };
}

const magic = (text: string) => new TextEncoder().encode(text);

/** BXDIFF50 from old to new. */
export function bxdiff50(oldBytes: Uint8Array, newBytes: Uint8Array): Uint8Array {
  const { control, diff, extra } = streams(oldBytes, newBytes);
  const coded = [pbzx(control), pbzx(diff), pbzx(extra)] as const;
  return concatBytes(
    magic('BXDIFF50'),
    u64(1),
    u64(newBytes.length),
    u64(coded[0].length),
    u64(coded[2].length),
    sha1(newBytes),
    u64(coded[1].length),
    sha1(oldBytes),
    ...coded,
  );
}

/** BXDIFF50 that holds new whole. */
export function bxdiff50Whole(newBytes: Uint8Array): Uint8Array {
  const head = [u64(1), u64(newBytes.length), u64(0), u64(0), sha1(newBytes)];
  return concatBytes(magic('BXDIFF50'), ...head, pbzx(newBytes));
}

/** BXDIFF40 or BXDIFF41 from old to new. */
export function bxdiff4x(version: 0 | 1, oldBytes: Uint8Array, newBytes: Uint8Array): Uint8Array {
  const { control, diff, extra } = streams(oldBytes, newBytes);
  const coded = [xz(control), xz(diff), xz(extra)] as const;
  const digest = version === 1 ? sha1(oldBytes) : new Uint8Array(0);
  const sizes = [coded[0].length, coded[1].length, newBytes.length].map((size) => u64(size));
  return concatBytes(magic(`BXDIFF4${version}`), ...sizes, digest, ...coded);
}
