import { ByteBuilder } from './byte-builder.js';
import type { FunctionSpec, Instruction } from './program.js';
import { SeededRandom } from './seeded-random.js';

/** Address of a symbol. */
export type AddressOf = (symbol: string) => number;

interface Machine {
  /** Functions start at multiples of this. */
  readonly functionAlign: number;
  readonly padding: number;
  readonly prologue: (out: ByteBuilder) => void;
  readonly epilogue: (out: ByteBuilder) => void;
  readonly emit: (
    out: ByteBuilder,
    what: Instruction,
    place: number,
    start: number,
    addressOf: AddressOf,
  ) => void;
}

export type Arch = 'arm64' | 'x86-64';

export interface Code {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each function starts, in the order of the functions. */
  readonly starts: readonly number[];
}

/** Machine code of functions from address `base` on. */
export function assemble(
  arch: Arch,
  functions: readonly FunctionSpec[],
  base: number,
  addressOf: AddressOf,
): Code {
  const machine = MACHINES[arch];
  const out = new ByteBuilder();
  const starts = functions.map(({ body }) => {
    while (out.size % machine.functionAlign !== 0) out.u8(machine.padding);
    const start = out.size;
    machine.prologue(out);
    for (const what of body) machine.emit(out, what, base + out.size, base + start, addressOf);
    machine.epilogue(out);
    return start;
  });
  return { bytes: out.bytes(), starts };
}

const ARM64: Machine = {
  functionAlign: 4,
  padding: 0,
  // stp x29, x30, [sp, #-16]!
  prologue: (out) => out.u32(0xa9bf7bfd),
  // ldp x29, x30, [sp], #16; ret
  epilogue: (out) => out.u32(0xa8c17bfd, 0xd65f03c0),
  emit(out, what, place, start, addressOf) {
    switch (what.op) {
      case 'plain': {
        const random = new SeededRandom(what.seed);
        // add xd, xn, xm
        for (let i = 0; i < what.count; i++) {
          out.u32(0x8b000000 | (random.below(29) << 16) | (random.below(29) << 5) | random.below(29));
        }
        return;
      }
      case 'loop':
        // b.ne
        out.u32((0x54000001 | ((((start - place) / 4) & 0x7ffff) << 5)) >>> 0);
        return;
      case 'call':
        // bl
        out.u32((0x94000000 | (((addressOf(what.symbol) - place) / 4) & 0x3ffffff)) >>> 0);
        return;
      default: {
        const target = addressOf(what.symbol);
        const pages = Math.floor(target / 4096) - Math.floor(place / 4096);
        // adrp x8
        out.u32((0x90000008 | ((pages & 3) << 29) | (((pages >> 2) & 0x7ffff) << 5)) >>> 0);
        const low = target % 4096;
        // add x8, x8, #low | ldr x8, [x8, #low]
        out.u32((what.op === 'address' ? 0x91000108 | (low << 10) : 0xf9400108 | ((low / 8) << 10)) >>> 0);
      }
    }
  },
};

const X86: Machine = {
  functionAlign: 16,
  padding: 0x90,
  // push rbp; mov rbp, rsp
  prologue: (out) => out.u8(0x55, 0x48, 0x89, 0xe5),
  // pop rbp; ret
  epilogue: (out) => out.u8(0x5d, 0xc3),
  emit(out, what, place, start, addressOf) {
    switch (what.op) {
      case 'plain': {
        const random = new SeededRandom(what.seed);
        // mov between two 64-bit registers
        for (let i = 0; i < what.count; i++) out.u8(0x48, 0x89, 0xc0 | random.below(64));
        return;
      }
      case 'loop':
        // jne rel32
        out.u8(0x0f, 0x85).u32((start - (place + 6)) >>> 0);
        return;
      case 'call':
        // call rel32
        out.u8(0xe8).u32((addressOf(what.symbol) - (place + 5)) >>> 0);
        return;
      default:
        // lea rax, [rip + d] | mov rax, [rip + d]
        out
          .u8(0x48, what.op === 'address' ? 0x8d : 0x8b, 0x05)
          .u32((addressOf(what.symbol) - (place + 7)) >>> 0);
    }
  },
};

const MACHINES: Readonly<Record<Arch, Machine>> = { arm64: ARM64, 'x86-64': X86 };
