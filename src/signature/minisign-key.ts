import { ByteWriter } from '../bytes/byte-writer.js';
import { concatBytes } from '../bytes/concat-bytes.js';
import { equalBytes } from '../bytes/equal-bytes.js';
import { blake2bDigest } from '../digest/noble-blake2b.js';
import { patchError } from '../errors/patch-error.js';
import { needCrypto, publicKeyOf } from './ed25519.js';
import { decodeLine, encodeBase64, keyIdText, malformed, splitLines } from './minisign-text.js';
import type { KeyPair, PublicKey } from './signer.js';

/**
 * Key files of minisign (F. Denis, https://jedisct1.github.io/minisign/, "Signature format"). Both are a line of comment
 * and a line of base64:
 *
 *     public   algorithm "Ed" 2 | key id 8 | public key 32
 *     secret   algorithm "Ed" 2 | kdf "Sc" or 0 0 2 | checksum "B2" 2 | salt 32 | opslimit u64 | memlimit u64 |
 *              { key id 8 | seed 32 | public key 32 | checksum 32 }
 *
 * The checksum is the BLAKE2b-256 of algorithm, key id, seed and public key, and zeros where the key is not encrypted.
 *
 * With the kdf "Sc" the braces are XORed with 104 bytes that scrypt (RFC 7914) makes of password and salt. Its parameters come from
 * the two limits by the rule of libsodium's crypto_pwhash_scryptsalsa208sha256.
 */

const PUBLIC_SIZE = 42;
const SECRET_SIZE = 158;
const SECRET_PART = 54;
const ALGORITHM = Uint8Array.of(0x45, 0x64);
const SCRYPT = Uint8Array.of(0x53, 0x63);
const NO_KDF = Uint8Array.of(0, 0);
const CHECKSUM = Uint8Array.of(0x42, 0x32);
const LINE_FRONT = 'untrusted comment: ';

/** What deriving the key from the password may cost. */
export interface KdfLimits {
  readonly operations: number;
  readonly memory: number;
}

/** What minisign takes: 1 GiB and a few seconds. */
const MINISIGN_LIMITS: KdfLimits = { operations: 33554432, memory: 1073741824 };
/** A key file that asks for more is refused. */
const MAX_MEMORY = 2 ** 31;
const MAX_OPERATIONS = 2 ** 32;

/** Text of a public key file. */
export function writePublicKey({ keyId, bytes }: PublicKey): string {
  const line = encodeBase64(concatBytes(ALGORITHM, keyId, bytes));
  return `${LINE_FRONT}minisign public key ${keyIdText(keyId)}\n${line}\n`;
}

/** Reads a public key file, or its second line alone. Throws SignatureError(BAD_KEY). */
export function readPublicKey(text: string): PublicKey {
  const line = splitLines(text, 1, 'public key', 'BAD_KEY').find((each) => !each.startsWith(LINE_FRONT));
  const bytes = decodeLine(line ?? '', PUBLIC_SIZE, 'public key', 'BAD_KEY');
  if (!equalBytes(bytes.subarray(0, 2), ALGORITHM)) throw malformed('public key', 'BAD_KEY');
  return { keyId: bytes.slice(2, 10), bytes: bytes.slice(10) };
}

/** Text of a secret key file, encrypted unless `password` is undefined. */
export function writeSecretKey(
  pair: KeyPair,
  password: string | undefined,
  limits: KdfLimits = MINISIGN_LIMITS,
): string {
  const checked = concatBytes(pair.keyId, pair.seed, pair.bytes);
  const encrypted = password !== undefined;
  // A key in the clear has no checksum: its halves prove each other.
  const checksum = encrypted ? blake2bDigest(concatBytes(ALGORITHM, checked), 32) : new Uint8Array(32);
  const secret = concatBytes(checked, checksum);
  const salt = encrypted ? new Uint8Array(needCrypto().randomBytes(32)) : new Uint8Array(32);
  const used = encrypted ? limits : { operations: 0, memory: 0 };
  if (encrypted) xorInto(secret, deriveStream(password, salt, limits));
  const writer = new ByteWriter(SECRET_SIZE).put(ALGORITHM).put(encrypted ? SCRYPT : NO_KDF);
  writer.put(CHECKSUM).put(salt).put(u64(used.operations)).put(u64(used.memory)).put(secret);
  const kind = encrypted ? 'minisign encrypted secret key' : 'minisign secret key';
  return `${LINE_FRONT}${kind}\n${encodeBase64(writer.take())}\n`;
}

/** Whether a secret key file needs a password. Throws SignatureError(BAD_KEY). */
export function isSecretKeyEncrypted(text: string): boolean {
  return equalBytes(readSecretFields(text).kdf, SCRYPT);
}

/** Reads a secret key file. Throws SignatureError(BAD_KEY): no key file, password missing or wrong, too costly. */
export function readSecretKey(text: string, password?: string): KeyPair {
  const { kdf, salt, limits, secret } = readSecretFields(text);
  const encrypted = equalBytes(kdf, SCRYPT);
  if (encrypted) {
    if (password === undefined) throw patchError('BAD_KEY', 'signature', 'the secret key needs its password');
    xorInto(secret, deriveStream(password, salt, limits));
  } else if (!equalBytes(kdf, NO_KDF)) throw malformed('secret key', 'BAD_KEY');
  const checksum = blake2bDigest(concatBytes(ALGORITHM, secret.subarray(0, 72)), 32);
  const [keyId, seed, bytes] = [secret.slice(0, 8), secret.slice(8, 40), secret.slice(40, 72)];
  const isIntact = !encrypted || equalBytes(checksum, secret.subarray(72));
  if (!isIntact || !equalBytes(publicKeyOf(seed), bytes)) {
    throw patchError('BAD_KEY', 'signature', 'the password is wrong or the secret key is damaged');
  }
  return { keyId, seed, bytes };
}

function readSecretFields(text: string) {
  const lines = splitLines(text, 2, 'secret key', 'BAD_KEY');
  const bytes = decodeLine(lines[1]!, SECRET_SIZE, 'secret key', 'BAD_KEY');
  if (!equalBytes(bytes.subarray(0, 2), ALGORITHM) || !equalBytes(bytes.subarray(4, 6), CHECKSUM)) {
    throw malformed('secret key', 'BAD_KEY');
  }
  return {
    kdf: bytes.slice(2, 4),
    salt: bytes.slice(6, 38),
    limits: { operations: readU64(bytes, 38), memory: readU64(bytes, 46) },
    secret: bytes.slice(SECRET_PART),
  };
}

function deriveStream(password: string, salt: Uint8Array, limits: KdfLimits): Uint8Array {
  if (limits.memory > MAX_MEMORY || limits.operations > MAX_OPERATIONS) {
    throw patchError('BAD_KEY', 'signature', 'the secret key asks for more memory or time than is allowed');
  }
  const { costLog2, blockSize, parallel } = scryptParameters(limits);
  const cost = 2 ** costLog2;
  // OpenSSL counts a little more than the 128 N r bytes of the large table.
  const maxmem = 128 * blockSize * (cost + parallel + 2) + (1 << 20);
  return needCrypto().scryptSync(password, salt, SECRET_SIZE - SECRET_PART, {
    N: cost,
    r: blockSize,
    p: parallel,
    maxmem,
  });
}

/** libsodium's choice of N, r and p for limits on operations and memory. */
function scryptParameters({ operations, memory }: KdfLimits) {
  const limit = Math.max(operations, 32768);
  const blockSize = 8;
  if (limit < memory / 32) {
    return { costLog2: largestPower(limit / (blockSize * 4)), blockSize, parallel: 1 };
  }
  const costLog2 = largestPower(memory / (blockSize * 128));
  const product = Math.min(Math.floor(limit / 4 / 2 ** costLog2), 0x3fffffff);
  return { costLog2, blockSize, parallel: Math.max(1, Math.floor(product / blockSize)) };
}

function largestPower(most: number): number {
  let log2 = 1;
  while (log2 < 63 && 2 ** log2 <= Math.floor(most) / 2) log2++;
  return log2;
}

function xorInto(bytes: Uint8Array, stream: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= stream[i]!;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function readU64(bytes: Uint8Array, offset: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true));
}
