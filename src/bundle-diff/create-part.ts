import type { CreateOptions } from '../create/create-options.js';
import { createPatch } from '../create/create-patch.js';

/** A part to be made; its bytes change hands. */
export interface PartTask {
  readonly oldBytes: Uint8Array<ArrayBuffer>;
  readonly newBytes: Uint8Array<ArrayBuffer>;
  /** Without functions and signals, which no thread can be sent. */
  readonly options: CreateOptions;
}

export interface PartResult {
  readonly patch: Uint8Array<ArrayBuffer>;
  readonly form: 'delta' | 'stored' | 'same';
  readonly decoderMemory: number;
}

/** Makes a part in this thread. */
export async function createPart({ oldBytes, newBytes, options }: PartTask): Promise<PartResult> {
  const { patch, report } = await createPatch(oldBytes, newBytes, options);
  return { patch, form: report.form, decoderMemory: report.decoderMemory };
}
