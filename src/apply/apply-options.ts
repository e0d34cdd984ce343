import type { PatchVerifier } from '../container/signature-block.js';
import type { OperationOptions } from '../progress/operation-options.js';

/** Limits, expectations and trust of one application; everything has a default. */
export interface ApplyOptions extends OperationOptions {
  /** Largest new image to make, in bytes; a patch that promises more is a LimitError. Default: 4 GiB - 1. */
  readonly maxNewSize?: number | undefined;
  /** Most bytes of linear memory to take; a patch that declares more is a LimitError. Default: 256 MiB. */
  readonly memoryLimit?: number | undefined;
  /**
   * Most bytes that are decoded by mixing, which takes about a microsecond each; a patch with more is a LimitError. Default: 64 MiB.
   */
  readonly mixingLimit?: number | undefined;
  /** Digests (SHA-256, bytes or hexadecimal) that the patch must name; else MismatchError(UNEXPECTED_PATCH). */
  readonly expect?:
    | {
        readonly oldDigest?: string | Uint8Array | undefined;
        readonly newDigest?: string | Uint8Array | undefined;
      }
    | undefined;
  /** Checks the signature in the patch's header before anything that it covers is parsed; default: no signature is asked for. */
  readonly verifier?: PatchVerifier | undefined;
  /**
   * Hand out no byte before the digest of its window matched; a window is held in memory until then. Default: true where bytes leave
   * piecewise; a sink that commits nothing before the end does without.
   */
  readonly checkWindows?: boolean | undefined;
  /** Largest window to hold, in bytes; a patch with larger ones is a LimitError. Default: 32 MiB. */
  readonly maxWindowSize?: number | undefined;
  /** Go back: `old` is the new image of the patch, and the way back that it holds is applied. FormatError(NO_REVERSE) when it has none. */
  readonly reverse?: boolean | undefined;
}

/** What applying did. Sizes in bytes. */
export interface ApplyReport {
  readonly form: 'delta' | 'stored' | 'same';
  /** Old was the new image already, and was copied: an update that is done once more changes nothing. */
  readonly alreadyApplied: boolean;
  readonly oldSize: number;
  readonly newSize: number;
  readonly patchSize: number;
  /** SHA-256 of new, hexadecimal, as checked. */
  readonly newDigest: string;
  /** Memory that decoding took: linear memory of the kernels, and lists and tables beside it. */
  readonly decoderMemory: number;
}
