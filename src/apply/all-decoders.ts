import { createStreamDecoder } from '../entropy/stream-decoder.js';
import { copyOld } from './copy-old.js';
import { decodeDelta } from './decode-delta.js';
import { decodeWhole } from './decode-whole.js';
import type { Decoders } from './decoders.js';

/** What decodes every patch. */
export const ALL_DECODERS: Decoders = {
  createDecoder: createStreamDecoder,
  decodeForm: (old, header, ...rest) => {
    if (header.form === 'same') return copyOld(old, header, ...rest);
    return header.form === 'stored' ? decodeWhole(old, header, ...rest) : decodeDelta(old, header, ...rest);
  },
};
