import { concatBytes } from '../bytes/concat-bytes.js';
import { readBody } from '../container/patch-body.js';
import type { PatchHeader } from '../container/patch-header.js';
import { assertBodyDigest, readPatch } from '../container/patch-reader.js';
import type { StreamEntry } from '../container/stream-table.js';
import { CODER } from '../entropy/codec.js';
import { createStreamDecoder } from '../entropy/stream-decoder.js';
import { patchError } from '../errors/patch-error.js';
import { applyKernels } from '../kernels/apply-kernels.js';
import { type BundleManifest, type Part, readManifest } from './manifest.js';

/** A bundle patch, checked and taken apart; parts are views of its bytes. */
export interface BundlePatch {
  readonly header: PatchHeader;
  readonly manifest: BundleManifest;
  readonly parts: readonly { readonly part: Part; readonly patch: Uint8Array }[];
}

/** A manifest decodes to this at most; the longest real one is a hundredth of it. */
const MAX_MANIFEST_BYTES = 256 << 20;

/** Whether bytes are a patch of a folder. Throws FormatError when they are no patch at all. */
export function isBundlePatch(patch: Uint8Array): boolean {
  return readPatch(patch).header.form === 'bundle';
}

/** Takes a bundle patch apart; its signature, if one is asked for, was checked. Throws FormatError, LimitError. */
export function readBundlePatch(patch: Uint8Array): BundlePatch {
  const parts = readPatch(patch);
  const { header, body } = parts;
  if (header.form !== 'bundle') {
    throw patchError(
      'UNSUPPORTED_FEATURE',
      'bundle',
      `this is the patch of a file (form ${header.form}), not of a folder`,
      {
        form: header.form,
      },
    );
  }
  assertBodyDigest(parts);
  const pieces = readBody(body, header.streams);
  const take = (name: StreamEntry['name']) => {
    const index = header.streams.findIndex((entry) => entry.name === name);
    const entry = header.streams[index];
    return entry === undefined ? new Uint8Array(0) : decodeStream(entry, pieces[index]!);
  };
  if (header.streams.some(({ name }) => !['manifest', 'entryDigests', 'parts'].includes(name))) {
    throw patchError('BAD_STREAM', 'bundle', 'the patch of a folder has streams of a file');
  }
  const manifest = readManifest(take('manifest'), take('entryDigests'));
  const joined = take('parts');
  let at = 0;
  const cut = manifest.parts.map((part) => {
    const piece = joined.subarray(at, at + part.size);
    at += part.size;
    return { part, patch: piece };
  });
  if (at !== joined.length) {
    throw patchError(
      'BAD_STREAM',
      'bundle',
      `the parts have ${joined.length} bytes, the manifest says ${at}`,
      {
        expected: at,
        found: joined.length,
      },
    );
  }
  return { header, manifest, parts: cut };
}

function decodeStream(
  { name, coder, parameters, rawSize }: StreamEntry,
  pieces: readonly Uint8Array[],
): Uint8Array {
  if (coder === CODER.stored) {
    const bytes = pieces.length === 1 ? pieces[0]! : concatBytes(...pieces);
    if (bytes.length !== rawSize)
      throw patchError('BAD_STREAM', 'bundle', `the ${name} stream has another size`);
    return bytes;
  }
  if (rawSize > MAX_MANIFEST_BYTES) {
    throw patchError(
      'MEMORY_LIMIT',
      'bundle',
      `the ${name} stream has ${rawSize} bytes, the limit is ${MAX_MANIFEST_BYTES}`,
      {
        expected: MAX_MANIFEST_BYTES,
        found: rawSize,
      },
    );
  }
  const kernel = applyKernels({});
  const decoder = createStreamDecoder(kernel, coder, parameters, rawSize);
  pieces.forEach((piece, i) => {
    decoder.feed(piece, i === pieces.length - 1);
  });
  const size = 64 << 10;
  const ptr = kernel.alloc(size);
  const found: Uint8Array[] = [];
  for (let done = 0; done < rawSize; ) {
    const count = decoder.pull(ptr, Math.min(size, rawSize - done));
    if (count === 0)
      throw patchError('TRUNCATED', 'bundle', `the ${name} stream ends at ${done} of ${rawSize} bytes`);
    found.push(kernel.take(ptr, count));
    done += count;
  }
  decoder.finish();
  return concatBytes(...found);
}
