import { CODER } from '../entropy/codec.js';
import { patchError } from '../errors/patch-error.js';
import type { Form, StreamName } from './format.js';
import type { PatchHeader } from './patch-header.js';
import type { StreamEntry } from './stream-table.js';

/** Streams that a form uses; any other is refused, since nothing would ever look at its bytes. */
const STREAMS: Readonly<Record<Form, readonly StreamName[]>> = {
  delta: ['control', 'side', 'flags', 'gapBytes', 'gapWords', 'values'],
  stored: ['whole'],
  same: [],
  bundle: ['manifest', 'entryDigests', 'parts'],
};

/** Throws FormatError(BAD_STREAM) unless the streams of a patch are those that its form may have. */
export function assertFormStreams({ form, newSize, coverCount, streams }: PatchHeader): void {
  for (const { name } of streams) {
    if (!STREAMS[form].includes(name)) throw bad(`a patch of form ${form} has no stream ${name}`);
  }
  if (form === 'stored' && streams.length !== (newSize === 0 ? 0 : 1)) {
    throw bad('a stored patch has one stream, the whole of new');
  }
  if (coverCount === 0 && streams.some(({ name }) => name === 'flags' || name === 'values')) {
    throw bad('a patch without covers predicts nothing that could be wrong');
  }
  if (streams.filter(isMixedValues).length > 1) throw bad('values are mixed in one stream at most');
}

function isMixedValues({ name, coder }: StreamEntry): boolean {
  return name === 'values' && coder === CODER.mix;
}

function bad(message: string) {
  return patchError('BAD_STREAM', 'container', message);
}
