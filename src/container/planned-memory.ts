import { decoderMemory } from '../entropy/stream-decoder.js';
import type { Form } from './format.js';
import type { StreamEntry } from './patch-header.js';

/** Static tables, stack and the memory's last page. */
const MODULE_SIZE = 192 << 10;
/** Counters of the residual, the tile of old, the window of new. */
const RESIDUAL_SIZE = 1408 << 10;
const STREAM_BUFFER = 128 << 10;
const WHOLE_BUFFER = 256 << 10;
/** Bytes of a decoded cover; the list is held once in linear memory's terms. */
const COVER_SIZE = 12;

/**
 * Bytes of linear memory that decoding takes at most. It is a formula of the format (docs/FORMAT.md, section "Decoder memory"), so
 * that every encoder declares the same and a reader can refuse before it allocates.
 */
export function plannedDecoderMemory(
  form: Form,
  coverCount: number,
  streams: readonly Pick<StreamEntry, 'name' | 'coder' | 'parameters' | 'rawSize'>[],
): number {
  if (form === 'same') return 0;
  let size = MODULE_SIZE + (form === 'stored' ? WHOLE_BUFFER : RESIDUAL_SIZE + coverCount * COVER_SIZE);
  for (const { name, coder, parameters, rawSize } of streams) {
    if (name === 'control') continue;
    if (name === 'flags') size += rawSize;
    else
      size +=
        decoderMemory(coder, parameters, rawSize) +
        (form === 'delta' ? Math.min(STREAM_BUFFER, rawSize) : 0) +
        256;
  }
  return Math.ceil(size / 65536) * 65536;
}
