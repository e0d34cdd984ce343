import type { DecodeForm } from './decoders.js';

const COPY_SIZE = 1 << 20;

/** New is old. */
export const copyOld: DecodeForm = function* (old, _header, _streams, onBytes) {
  const buffer = new Uint8Array(Math.min(COPY_SIZE, old.size));
  for (let offset = 0; offset < old.size; ) {
    const count = old.read(offset, buffer);
    if (count <= 0) break;
    onBytes(buffer.subarray(0, count), offset);
    offset += count;
    yield { stage: 'apply', done: offset, total: old.size };
  }
  return 0;
};
