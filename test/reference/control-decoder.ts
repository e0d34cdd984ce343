/**
 * Plain twin of the decoder in assembly/control: covers from a control stream, with arrays and linear scans where the
 * kernel has trees. It throws where the kernel answers a status.
 */
import { BitCoder, type Counter, freshCounter, freshCounters } from './bit-coder.js';

const MODEL = 288;

interface Head {
  readonly end: number;
  readonly delta: number;
}

export interface ControlInput {
  readonly coded: Uint8Array;
  readonly count: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly functionStarts: Uint32Array;
}

/** Counters and models by name; each comes fresh into being when it is first used. */
class Context {
  private readonly counters = new Map<string, Counter>();
  private readonly models = new Map<string, Counter[]>();
  readonly coder: BitCoder;

  constructor(coder: BitCoder) {
    this.coder = coder;
  }

  flag(name: string): boolean {
    let counter = this.counters.get(name);
    if (counter === undefined) this.counters.set(name, (counter = freshCounter()));
    return this.coder.codeCounted(0, counter) === 1;
  }

  pair(name: string): number {
    const high = this.flag(`${name} high`) ? 1 : 0;
    return high * 2 + (this.flag(`${name} low ${high}`) ? 1 : 0);
  }

  number(name: string): number {
    let model = this.models.get(name);
    if (model === undefined) this.models.set(name, (model = freshCounters(MODEL)));
    return this.coder.codeNumber(0, model);
  }

  bytes(name: string, tree: string): number {
    const low = this.pair(tree);
    return low === 0 ? 4 * (this.number(`${name} whole`) + 1) : 4 * this.number(`${name} part`) + low;
  }
}

export function decodeControlPlainly(input: ControlInput): number[][] {
  const { oldSize, newSize, functionStarts: starts } = input;
  const context = new Context(new BitCoder(input.coded));
  const covers: number[][] = [];
  const heads: Head[] = [];
  const deltas = [0, 0, 0, 0];
  const used = new Array<boolean>(starts.length).fill(false);
  let newEnd = 0;
  let lastOrigin = 'far';
  let lastAtStart = false;

  const demand = (condition: boolean, what: string) => {
    if (!condition) throw new Error(`cover ${covers.length}: ${what}`);
  };
  const indexAt = (offset: number) => {
    const index = starts.findIndex((start) => start >= offset);
    return index < 0 ? starts.length : index;
  };
  const unused = () => [...used.keys()].filter((i) => !used[i]);

  for (let i = 0; i < input.count; i++) {
    const lowEnd = newEnd % 4;
    const gap = context.flag(`gap is 0, ${lastOrigin} ${lastAtStart} ${lowEnd}`)
      ? 0
      : context.bytes('gap', `gap low ${lowEnd}`);
    demand(gap < newSize - newEnd, 'the gap leaves new');
    const start = newEnd + gap;
    const situation = `${lastOrigin} ${lastAtStart} ${gap === 0}`;
    const byFunction = (kind: string) =>
      unused().length > 0 && context.flag(`${kind} by function, ${situation}`);

    let origin: string;
    let old: number;
    let replaced = heads.length;
    if (context.flag(`known delta, ${situation}`)) {
      origin = 'known';
      const delta = deltas[context.pair('delta index')]!;
      const holder = heads.findIndex((head) => head.delta === delta);
      if (holder >= 0) replaced = holder;
      old = (start - delta + 2 ** 32) % 2 ** 32;
    } else if (heads.length > 0 && context.flag(`head, ${situation}`)) {
      origin = 'head';
      replaced = context.number(`head index, ${lastOrigin}`);
      demand(replaced < heads.length, 'there is no such head');
      const { end } = heads[replaced]!;
      const place = `${gap === 0 ? 0 : gap < 64 ? 1 : 2} ${replaced === 0}`;
      if (byFunction('head')) {
        const free = unused();
        const below = free.filter((index) => index < indexAt(end)).length;
        const backward = context.flag(`function backward, ${place}`);
        const passed = context.number(`functions passed, ${backward}`);
        const rank = backward ? below - 1 - passed : below + passed;
        demand(rank >= 0 && rank < free.length, 'there is no such function');
        old = starts[free[rank]!]!;
      } else {
        const expected = Math.min(end + gap, oldSize);
        const low = (((start - context.pair('head delta low')) % 4) + 4) % 4;
        const base = expected + ((low - (expected % 4) + 4) % 4);
        const backward = context.flag(`bytes backward, ${place}`);
        const steps = context.number(`head bytes, ${place}`);
        old = backward ? base - 4 - 4 * steps : base + 4 * steps;
      }
    } else {
      origin = 'far';
      if (byFunction('far')) {
        const free = unused();
        const holes = free.filter((index) => index > 0 && used[index - 1]);
        const choices = holes.length > 0 && context.flag('hole') ? holes : free;
        old = starts[choices[context.coder.codeUniform(0, choices.length)]!]!;
      } else {
        const low = (((start - context.pair('far delta low')) % 4) + 4) % 4;
        demand(low < oldSize, 'old is too small');
        old = low + 4 * context.coder.codeUniform(0, Math.floor((oldSize - 1 - low) / 4) + 1);
      }
    }
    demand(old >= 0 && old < oldSize, 'it begins outside old');

    const first = indexAt(old);
    const atStart = starts[first] === old;
    const next = atStart ? first + 1 : first;
    const form = `${origin} ${atStart}`;
    let length: number;
    if (next < starts.length && context.flag(`ends at a function, ${form} ${gap === 0}`)) {
      const passed = context.number(`functions long, ${form}`);
      demand(next + passed < starts.length, 'there is no such end');
      length = starts[next + passed]! - old;
    } else length = context.bytes(`length ${origin}`, `length low ${start % 4}`);
    demand(length <= oldSize - old && length <= newSize - start, 'it ends outside an image');
    demand(!context.coder.overran, 'the stream ends before');

    covers.push([start, old, length]);
    for (let index = first; index < starts.length && starts[index]! < old + length; index++)
      used[index] = true;
    if (replaced < heads.length) heads.splice(replaced, 1);
    const delta = (start - old + 2 ** 32) % 2 ** 32;
    heads.unshift({ end: old + length, delta });
    if (heads.length > 64) heads.pop();
    const known = deltas.indexOf(delta);
    deltas.splice(known < 0 ? 3 : known, 1);
    deltas.unshift(delta);
    newEnd = start + length;
    lastOrigin = origin;
    lastAtStart = starts[indexAt(old + length)] === old + length;
  }
  if (input.count > 0 && !context.coder.finished) throw new Error('the stream does not end here');
  return covers;
}
