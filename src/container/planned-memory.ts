import { CODER } from '../entropy/codec.js';
import { mixMemory } from '../entropy/mix-memory.js';
import { decoderMemory } from '../entropy/stream-decoder.js';
import { type Form, MEMORY_PAGE } from './format.js';
import type { StreamEntry } from './stream-table.js';

/** Static tables and stack of the kernels. */
const MODULE_SIZE = 64 << 10;
/** The tiles of old. */
const TILES_SIZE = 532 << 10;
/** The window of new, with its history. */
const WINDOW_SIZE = 580 << 10;
/** Counters of direct flags, where flags are not mixed. */
const DIRECT_FLAGS_SIZE = 132 << 10;
const STREAM_BUFFER = 128 << 10;
const WHOLE_BUFFER = 256 << 10;
/** Alignment and slack of a block. */
const BLOCK_EXTRA = 80;

/**
 * What the predictor takes: the list of covers, the map of addresses with its page index, learned tables, marks of pointers, jump
 * tables. It follows from old, the covers and the side stream alone, so the encoder sets the predictor up and measures it.
 */
export interface PredictorMemory {
  /** While it is set up, scratch included. */
  readonly peak: number;
  readonly kept: number;
  /** What is kept in the host's memory: lists of covers and function starts, early sections and tables that are made anew. */
  readonly host: number;
}

type MemoryEntry = Pick<StreamEntry, 'name' | 'coder' | 'parameters' | 'rawSize' | 'codedSize'>;

/**
 * Bytes of memory that decoding takes at most (docs/FORMAT.md, section "Decoder memory"), so that a reader can refuse before
 * it allocates.
 */
export function plannedDecoderMemory(
  form: Form,
  predictor: PredictorMemory,
  streams: readonly MemoryEntry[],
): number {
  if (form === 'same') return 0;
  const fixed = MODULE_SIZE + (form === 'stored' ? WHOLE_BUFFER : TILES_SIZE);
  let size = form === 'stored' ? 0 : predictor.kept + WINDOW_SIZE;
  if (form === 'delta' && !streams.some(({ name, coder }) => name === 'flags' && coder === CODER.mix)) {
    size += DIRECT_FLAGS_SIZE;
  }
  for (const stream of streams) size += streamMemory(form, stream) + 4 * BLOCK_EXTRA;
  const used = fixed + Math.max(size, form === 'stored' ? 0 : predictor.peak);
  return wholePages(used) + (form === 'delta' ? wholePages(predictor.host) : 0);
}

function wholePages(size: number): number {
  return Math.ceil(size / MEMORY_PAGE) * MEMORY_PAGE;
}

function streamMemory(form: Form, { name, coder, parameters, rawSize, codedSize }: MemoryEntry): number {
  if (name === 'control' || name === 'side') return 0;
  if (name === 'flags' || coder === CODER.mix) return codedSize + mixMemory(name, coder, parameters);
  return (
    decoderMemory(coder, parameters, rawSize) + (form === 'delta' ? Math.min(STREAM_BUFFER, rawSize) : 0)
  );
}
