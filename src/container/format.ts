/** Constants of the patch format, version 1. docs/FORMAT.md is the specification; the table order is the byte order. */

/** First 8 bytes: a byte above 127, the letters, and line ends and ^Z that text-mode transfers would mangle. */
export const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x44, 0x4b, 0x50, 0x0d, 0x0a, 0x1a, 0x0a);

/** Version of the patch format that is written, and the newest that is read (docs/FORMAT.md). */
export const FORMAT_VERSION = 1;

/** What the body holds. */
export const FORM = { delta: 0, stored: 1, same: 2, bundle: 3 } as const;
export type Form = keyof typeof FORM;

/** Feature bits that a reader must know, or refuse the patch. None is defined yet. */
export const KNOWN_CRITICAL_FEATURES = 0;

/** Digest algorithms. */
export const DIGEST_SHA256 = 1;
export const DIGEST_SIZE = 32;
/** Bytes kept of the SHA-256 of each window and of the body: enough against a second preimage. */
export const SHORT_DIGEST_SIZE = 16;

/** Predictors: which model of the old image makes the prediction, and the version of its rules. */
export const PREDICTOR = { raw: 0, image: 1, module: 2 } as const;
export const PREDICTOR_VERSION = { raw: 0, image: 1, module: 1 } as const;

/** What a stream holds. Values of mispredicted units are one stream per group of reference kinds. */
export const STREAM = {
  control: 0,
  flags: 1,
  gapBytes: 2,
  gapWords: 3,
  side: 4,
  values: 5,
  whole: 6,
  manifest: 16,
  entryDigests: 17,
  parts: 18,
} as const;
export type StreamName = keyof typeof STREAM;

/** Decoder memory is declared in pages, those of WebAssembly. */
export const MEMORY_PAGE: number = 64 << 10;

/** Limits of the format; a reader refuses more before it allocates anything. */
export const LIMITS = {
  headerSize: 1 << 20,
  metadataEntries: 64,
  metadataBytes: 64 << 10,
  streamCount: 64,
  signatureBytes: 64 << 10,
  windowSizeLog2Min: 16,
  windowSizeLog2Max: 30,
} as const;
