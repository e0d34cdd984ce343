import { describe, expect, it } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { BitCoder } from '../reference/bit-coder.js';
import { GuardedBlock } from '../support/guarded-block.js';
import { SeededRandom } from '../support/seeded-random.js';

interface Decision {
  readonly bit: number;
  readonly p: number;
}

/** Decisions of all kinds of certainty; `surprise` = one in how many bits goes against its probability. */
function randomDecisions(random: SeededRandom, count: number, surprise: number): Decision[] {
  return Array.from({ length: count }, () => {
    const p = random.oneIn(4)
      ? [1, 2, 255, 32768, 65280, 65534, 65535][random.below(7)]!
      : 1 + random.below(65535);
    const likely = p >= 32768 ? 1 : 0;
    return { p, bit: random.oneIn(surprise) ? 1 - likely : likely };
  });
}

function encodePlainly(decisions: readonly Decision[]): Uint8Array<ArrayBuffer> {
  const coder = new BitCoder();
  for (const { bit, p } of decisions) coder.codeBit(bit, p);
  return coder.finish();
}

describe.each([{ simd: false }, { simd: true }])('binary coder, simd $simd', (options) => {
  function encode(decisions: readonly Decision[]): Uint8Array {
    const kernel = diffKernels(options);
    const block = new GuardedBlock(kernel, 8 + decisions.length * 3);
    kernel.exports.startEncoder(block.ptr);
    for (const { bit, p } of decisions) kernel.exports.codeBit(bit, p);
    const size = kernel.exports.finishEncoder() - block.ptr;
    expect(block.isIntact()).toBe(true);
    expect(kernel.exports.coderPosition()).toBe(block.ptr + size);
    expect(kernel.view(block.ptr + size, block.size - size).every((byte) => byte === 0xa5)).toBe(true);
    return kernel.take(block.ptr, size);
  }

  /** The bits read with the probabilities of `decisions`, and whether the end was accepted. */
  function decode(coded: Uint8Array, decisions: readonly Decision[]) {
    const kernel = diffKernels(options);
    // Behind the stream stand ones: a reader that looked there would not see the zeros it must assume.
    const ptr = kernel.put(Uint8Array.from([...coded, ...new Uint8Array(16).fill(255)]));
    kernel.exports.startDecoder(ptr, coded.length);
    const bits = decisions.map(({ p }) => kernel.exports.codeBit(0, p));
    return {
      bits,
      accepted: kernel.exports.coderFinished() === 0,
      overran: kernel.exports.coderOverran() !== 0,
    };
  }

  it.each([1, 2, 3, 4, 5, 6])('writes the bytes of the plain coder and reads them back (seed %i)', (seed) => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 60; round++) {
      const decisions = randomDecisions(random, random.skewed(9), 1 + random.below(50));
      const coded = encode(decisions);
      expect(coded).toEqual(encodePlainly(decisions));
      const { bits, accepted } = decode(coded, decisions);
      expect(bits).toEqual(decisions.map(({ bit }) => bit));
      expect(accepted).toBe(true);
      const reader = new BitCoder(coded);
      expect(decisions.map(({ p }) => reader.codeBit(0, p))).toEqual(bits);
      expect(reader.finished).toBe(true);
    }
  });

  it('ends with one byte, without which the stream says something else or is not complete', () => {
    const random = new SeededRandom(11);
    for (let round = 0; round < 400; round++) {
      const decisions = randomDecisions(random, random.below(30), 2);
      const coded = encode(decisions);
      const before = new BitCoder();
      for (const { bit, p } of decisions) before.codeBit(bit, p);
      expect(coded.length).toBe(before.written.length + 1);
      const { bits, overran } = decode(coded.subarray(0, -1), decisions);
      const same = bits.every((bit, i) => bit === decisions[i]!.bit);
      expect(same && !overran).toBe(false);
    }
  });

  it('survives intervals that shrink round a byte boundary', () => {
    // Both ends stay apart in the top byte as long as the interval holds 0x80000000 and what lies below it.
    for (let seed = 0; seed < 200; seed++) {
      const random = new SeededRandom(seed);
      let [low, high] = [0, 0xffffffff];
      const decisions: Decision[] = [];
      while (high - low > 1) {
        const p = 1 + random.below(65535);
        const middle = low + Math.floor(((high - low) * p) / 65536);
        if (middle === 0x7fffffff || (middle === low && middle < 0x7fffffff && high - low < 4)) break;
        const bit = middle >= 0x80000000 ? 1 : 0;
        decisions.push({ bit, p });
        if (bit) high = middle;
        else low = middle + 1;
      }
      decisions.push(...randomDecisions(random, 40, 2));
      const coded = encode(decisions);
      expect(coded).toEqual(encodePlainly(decisions));
      expect(decode(coded, decisions)).toMatchObject({
        bits: decisions.map(({ bit }) => bit),
        accepted: true,
      });
    }
  });

  it('refuses every other ending', () => {
    const random = new SeededRandom(12);
    for (let round = 0; round < 60; round++) {
      const decisions = randomDecisions(random, 1 + random.below(60), 2);
      const coded = encode(decisions);
      const bits = decisions.map(({ bit }) => bit);
      const others = [
        Uint8Array.from([...coded, 0]),
        Uint8Array.from([...coded, 255]),
        Uint8Array.from([...coded, 0, 0, 0, 0, 0]),
        ...[1, 2, 3, 4].filter((cut) => cut <= coded.length).map((cut) => coded.subarray(0, -cut)),
      ];
      for (let bit = 0; bit < 8; bit++) {
        const changed = coded.slice();
        changed[changed.length - 1]! ^= 1 << bit;
        others.push(changed);
      }
      for (const other of others) {
        const result = decode(other, decisions);
        const said = result.bits.every((bit, i) => bit === bits[i]);
        expect(said && result.accepted).toBe(false);
      }
    }
  });

  it('reads zeros behind the end, knows that it did, and never reads the bytes that stand there', () => {
    const decisions = Array.from({ length: 200 }, () => ({ bit: 0, p: 32768 }));
    const short = decode(new Uint8Array(0), decisions);
    expect(short.bits).toEqual(decisions.map(() => 1));
    expect(short).toMatchObject({ overran: true, accepted: false });
    expect(decode(Uint8Array.of(1), decisions.slice(0, 4)).overran).toBe(false);
  });

  it('codes an empty stream as one byte', () => {
    const coded = encode([]);
    expect(coded).toEqual(Uint8Array.of(255));
    expect(decode(coded, []).accepted).toBe(true);
    expect(decode(new Uint8Array(0), []).accepted).toBe(false);
  });

  it('keeps two streams apart that take turns', () => {
    const random = new SeededRandom(13);
    const lists = [randomDecisions(random, 300, 5), randomDecisions(random, 300, 3)];
    const instance = diffKernels(options);
    const outs = lists.map(() => instance.alloc(2000));
    const states = lists.map(() => instance.alloc(32));
    const coder = instance.exports;
    outs.forEach((out, i) => {
      coder.startEncoder(out);
      coder.saveCoder(states[i]!);
    });
    for (let at = 0; at < 300; at += 10) {
      lists.forEach((list, i) => {
        coder.restoreCoder(states[i]!);
        for (const { bit, p } of list.slice(at, at + 10)) coder.codeBit(bit, p);
        coder.saveCoder(states[i]!);
      });
    }
    const coded = lists.map((_, i) => {
      coder.restoreCoder(states[i]!);
      return instance.take(outs[i]!, coder.finishEncoder() - outs[i]!);
    });
    expect(coded).toEqual(lists.map(encodePlainly));
    coded.forEach((bytes, i) => {
      coder.startDecoder(instance.put(bytes), bytes.length);
      coder.saveCoder(states[i]!);
    });
    for (let at = 0; at < 300; at += 7) {
      lists.forEach((list, i) => {
        coder.restoreCoder(states[i]!);
        for (const { bit, p } of list.slice(at, at + 7)) expect(coder.codeBit(0, p)).toBe(bit);
        coder.saveCoder(states[i]!);
      });
    }
    lists.forEach((_, i) => {
      coder.restoreCoder(states[i]!);
      expect(coder.coderFinished()).toBe(0);
    });
  });

  it('writes on where the host moves it', () => {
    const decisions = randomDecisions(new SeededRandom(14), 500, 4);
    const kernel = diffKernels(options);
    const coder = kernel.exports;
    const out = kernel.alloc(600);
    const parts: number[] = [];
    coder.startEncoder(out);
    decisions.forEach(({ bit, p }, i) => {
      coder.codeBit(bit, p);
      if (i % 50 !== 49) return;
      parts.push(...kernel.view(out, coder.coderPosition() - out));
      coder.moveEncoder(out);
    });
    parts.push(...kernel.view(out, coder.finishEncoder() - out));
    expect(Uint8Array.from(parts)).toEqual(encodePlainly(decisions));
  });
});
