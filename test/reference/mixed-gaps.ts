/**
 * Plain twins of assembly/residual/{gap-words,gap-word-model,gap-byte-model}.ts, for images whose addresses are their offsets and did not
 * move, so that the guide's references lead where they led in old.
 */
import type { BitCoder } from './bit-coder.js';
import { ByteMixer, hashPlainly, WordHistory } from './mixed-models.js';

const wordAt = (bytes: Uint8Array, at: number) =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);

const isCall = (word: number) => word >>> 26 === 0x25;
const isPage = (word: number) => (word & 0x9f000000) >>> 0 === 0x90000000;

/** Adds `sign` times the place to the references of a word: +1 tells them as places, -1 as distances. */
export function movedWord(word: number, place: number, sign: 1 | -1): number {
  if (isCall(word)) return (0x94000000 | ((word + sign * Math.floor(place / 4)) & 0x3ffffff)) >>> 0;
  if (!isPage(word)) return word;
  const pages = ((word >>> 5) & 0x7ffff) * 4 + ((word >>> 29) & 3) + sign * Math.floor(place / 4096);
  return ((word & 0x9f00001f) | ((pages & 3) << 29) | (((pages >> 2) & 0x7ffff) << 5)) >>> 0;
}

function opcodeOf(word: number): number {
  const top = word >>> 24;
  const keep = (mask: number) => (word & mask) >>> 0;
  if ((top & 0x7c) === 0x14) return keep(0xfc000000);
  if (top === 0x54) return keep(0xff00001f);
  if ((top & 0x7c) === 0x34) return keep(0x7f000000);
  if ((top & 0x1f) === 0x10) return keep(0x9f000000);
  if ((top & 0x1f) === 0x11) return keep(0xff800000);
  if ((top & 0x3b) === 0x39 || (top & 0x3a) === 0x28) return keep(0xffc00000);
  return keep(0xffe0fc00);
}

export class GapWordMixer {
  private readonly bytes: ByteMixer;
  private readonly history: WordHistory;
  private readonly old: Uint8Array;
  private next = -1;
  private guide = 0;
  private hasGuide = false;
  private hits = 0;

  constructor(coder: BitCoder, bits: number, old: Uint8Array) {
    this.bytes = new ByteMixer(coder, bits);
    this.history = new WordHistory(2 ** (bits + 2), new Map(), 16, 0);
    this.old = old;
  }

  private isReachable(at: number, way: number): boolean {
    return at >= 16 && at <= this.old.length - 4 && Math.abs(at - way) <= 256;
  }

  private findGuide(image: Uint8Array, place: number, way: number): void {
    const opcodes = (bytes: Uint8Array, at: number) =>
      [4, 8, 12].map((back) => opcodeOf(wordAt(bytes, at - back))).join();
    const wanted = opcodes(image, place);
    for (let away = 4; away <= 48; away += 4) {
      for (const at of [this.guide + away, this.guide - away]) {
        if (!this.isReachable(at, way) || opcodes(this.old, at) !== wanted) continue;
        this.guide = at;
        this.hits = 1;
        return;
      }
    }
  }

  /** Codes the words of image[start, end), whose way in old runs `way` ahead. */
  code(image: Uint8Array, start: number, end: number, way: number): void {
    for (let place = start; place < end; place += 4) {
      if (place !== this.next) this.begin(image, place, place + way);
      else if (this.hasGuide && this.hits === 0 && place >= 16) this.findGuide(image, place, place + way);
      this.codeWord(image, place, place + way);
      this.next = place + 4;
    }
  }

  private begin(image: Uint8Array, place: number, way: number): void {
    this.guide = way;
    this.hasGuide = ((way ^ place) & 3) === 0;
    this.hits = 2;
    this.history.stopFollowing();
    for (const back of [12, 8, 4]) {
      this.history.push(place >= back ? movedWord(wordAt(image, place - back), place - back, 1) : 0);
    }
  }

  private codeWord(image: Uint8Array, place: number, way: number): void {
    const isUsable = this.hasGuide && this.isReachable(this.guide, way);
    const expected = isUsable ? movedWord(wordAt(this.old, this.guide), this.guide, 1) : 0;
    const { hits, history } = this;
    const trust = !isUsable ? 0 : hits > 15 ? 5 : hits > 5 ? 4 : hits > 1 ? 3 : 1 + hits;
    const agreed = history.find();
    const other = history.followed;
    const [w1, w2, w3] = [history.back(1), history.back(2), history.back(3)];
    const tops = (w1 >>> 24) * 256 + (w2 >>> 24);
    const registers = (w1 & 0x3ff) | ((w2 & 31) << 10) | ((w3 & 31) << 15);
    const actual = movedWord(wordAt(image, place), place, 1);
    let coded = 0;
    let agrees = isUsable;
    let otherAgrees = agreed !== 0;
    for (let s = 0; s < 4; s++) {
      const byteOf = (word: number) => (word >>> (24 - 8 * s)) & 255;
      const own = hashPlainly(s, coded, 0);
      const hashes = [
        own,
        hashPlainly(1, own, w1 >>> 21),
        hashPlainly(2, own, w1),
        hashPlainly(own, w1, w2),
        hashPlainly(4, own, tops),
        hashPlainly(5, own, registers),
        hashPlainly((own ^ trust) >>> 0, expected, Number(isUsable)),
      ];
      const direct = ((agrees ? trust : 0) * 4 + s) * 2 + Number(agreed > 3);
      const guesses = [agrees ? byteOf(expected) : -1, otherAgrees ? byteOf(other) : -1] as const;
      const byte = this.bytes.code(byteOf(actual), hashes, guesses, direct, s);
      coded = coded * 256 + byte;
      agrees &&= byte === byteOf(expected);
      otherAgrees &&= byte === byteOf(other);
    }
    if (isUsable) this.hits = opcodeOf(coded) === opcodeOf(expected) ? hits + 1 : 0;
    this.guide += 4;
    history.pushFollowed(coded);
  }
}

const HISTORY = 65_536 - 256;
const lengthClass = (length: number) => (length > 15 ? 3 : length > 3 ? 2 : length > 0 ? 1 : 0);

export class GapByteMixer {
  private readonly bytes: ByteMixer;
  private readonly old: Uint8Array;
  private readonly followers = new Map<number, number>();
  private next = -1;
  private hits = 0;
  private misses = 0;
  private follower = 0;
  private followed = 0;

  constructor(coder: BitCoder, bits: number, old: Uint8Array) {
    this.bytes = new ByteMixer(coder, bits);
    this.old = old;
  }

  code(image: Uint8Array, start: number, end: number, way: number): void {
    for (let place = start; place < end; place++) {
      if (place !== this.next) [this.hits, this.misses, this.followed] = [1, 0, 0];
      this.codeByte(image, place, place + way);
      this.next = place + 1;
    }
  }

  private codeByte(image: Uint8Array, place: number, guide: number): void {
    const back = (distance: number, at = place) => image[at - distance] ?? 0;
    const slotBefore = (at: number) => {
      const low = back(1, at) + back(2, at) * 2 ** 8 + back(3, at) * 2 ** 16 + back(4, at) * 2 ** 24;
      return hashPlainly(7, low, back(5, at)) >>> 16;
    };
    if (this.followed === 0 && place >= 5) {
      const at = this.followers.get(slotBefore(place)) ?? 0;
      if (at !== 0 && at < place && place - at < HISTORY) {
        let length = 0;
        while (length < 32 && length < at && image[at - 1 - length] === image[place - 1 - length]) length++;
        if (length >= 5) [this.follower, this.followed] = [at, length];
      }
    } else if (this.followed !== 0 && place - this.follower >= HISTORY) this.followed = 0;
    const hasGuide = guide >= 0 && guide < this.old.length && this.misses <= 8;
    const expected = hasGuide ? this.old[guide]! : -1;
    const other = this.followed === 0 ? -1 : image[this.follower]!;
    const low = back(1) + back(2) * 2 ** 8 + back(3) * 2 ** 16 + back(4) * 2 ** 24;
    const place4 = place & 3;
    const hashes = [
      hashPlainly(0, place4, 0),
      hashPlainly(1, low & 0xf0f0f0, 0),
      hashPlainly(2, back(1) + back(2) * 256, 0),
      hashPlainly(3, low % 2 ** 24, 0),
      hashPlainly(4, low, back(5) + back(6) * 256),
      hashPlainly(5, other + 1 + 1024 * Math.min(7, this.followed), back(1)),
      hashPlainly(6, expected + 1, back(1) * 512 + other + 1),
    ];
    const group = ((hasGuide ? lengthClass(this.hits) : 0) * 4 + lengthClass(this.followed)) * 4 + place4;
    const byte = this.bytes.code(image[place]!, hashes, [expected, other], group, group);
    if (byte === expected) {
      this.hits++;
      if (this.hits > 15) this.misses = 0;
    } else {
      this.hits = 0;
      this.misses++;
    }
    if (this.followed !== 0) {
      this.followed = byte === other ? Math.min(64, this.followed + 1) : 0;
      if (this.followed !== 0) this.follower++;
    }
    if (place + 1 >= 5) this.followers.set(slotBefore(place + 1), place + 1);
  }
}
