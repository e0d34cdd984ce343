import { ByteBuilder } from './byte-builder.js';
import { buildGoTable, type GoProgram } from './go-image-builder.js';
import { SeededRandom } from './seeded-random.js';

// Builds WebAssembly modules with the memory of a Go program: strings, pointers to them, Go's tables. The linker leaves out runs of zeros.

const LOW = 5000;
const LEAST_ZEROS = 8;

export function buildGoModule(program: GoProgram): Uint8Array<ArrayBuffer> {
  const module = new ByteBuilder().u32(0x6d736100, 1);
  // A section of code that nobody looks into.
  const code = new SeededRandom(program.functions.length).bytes(200);
  module.u8(10).uleb(code.length).put(code);
  const data = buildData(buildMemory(program));
  return module.u8(11).uleb(data.length).put(data).u8(0).uleb(3).text('a').u8(7).bytes();
}

function buildMemory(program: GoProgram): Uint8Array {
  const memory = new ByteBuilder().padTo(LOW);
  const strings: number[] = [];
  for (const { seed, size } of program.types) {
    strings.push(memory.size);
    memory.put(new SeededRandom(seed).bytes(size));
  }
  memory.align(32);
  for (const at of strings) memory.u64(at).u64(7);
  memory.align(32);
  return memory.put(buildGoTable(program, 0)).bytes();
}

/** Segments from one run of zeros to the next; the last ones first, as sections are not laid in the order of memory. */
function buildData(memory: Uint8Array): Uint8Array {
  const segments: { start: number; end: number }[] = [];
  let zeros = LEAST_ZEROS;
  memory.forEach((byte, at) => {
    if (byte === 0) {
      zeros++;
      return;
    }
    if (zeros >= LEAST_ZEROS) segments.push({ start: at, end: at + 1 });
    else segments.at(-1)!.end = at + 1;
    zeros = 0;
  });
  const middle = Math.floor(segments.length / 2);
  const data = new ByteBuilder().uleb(segments.length);
  for (const { start, end } of [...segments.slice(middle), ...segments.slice(0, middle)]) {
    data.u8(0, 0x41);
    sleb(data, start);
    data
      .u8(0x0b)
      .uleb(end - start)
      .put(memory.subarray(start, end));
  }
  return data.bytes();
}

function sleb(out: ByteBuilder, value: number): void {
  let rest = value;
  for (; rest >= 64; rest >>>= 7) out.u8((rest & 127) | 128);
  out.u8(rest);
}
