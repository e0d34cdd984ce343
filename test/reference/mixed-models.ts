/**
 * Plain twins of the mixed models: assembly/entropy/{mix-byte,word-history}.ts, assembly/residual/{flag-model,value-model}.ts. They code
 * with the same BitCoder in either direction; tables are arrays and maps of counters instead of packed words.
 */
import { type BitCoder, type Counter, freshCounter } from './bit-coder.js';
import { mixBitPlainly, mixBitTwicePlainly, RefinerReference } from './mixer.js';

const MASK_64 = (1n << 64n) - 1n;

/** Hash of a context, 32 bits. */
export function hashPlainly(model: number, a: number, b: number): number {
  const sum = BigInt(a >>> 0) | (BigInt(b >>> 0) << 32n);
  const mixed = (sum * 0x9e3779b97f4a7c15n + BigInt((model + 1) >>> 0) * 0xd6e8feb86659fd93n) & MASK_64;
  return Number((((mixed ^ (mixed >> 32n)) * 0xbf58476d1ce4e5b9n) & MASK_64) >> 32n);
}

/** Counters and weights that are made when first asked for, under any name. */
class Lazily<Value> {
  private readonly made = new Map<string, Value>();
  private readonly make: () => Value;

  constructor(make: () => Value) {
    this.make = make;
  }

  at(...name: readonly number[]): Value {
    const key = name.join(',');
    const found = this.made.get(key) ?? this.make();
    this.made.set(key, found);
    return found;
  }
}

const freshWeights = (weight: number) => () => new Array<number>(8).fill(weight);

interface CheckedCounter extends Counter {
  check: number;
}

/** Hashed counters: pairs with a check of 8 bits each. */
class HashedCounters {
  private readonly counters: CheckedCounter[];
  private readonly bits: number;

  constructor(bits: number) {
    this.bits = bits;
    this.counters = Array.from({ length: 2 ** bits }, () => ({ ...freshCounter(), check: 0 }));
  }

  at(hash: number): Counter {
    const first = hash >>> (32 - this.bits);
    const [a, b] = [this.counters[first]!, this.counters[first ^ 1]!];
    const check = hash & 255;
    if (a.check === check) return a;
    if (b.check === check) return b;
    const victim = a.uses <= b.uses ? a : b;
    return Object.assign(victim, freshCounter(), { check });
  }
}

interface Slot {
  check: number;
  readonly counters: readonly Counter[];
}

/** Slots of 15 counters for half a byte. */
class Slots {
  private readonly slots: Slot[];
  private readonly bits: number;

  constructor(bits: number) {
    this.bits = bits;
    this.slots = Array.from({ length: 2 ** bits }, () => ({
      check: 0,
      counters: Array.from({ length: 16 }, freshCounter),
    }));
  }

  at(hash: number): readonly Counter[] {
    const check = (hash | 1) >>> 0;
    const place = hash >>> (32 - this.bits);
    const [first, second] = [this.slots[place]!, this.slots[place ^ 1]!];
    if (first.check === check) return first.counters;
    if (second.check === check) return second.counters;
    const usesOf = (slot: Slot) => (slot.check === 0 ? -1 : slot.counters[1]!.uses);
    const victim = usesOf(first) >= 0 && usesOf(second) < usesOf(first) ? second : first;
    victim.check = check;
    // In place: another context of this very byte may hold the slot.
    for (const counter of victim.counters) Object.assign(counter, freshCounter());
    return victim.counters;
  }
}

function hashOfHalf(hash: number, upper: number): number {
  const mixed = hash ^ Math.imul(upper, 0x9e3779b1);
  const spread = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (spread ^ (spread >>> 13)) >>> 0;
}

export class ByteMixer {
  private readonly coder: BitCoder;
  private readonly slots: Slots;
  private readonly direct = new Lazily(freshCounter);
  private readonly weights = new Lazily(freshWeights(20000));
  private readonly shared = new Lazily(freshWeights(0));
  private readonly refiner = new RefinerReference();

  constructor(coder: BitCoder, bits: number) {
    this.coder = coder;
    this.slots = new Slots(bits);
  }

  /** Codes a byte; -1 for an expected byte that there is not. */
  code(
    value: number,
    hashes: readonly number[],
    expected: readonly [number, number],
    direct: number,
    group: number,
  ): number {
    let prefix = 1;
    for (const highest of [7, 3]) {
      const slots = hashes.map((hash) => this.slots.at(highest === 7 ? hash : hashOfHalf(hash, prefix)));
      let node = 1;
      for (let bit = highest; bit > highest - 4; bit--) {
        const agrees = expected.map((byte) => byte >= 0 && (byte | 256) >>> (bit + 1) === prefix);
        const says = expected.map((byte, i) => (agrees[i] ? 1 + ((byte >>> bit) & 1) : 0));
        const inputs = [
          this.direct.at(direct, bit, says[0]!, says[1]!),
          ...slots.map((counters) => counters[node]!),
        ];
        const set = [bit, Number(agrees[0]), Number(agrees[1])] as const;
        const coded = mixBitTwicePlainly(
          this.coder,
          (value >>> bit) & 1,
          inputs,
          [this.weights.at(group, ...set), this.shared.at(...set)],
          13,
          this.refiner,
          prefix,
        );
        node = node * 2 + coded;
        prefix = prefix * 2 + coded;
      }
    }
    return prefix & 255;
  }
}

/** What followed the same words before. Words are u32. */
export class WordHistory {
  private readonly words: number[] = [];
  private readonly places: Map<number, number>;
  private readonly size: number;
  private readonly tableBits: number;
  private readonly salt: number;
  private follower = 0;
  agreed = 0;

  constructor(size: number, places: Map<number, number>, tableBits: number, salt: number) {
    this.size = size;
    this.places = places;
    this.tableBits = tableBits;
    this.salt = salt;
  }

  back(distance: number): number {
    return this.words.at(-distance) ?? 0;
  }

  private commonBefore(at: number): number {
    const count = this.words.length;
    if (at === 0 || at >= count || count - at > this.size - 33) return 0;
    let length = 0;
    while (length < 16 && length < at && this.words[at - 1 - length] === this.words[count - 1 - length])
      length++;
    return length;
  }

  find(): number {
    const [a, b, c, d] = [this.back(1), this.back(2), this.back(3), this.back(4)];
    const place = (model: number) => hashPlainly(model, a, b) >>> (32 - this.tableBits);
    const long = place(hashPlainly(10, c, d) + this.salt);
    const short = place(this.salt);
    if (this.agreed < 4) {
      let at = this.places.get(long) ?? 0;
      let length = this.commonBefore(at);
      if (length < 3) {
        at = this.places.get(short) ?? 0;
        length = this.commonBefore(at);
      }
      if (length > this.agreed) [this.follower, this.agreed] = [at, length];
    }
    this.places.set(long, this.words.length);
    this.places.set(short, this.words.length);
    return this.agreed;
  }

  get followed(): number {
    return this.words[this.follower] ?? 0;
  }

  push(word: number): void {
    this.words.push(word);
  }

  pushFollowed(word: number): void {
    if (this.agreed !== 0) {
      this.agreed = this.followed === word ? this.agreed + 1 : 0;
      this.follower++;
    }
    this.push(word);
  }

  stopFollowing(): void {
    this.agreed = 0;
  }
}

const byteOf = (word: number, at: number) => (word >>> (8 * at)) & 255;

function bytewise(a: number, b: number, sign: number): number {
  return [3, 2, 1, 0].reduce((word, at) => word * 256 + ((byteOf(a, at) + sign * byteOf(b, at)) & 255), 0);
}

export class ValueMixer {
  private readonly bytes: ByteMixer;
  private readonly histories: WordHistory[];
  private correction = 0;
  private correctionBefore = 0;
  private lastPlace = 0;

  constructor(coder: BitCoder, bits: number) {
    this.bytes = new ByteMixer(coder, bits);
    const places = new Map<number, number>();
    this.histories = Array.from({ length: 16 }, (_, kind) => new WordHistory(8192, places, 14, kind));
  }

  code(
    word: number,
    place: number,
    size: number,
    kind: number,
    how: number,
    predicted: number,
    ahead: number,
  ): number {
    const isFalling = size === 4 && ((kind >= 1 && kind <= 9) || kind === 14);
    const distance = Math.min(255, (place - this.lastPlace) >>> 0);
    const history = this.histories[kind]!;
    const agreed = history.find();
    const followed = bytewise(predicted, history.followed, 1);
    const opcode = hashPlainly(4, predicted & 0xffe0fc00, how);
    let coded = 0;
    let before = 0;
    let corrections = 0;
    for (let i = 0; i < size; i++) {
      const at = isFalling ? 3 - i : i;
      const group = 4 * kind + at;
      const guess = byteOf(predicted, at);
      const corrected = (guess + byteOf(this.correction, at)) & 255;
      const isChanged = corrections === 0 ? 0 : 1;
      const hashes = [
        hashPlainly(0, group, guess),
        hashPlainly(1, ahead, 8 * before + at),
        hashPlainly(2, group, 2 * corrected + isChanged),
        hashPlainly(3, predicted, at),
        hashPlainly(opcode, 8 * corrections + at, 0),
        hashPlainly(hashPlainly(8, this.correction, this.correctionBefore), corrections, 256 * at + guess),
        hashPlainly(hashPlainly(9, this.correction, distance), corrections, 256 * at + guess),
      ];
      const direct = 4 * group + (agreed > 3 ? 2 : 0) + isChanged;
      const expected = [guess, agreed === 0 ? -1 : byteOf(followed, at)] as const;
      const byte = this.bytes.code(byteOf(word, at), hashes, expected, direct, group);
      coded += byte * 2 ** (8 * at);
      before = (before * 256 + byte) % 2 ** 32;
      corrections = (corrections * 256 + ((byte - guess) & 255)) % 2 ** 32;
    }
    this.correctionBefore = this.correction;
    this.correction = bytewise(coded, predicted, -1);
    history.pushFollowed(this.correction);
    this.lastPlace = place;
    return coded;
  }
}

export class FlagMixer {
  private readonly coder: BitCoder;
  private readonly hashed: HashedCounters;
  private readonly direct = new Lazily(freshCounter);
  private readonly blockWeights = new Lazily(freshWeights(26000));
  private readonly unitWeights = new Lazily(freshWeights(16000));
  private readonly groupWeights = new Lazily(freshWeights(26000));
  private groups = 0;
  private blocks = 0;
  private units = 0;
  private rightUnits = 0;
  private wrongPlace = 0;
  private correction = 0;

  constructor(coder: BitCoder, bits: number) {
    this.coder = coder;
    this.hashed = new HashedCounters(bits);
  }

  private get run(): number {
    return Math.min(15, 32 - Math.clz32(this.rightUnits));
  }

  codeGroup(right: number, blocks: number, units: number, size: number, spanClass: number): number {
    const last = this.groups & 1;
    const inputs = [
      this.direct.at(6, size, this.groups & 63),
      this.direct.at(7, spanClass, size, this.run),
      this.direct.at(8, spanClass, size, last, this.blocks & 3),
    ];
    const coded = mixBitPlainly(this.coder, right, inputs, this.groupWeights.at(size, last), 13);
    this.groups = ((this.groups << 1) | (1 - coded)) & 0xff;
    if (coded) {
      for (let i = 0; i < blocks; i++) this.blocks = (this.blocks << 1) & 0xffff;
      this.rightUnits += units;
      this.units = 0;
    }
    return coded;
  }

  codeBlock(right: number, units: number, spanClass: number, weakness: number): number {
    const { run } = this;
    const inputs = [
      this.direct.at(0, this.blocks & 4095),
      this.direct.at(1, spanClass, run, this.blocks & 15),
      this.direct.at(2, spanClass, weakness, run),
    ];
    const coded = mixBitPlainly(this.coder, right, inputs, this.blockWeights.at(weakness, run), 13);
    this.blocks = ((this.blocks << 1) | (1 - coded)) & 0xffff;
    if (coded) {
      this.rightUnits += units;
      this.units = 0;
    }
    return coded;
  }

  codeUnit(
    right: number,
    place: number,
    kind: number,
    how: number,
    predicted: number,
    before: number,
  ): number {
    const { run } = this;
    const distance = Math.min(4095, (place - this.wrongPlace) >>> 0);
    const hashed = [
      hashPlainly(3, predicted, how),
      hashPlainly(4, predicted & 0xffe0ffff, this.units & 255),
      hashPlainly(5, predicted, before),
      hashPlainly(6, this.correction, Math.min(255, this.rightUnits)),
      hashPlainly(7, distance, 16 * kind + (this.units & 15)),
    ];
    const inputs = [
      this.direct.at(3, kind, how, this.units & 15),
      this.direct.at(4, kind, how, run),
      this.direct.at(5, this.units & 4095),
      ...hashed.map((hash) => this.hashed.at(hash)),
    ];
    const weights = this.unitWeights.at(kind, how, this.units & 1, Number(run > 6));
    const coded = mixBitPlainly(this.coder, right, inputs, weights, 13);
    this.units = ((this.units << 1) | (1 - coded)) & 0xffff;
    this.rightUnits = coded ? this.rightUnits + 1 : 0;
    return coded;
  }

  noteCorrection(place: number, difference: number): void {
    this.wrongPlace = place;
    this.correction = difference;
  }
}
