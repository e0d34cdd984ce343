/**
 * SHA-256 as FIPS 180-4 writes it, section by section: pads the whole message, expands each block to 64 words,
 * runs 64 rounds. Slow and plain; the twin of assembly/digest/sha256.ts.
 */

const firstPrimes = (count: number): number[] => {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes;
};

/** 32 bits of the fraction of a root: 2^-52 of precision leaves 48 bits behind an integer part below 16. */
const fractionOf = (root: number): number => Math.floor((root % 1) * 2 ** 32);

/** Section 4.2.2: cube roots of the first 64 primes. */
const K = firstPrimes(64).map((p) => fractionOf(Math.cbrt(p)));
/** Section 5.3.3: square roots of the first eight primes. */
const INITIAL = firstPrimes(8).map((p) => fractionOf(Math.sqrt(p)));

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));

/** Section 5.1.1: a 1 bit, zeros up to 8 bytes short of a block's end, the length in bits. */
function padMessage(message: Uint8Array): DataView {
  const blocks = Math.ceil((message.length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  return view;
}

/** Section 6.2.2: the chaining value after one more block. */
function compressBlock(chain: readonly number[], block: DataView, at: number): number[] {
  const w: number[] = [];
  for (let t = 0; t < 64; t++) {
    if (t < 16) {
      w.push(block.getUint32(at + 4 * t));
      continue;
    }
    const early = w[t - 15]!;
    const late = w[t - 2]!;
    const sigma0 = rotr(early, 7) ^ rotr(early, 18) ^ (early >>> 3);
    const sigma1 = rotr(late, 17) ^ rotr(late, 19) ^ (late >>> 10);
    w.push((sigma1 + w[t - 7]! + sigma0 + w[t - 16]!) >>> 0);
  }
  let [a, b, c, d, e, f, g, h] = chain as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t++) {
    const sum1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = (h + sum1 + choice + K[t]! + w[t]!) >>> 0;
    const sum0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const t2 = (sum0 + majority) >>> 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) >>> 0, c, b, a, (t1 + t2) >>> 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + chain[i]!) >>> 0);
}

export function sha256Reference(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = padMessage(message);
  let chain: number[] = INITIAL;
  for (let at = 0; at < padded.byteLength; at += 64) chain = compressBlock(chain, padded, at);
  const digest = new DataView(new ArrayBuffer(32));
  chain.forEach((word, i) => {
    digest.setUint32(4 * i, word);
  });
  return new Uint8Array(digest.buffer);
}
