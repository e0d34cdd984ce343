import type { Form } from '../container/format.js';
import { readHeader } from '../container/patch-header.js';
import { CODER } from '../entropy/codec.js';
import type { CreateDecoder } from '../entropy/plain-decoder.js';
import { copyOld } from './copy-old.js';
import type { DecodeForm, Decoders } from './decoders.js';

/** Loads what decodes this patch. Throws FormatError when its header is malformed. */
export async function loadDecoders(patch: Uint8Array): Promise<Decoders> {
  const { form, streams } = readHeader(patch).header;
  const isDeflated = streams.some(({ coder }) => coder === CODER.deflate);
  const [createDecoder, decodeForm] = await Promise.all([loadCoders(isDeflated), loadForm(form)]);
  return { createDecoder, decodeForm };
}

async function loadCoders(isDeflated: boolean): Promise<CreateDecoder> {
  if (isDeflated) return (await import('../entropy/stream-decoder.js')).createStreamDecoder;
  return (await import('../entropy/plain-decoder.js')).createPlainDecoder;
}

async function loadForm(form: Form): Promise<DecodeForm> {
  if (form === 'stored') return (await import('./decode-whole.js')).decodeWhole;
  if (form === 'delta') return (await import('./decode-delta.js')).decodeDelta;
  return copyOld;
}
