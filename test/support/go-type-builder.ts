import { ByteBuilder } from './byte-builder.js';
import type { GoProgram } from './go-image-builder.js';
import { SeededRandom } from './seeded-random.js';

// Descriptors of a Go program's types (src/image/go-types.ts has their layout), with names in front of them.

const METHODS = 1;
/** Bytes of a descriptor before its methods, by kind: struct, pointer, interface, int. */
const KINDS = [
  { kind: 25, size: 80 },
  { kind: 22, size: 56 },
  { kind: 20, size: 80 },
  { kind: 2, size: 48 },
] as const;

export interface GoTypes {
  readonly bytes: Uint8Array;
  /** Where each descriptor starts. */
  readonly starts: readonly number[];
  /** Where offsets are, plus 1 for those of functions. */
  readonly fields: readonly number[];
}

/** Place in a list of one of its members of the original program, whose seeds are small. */
function indexOf(list: readonly { readonly seed: number }[], random: SeededRandom): number {
  const known = list.filter(({ seed }) => seed < 1000).length;
  const chosen = random.below(known);
  return list.findIndex(({ seed }) => seed === chosen);
}

/** `entries` are the functions' places in the text. */
export function buildGoTypes({ types, functions }: GoProgram, entries: readonly number[]): GoTypes {
  const names = new ByteBuilder().u32(0, 0);
  const nameAt = types.map(({ seed }) => {
    const at = names.size;
    const name = `*main.Type${seed}`;
    names.u8(0, name.length).put(new TextEncoder().encode(name));
    return at;
  });
  names.align(8);
  const shapes = types.map(({ seed }) => {
    const { kind, size } = KINDS[seed % KINDS.length]!;
    const methods = kind === 25 || kind === 20 ? 1 + (seed % 3) : 0;
    const tail = kind === 25 ? 16 + 16 * methods : 8 * methods;
    return { kind, methods, size: size + (methods > 0 ? tail : 0), head: size };
  });
  const starts: number[] = [];
  let end = names.size;
  for (const { size } of shapes) {
    starts.push(end);
    end += size;
  }
  const out = new ByteBuilder().put(names.bytes());
  const fields: number[] = [];
  const put = (value: number, isFunction = false): void => {
    fields.push(out.size + (isFunction ? 1 : 0));
    out.u32(value);
  };
  types.forEach(({ seed, size }, i) => {
    const random = new SeededRandom(seed);
    const { kind, methods, head } = shapes[i]!;
    // Choices that stay the same when a type or function is inserted.
    const other = (): number => starts[indexOf(types, random)]!;
    const name = (): number => nameAt[indexOf(types, random)]!;
    const entry = (): number => entries[indexOf(functions, random)]!;
    out
      .u64(size, 0)
      .u32(random.u32())
      .u8(kind === 25 ? METHODS : 0, 8, 8, kind)
      .u64(0, 0);
    put(nameAt[i]!);
    put(random.oneIn(3) ? 0 : other());
    if (kind === 20) out.padTo(starts[i]! + 64).u64(methods);
    out.padTo(starts[i]! + head);
    if (kind === 20) {
      for (let j = 0; j < methods; j++) {
        put(name());
        put(other());
      }
    } else if (kind === 25) {
      put(name());
      out.u32(methods + 65536 * methods, 16, 0);
      for (let j = 0; j < methods; j++) {
        put(name());
        put(other());
        put(entry(), true);
        put(entry(), true);
      }
    }
  });
  return { bytes: out.bytes(), starts, fields };
}
