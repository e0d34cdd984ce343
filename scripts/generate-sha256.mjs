// Writes assembly/digest/sha256-rounds.ts, the unrolled rounds of SHA-256.
//   node scripts/generate-sha256.mjs [--check]
// The 64 rounds rename eight variables instead of moving them, which no loop can say; so they are written out by
// the loops below. --check writes nothing and fails when the committed file differs from what would be written.
//
// Measured on Node 20.20 (x86-64, 8 MiB through 64 KiB tiles, median MB/s of CPU time; bytes of a module with
// nothing else, raw / gzip), which decided the shapes:
//   one stream, scalar: unrolled 356 (8302 / 3095); loop of 4 x 16 rounds 325 (4347 / 1961)
//   one stream, SIMD schedule: words through memory, unrolled 449 (9103 / 2087), loop 433 (4453 / 1770); words by
//     extract_lane, unrolled 434 (8921 / 1877), loop 400 (4367 / 1689); whole schedule first 371; hash-wasm 324
//   four lanes: unrolled 647 (17731 / 4004); loop of 4 x 16 rounds with the words in locals 798 (6153 / 2045),
//     in memory 770 (6761 / 1768)
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OUTPUT = 'assembly/digest/sha256-rounds.ts';
const outputFile = join(dirname(fileURLToPath(import.meta.url)), '..', OUTPUT);

const VARIABLES = 'abcdefgh';
const EIGHT = [...Array(8).keys()];
const SIXTEEN = [...Array(16).keys()];

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2). */
function roundConstants() {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return primes.map((p) => cubeRoot(BigInt(p) << 96n) & 0xffffffffn);
}

/** Floor of the cube root of `n`, by halving the interval that holds it. */
function cubeRoot(n) {
  let low = 0n;
  let high = 1n << 40n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** 3n <= n) low = middle;
    else high = middle - 1n;
  }
  return low;
}

const CONSTANTS = roundConstants().map((k) => `0x${k.toString(16).padStart(8, '0')}`);

/** Names of a..h in round `r`: the variables stay where they are and the names move on by one. */
function namesInRound(r) {
  return EIGHT.map((i) => VARIABLES[(i - (r % 8) + 8) % 8]);
}

/** Name of word `r + ahead` in a ring of sixteen. */
const word = (r, ahead) => `w${(r + ahead) % 16}`;

function scalarRound(r, addend) {
  const [a, b, , d, e, f, g, h] = namesInRound(r);
  return [
    `    ${h} += ${addend} + (((${f} ^ ${g}) & ${e}) ^ ${g}) + (rotr(${e}, 6) ^ rotr(${e}, 11) ^ rotr(${e}, 25));`,
    `    ${d} += ${h};`,
    `    ${r % 2 ? 'y' : 'x'} = ${a} ^ ${b};`,
    `    ${h} += (rotr(${a}, 2) ^ rotr(${a}, 13) ^ rotr(${a}, 22)) + ((x & y) ^ ${b});`,
  ];
}

function scalarSchedule(r) {
  return `    ${word(r, 0)} += smallSigma0(${word(r, 1)}) + ${word(r, 9)} + smallSigma1(${word(r, 14)});`;
}

/** Next four words of the schedule into the vector that held the oldest four. */
function vectorSchedule(quad) {
  const [m0, m1, m2, m3] = [0, 1, 2, 3].map((i) => `m${(quad + i) % 4}`);
  return [
    `    t = i32x4.add(${m0}, v128.shuffle<u32>(${m2}, ${m3}, 1, 2, 3, 4));`,
    `    t = i32x4.add(t, quadSigma0(v128.shuffle<u32>(${m0}, ${m1}, 1, 2, 3, 4)));`,
    `    low = i32x4.add(t, pairSigma1(v128.shuffle<u32>(${m3}, ${m3}, 2, 2, 3, 3)));`,
    `    t = i32x4.add(t, pairSigma1(v128.shuffle<u32>(low, low, 0, 0, 1, 1)));`,
    `    ${m0} = v128.shuffle<u64>(low, t, 0, 3);`,
    `    v128.store(W, i32x4.add(${m0}, v128.load(K, ${16 * (quad + 4)})), ${16 * (quad + 4)});`,
  ];
}

function laneRound(r) {
  const [a, b, , d, e, f, g, h] = namesInRound(r);
  return [
    `      t = i32x4.add(v128.load(W, ${16 * r}), v128.load32_splat(k, ${4 * r}));`,
    `      t = i32x4.add(i32x4.add(${h}, t), i32x4.add(v128.bitselect(${f}, ${g}, ${e}), bigSigma1(${e})));`,
    `      ${d} = i32x4.add(${d}, t);`,
    `      ${r % 2 ? 'y' : 'x'} = v128.xor(${a}, ${b});`,
    `      ${h} = i32x4.add(t, i32x4.add(bigSigma0(${a}), v128.xor(v128.and(x, y), ${b})));`,
  ];
}

function laneSchedule(r) {
  const load = (ahead) => `v128.load(W, ${16 * ((r + ahead) % 16)})`;
  return [
    `      t = i32x4.add(i32x4.add(${load(0)}, ${load(9)}), laneSigma0(${load(1)}));`,
    `      v128.store(W, i32x4.add(t, laneSigma1(${load(14)})), ${16 * r});`,
  ];
}

/** Four words of each lane, turned so that a vector holds the same word of the four lanes. */
function transposeQuad(quad) {
  const at = 16 * quad;
  return [
    ...[0, 1, 2, 3].map((lane) => `    const r${quad}${lane} = loadBigEndian(p${lane} + ${at});`),
    ...[0, 1, 2, 3].map((i) => {
      const lane = i % 2 ? 2 : 0;
      const mask = i < 2 ? '0, 4, 1, 5' : '2, 6, 3, 7';
      return `    const s${quad}${i} = v128.shuffle<u32>(r${quad}${lane}, r${quad}${lane + 1}, ${mask});`;
    }),
    ...[0, 1, 2, 3].map((i) => {
      const half = i < 2 ? 0 : 2;
      const mask = i % 2 ? '1, 3' : '0, 2';
      return `    v128.store(W, v128.shuffle<u64>(s${quad}${half}, s${quad}${half + 1}, ${mask}), ${16 * (4 * quad + i)});`;
    }),
  ];
}

const startRounds = [...EIGHT.map((i) => `    let ${VARIABLES[i]} = h${i};`), '    let x = a;'];

const loadChain = EIGHT.map((i) => `  let h${i} = load<u32>(state, ${4 * i});`);
const storeChain = EIGHT.map((i) => `  store<u32>(state, h${i}, ${4 * i});`);
const addChain = EIGHT.map((i) => `    h${i} += ${VARIABLES[i]};`);

function writeScalar() {
  const lines = [
    '/** Absorbs `blocks` blocks at `ptr` into the chaining value at `state`. */',
    'export function compressScalar(state: usize, ptr: usize, blocks: u32): void {',
    ...loadChain,
    '  for (; blocks > 0; blocks--) {',
    ...startRounds,
    '    let y = b ^ c;',
    ...SIXTEEN.map((i) => `    let w${i} = bswap<u32>(load<u32>(ptr, ${4 * i}));`),
  ];
  for (let r = 0; r < 64; r++) {
    if (r >= 16) lines.push(scalarSchedule(r));
    lines.push(...scalarRound(r, `${CONSTANTS[r]} + ${word(r, 0)}`));
  }
  return [...lines, ...addChain, '    ptr += 64;', '  }', ...storeChain, '}'];
}

function writeVector() {
  const lines = [
    '/** `compressScalar` with the message schedule four words at a time. */',
    'export function compressVector(state: usize, ptr: usize, blocks: u32): void {',
    ...loadChain,
    '  for (; blocks > 0; blocks--) {',
    ...startRounds,
    '    let y = b ^ c;',
    ...[0, 1, 2, 3].map((i) => `    let m${i} = loadBigEndian(ptr + ${16 * i});`),
    '    let t = m0;',
    '    let low = m0;',
    ...[0, 1, 2, 3].map((i) => `    v128.store(W, i32x4.add(m${i}, v128.load(K, ${16 * i})), ${16 * i});`),
  ];
  for (let quad = 0; quad < 16; quad++) {
    if (quad < 12) lines.push(...vectorSchedule(quad));
    for (let r = 4 * quad; r < 4 * quad + 4; r++) lines.push(...scalarRound(r, `load<u32>(W, ${4 * r})`));
  }
  return [...lines, ...addChain, '    ptr += 64;', '  }', ...storeChain, '}'];
}

function writeLanes() {
  return [
    '/**',
    ' * Absorbs `blocks` blocks of four messages, at p0..p3, into the chaining values at `chain`: eight vectors, the',
    ' * first holds the first word of the four lanes, and so on.',
    ' */',
    'export function compressLanes(chain: usize, p0: usize, p1: usize, p2: usize, p3: usize, blocks: u32): void {',
    ...EIGHT.map((i) => `  let h${i} = v128.load(chain, ${16 * i});`),
    '  for (; blocks > 0; blocks--) {',
    ...[0, 1, 2, 3].flatMap(transposeQuad),
    ...startRounds,
    '    let y = v128.xor(b, c);',
    '    let t = a;',
    '    for (let k = K; ; k += 64) {',
    ...SIXTEEN.flatMap(laneRound),
    '      if (k >= K + 192) break;',
    ...SIXTEEN.flatMap(laneSchedule),
    '    }',
    ...EIGHT.map((i) => `    h${i} = i32x4.add(h${i}, ${VARIABLES[i]});`),
    ...[0, 1, 2, 3].map((lane) => `    p${lane} += 64;`),
    '  }',
    ...EIGHT.map((i) => `  v128.store(chain, h${i}, ${16 * i});`),
    '}',
  ];
}

const HEADER = `// Generated by scripts/generate-sha256.mjs; do not edit. More than 600 lines because the rounds are written out.
//
// SHA-256's compression (FIPS 180-4, section 6.2.2) in three shapes; sha256.ts is the readable side and says what
// the chaining value and the blocks are. Rounds rename a..h instead of moving them. Maj(a, b, c) is written
// ((a ^ b) & (b ^ c)) ^ b, so that each round reuses the a ^ b of the round before: x and y take turns.
// The work is fixed per block: no data-dependent branch or address.

/** Round constants (section 4.2.2). */
const K: usize = memory.data<u32>(
  [
${Array.from({ length: 8 }, (_, row) => `    ${CONSTANTS.slice(8 * row, 8 * row + 8).join(', ')},`).join('\n')}
  ],
  16,
);
/** Words of the schedule: 64 of one stream with their constants added, or a ring of 16 of four lanes. */
const W: usize = memory.data(256, 16);

function smallSigma0(w: u32): u32 {
  return rotr(w, 7) ^ rotr(w, 18) ^ (w >>> 3);
}

function smallSigma1(w: u32): u32 {
  return rotr(w, 17) ^ rotr(w, 19) ^ (w >>> 10);
}

/** Four big-endian words. */
function loadBigEndian(ptr: usize): v128 {
  const z = v128.load(ptr);
  return v128.shuffle<u8>(z, z, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

function quadSigma0(w: v128): v128 {
  const rotate7 = v128.xor(i32x4.shr_u(w, 7), i32x4.shl(w, 25));
  const rotate18 = v128.xor(i32x4.shr_u(w, 18), i32x4.shl(w, 14));
  return v128.xor(v128.xor(rotate7, rotate18), i32x4.shr_u(w, 3));
}

/** smallSigma1 of words x, y given as (x, x, y, y): a 64-bit shift of a doubled word rotates its low half. */
function pairSigma1(w: v128): v128 {
  const rotates = v128.xor(i64x2.shr_u(w, 17), i64x2.shr_u(w, 19));
  const z = v128.xor(rotates, i32x4.shr_u(w, 10));
  return v128.shuffle<u32>(z, z, 0, 2, 0, 2);
}

function rotateLanes(w: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(w, bits), i32x4.shl(w, 32 - bits));
}

function laneSigma0(w: v128): v128 {
  return v128.xor(v128.xor(rotateLanes(w, 7), rotateLanes(w, 18)), i32x4.shr_u(w, 3));
}

function laneSigma1(w: v128): v128 {
  return v128.xor(v128.xor(rotateLanes(w, 17), rotateLanes(w, 19)), i32x4.shr_u(w, 10));
}

function bigSigma0(w: v128): v128 {
  return v128.xor(v128.xor(rotateLanes(w, 2), rotateLanes(w, 13)), rotateLanes(w, 22));
}

function bigSigma1(w: v128): v128 {
  return v128.xor(v128.xor(rotateLanes(w, 6), rotateLanes(w, 11)), rotateLanes(w, 25));
}
`;

const text = [HEADER, ...writeScalar(), '', ...writeVector(), '', ...writeLanes(), ''].join('\n');
if (!process.argv.includes('--check')) {
  writeFileSync(outputFile, text);
} else if (readFileSync(outputFile, 'utf8') !== text) {
  process.stderr.write(`${OUTPUT} is not what scripts/generate-sha256.mjs writes\n`);
  process.exitCode = 1;
}
