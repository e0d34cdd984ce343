import { toHex } from '../bytes/hex.js';
import { coderName } from '../entropy/codec.js';
import { assertBytes } from '../errors/assert.js';
import { FORMAT_VERSION, type Form, PREDICTOR, type StreamName } from './format.js';
import { readBody, readSection, SECTION } from './patch-body.js';
import { readPatch } from './patch-reader.js';
import { readSignatureBlock } from './signature-block.js';

/** What a patch says about itself, and where its bytes go. Sizes in bytes, digests in hexadecimal. */
export interface PatchInfo {
  readonly formatVersion: number;
  readonly form: Form;
  readonly patchSize: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldDigest: string;
  readonly newDigest: string;
  /** 0 where new has no windows: in the forms `same` and `bundle`. */
  readonly windowSize: number;
  readonly windowDigests: readonly string[];
  readonly predictor: { readonly name: string; readonly version: number };
  readonly coverCount: number;
  /** Bytes of new that covers predict, and that no cover reaches. */
  readonly coveredBytes: number;
  readonly gapBytes: number;
  readonly decoderMemory: number;
  readonly streams: readonly {
    readonly name: StreamName;
    readonly kinds: number;
    readonly coder: string;
    readonly rawSize: number;
    readonly codedSize: number;
    readonly pieces: number;
  }[];
  readonly headerSize: number;
  readonly signatureSize: number;
  /** Ids of the keys that are said to have signed; whether they did is not checked. */
  readonly signers: readonly string[];
  /** Bytes of the way back that the patch holds; 0 for none. */
  readonly reverseSize: number;
  /** Bytes of the body beside the coded streams and the way back: tags, sizes, unknown sections. */
  readonly framingSize: number;
  readonly metadata: Readonly<Record<string, string>>;
}

const GAPS: ReadonlySet<StreamName> = new Set(['gapBytes', 'gapWords', 'whole']);

/** Reads a patch's header and table of streams; needs no old image and decodes nothing. Throws FormatError. */
export function inspectPatch(patch: Uint8Array): PatchInfo {
  assertBytes(patch, 'patch');
  const { header, signedBytes, signatures, body } = readPatch(patch);
  const pieces = readBody(body, header.streams);
  const codedSize = header.streams.reduce((sum, stream) => sum + stream.codedSize, 0);
  const reverseSize = readSection(body, SECTION.reverse)?.length ?? 0;
  const gapBytes =
    header.form === 'same'
      ? 0
      : header.streams.reduce((sum, { name, rawSize }) => sum + (GAPS.has(name) ? rawSize : 0), 0);
  return {
    formatVersion: FORMAT_VERSION,
    form: header.form,
    patchSize: patch.length,
    oldSize: header.oldSize,
    newSize: header.newSize,
    oldDigest: toHex(header.oldDigest),
    newDigest: toHex(header.newDigest),
    windowSize: header.form === 'same' || header.form === 'bundle' ? 0 : 2 ** header.windowSizeLog2,
    windowDigests: header.windowDigests.map(toHex),
    predictor: { name: predictorName(header.predictorId), version: header.predictorVersion },
    coverCount: header.coverCount,
    coveredBytes: header.newSize - gapBytes,
    gapBytes,
    decoderMemory: header.decoderMemory,
    streams: header.streams.map(({ name, kinds, coder, rawSize, codedSize: size }, i) => ({
      name,
      kinds,
      coder: coderName(coder) ?? `coder ${coder}`,
      rawSize,
      codedSize: size,
      pieces: pieces[i]!.length,
    })),
    headerSize: signedBytes.length,
    signatureSize: signatures.length,
    signers: readSignatureBlock(signatures).map(({ keyId }) => toHex(keyId.toReversed())),
    reverseSize,
    framingSize: body.length - codedSize - reverseSize,
    metadata: header.metadata,
  };
}

function predictorName(id: number): string {
  return Object.entries(PREDICTOR).find(([, number]) => number === id)?.[0] ?? `predictor ${id}`;
}
