// Which bytes of x86-64 code are 32-bit distances to an address (Intel SDM volume 2, section 2.2.1.6 and the
// opcode maps of appendix A). No instruction is decoded in full; three shapes are looked for at every byte:
//
//   E8, E9           call, jmp rel32
//   0F 80..8F        jcc rel32
//   op ModRM         with mod = 00, rm = 101 (relative to the instruction pointer), where the byte before the
//                    ModRM is an opcode of the lists below; the distance counts from behind the immediate
//
// False shapes are few, because their "target" must also lie in the image (branches: in executable code).

import { oldBase } from './bases';

/** What the byte may begin. */
const NOTHING: u8 = 0;
const NEAR: u8 = 1;
const ESCAPE: u8 = 2;
const MODRM: u8 = 3;

const SHAPE: usize = memory.data(256, 16);
/** Bytes of immediate behind the operand of a one-byte opcode + 1, or 0 for no opcode with a ModRM. */
const IMMEDIATE: usize = memory.data(256, 16);

/** Length of opcode (and ModRM) before the distance just found. */
export let operandPrefix: u32 = 0;
/** Bytes from the distance's start to the end of the instruction. */
export let operandReach: u32 = 0;
/** Whether it is a branch rather than an operand in memory. */
export let operandIsBranch: bool = false;

/** Fills the tables; call once per instance. */
export function initOperands(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let shape = NOTHING;
    if (byte == 0xe8 || byte == 0xe9) shape = NEAR;
    else if (byte == 0x0f) shape = ESCAPE;
    else if ((byte & 0xc7) == 0x05) shape = MODRM;
    store<u8>(SHAPE + <usize>byte, shape);
    store<u8>(IMMEDIATE + <usize>byte, oneByteOpcode(byte));
  }
}

function oneByteOpcode(byte: u32): u8 {
  // Arithmetic of one byte (even opcodes), ADC and SBB with memory are rarer than the immediates they look like.
  if (byte == 0x38 || byte == 0x3a) return 1;
  if (byte < 0x40) return ((byte & 7) == 1 || (byte & 7) == 3) && (byte & 0xf0) != 0x10 ? 1 : 0;
  if (byte == 0x80 || byte == 0x83 || byte == 0xc6 || byte == 0xc0 || byte == 0xc1 || byte == 0x6b) return 2;
  if (byte == 0x81 || byte == 0xc7 || byte == 0x69) return 5;
  if (byte == 0x63 || (byte >= 0x84 && byte <= 0x8b) || byte == 0x8d) return 1;
  if ((byte >= 0xd0 && byte <= 0xd3) || byte == 0xf6 || byte == 0xf7 || byte == 0xfe || byte == 0xff)
    return 1;
  return 0;
}

/** Old offset of the distance that the byte at old offset `at` begins, or 0; the operand... variables say more. */
export function operandAt(at: u32): u32 {
  const byte = oldBase + <usize>at;
  const shape = load<u8>(SHAPE + <usize>load<u8>(byte));
  if (shape == NOTHING) return 0;
  if (shape == NEAR) {
    operandPrefix = 1;
    operandReach = 4;
    operandIsBranch = true;
    return at + 1;
  }
  if (shape == ESCAPE) {
    if ((load<u8>(byte, 1) & 0xf0) != 0x80) return 0;
    operandPrefix = 2;
    operandReach = 4;
    operandIsBranch = true;
    return at + 2;
  }
  const immediate = immediateSize(byte);
  if (immediate < 0) return 0;
  operandPrefix = 2;
  operandReach = 4 + <u32>immediate;
  operandIsBranch = false;
  return at + 1;
}

/** Bytes of immediate of the instruction whose ModRM stands at `modrm`, or -1 when no opcode stands before it. */
function immediateSize(modrm: usize): i32 {
  const opcode = <u32>load<u8>(modrm - 1);
  const before = <u32>load<u8>(modrm - 2);
  if (before == 0x0f) {
    // Vector operations have a prefix; 75 0F EB .. is a short jump over another.
    if ((opcode >= 0xd0 || (opcode & 0xf0) == 0x60) && !isVectorPrefix(<u32>load<u8>(modrm - 3))) return -1;
    return hasByteImmediate(opcode) ? 1 : 0;
  }
  if (load<u8>(modrm - 3) == 0x0f && (before == 0x38 || before == 0x3a)) return before == 0x3a ? 1 : 0;
  // VEX of two and three bytes, EVEX.
  if (load<u8>(modrm - 3) == 0xc5) return hasByteImmediate(opcode) ? 1 : 0;
  if (load<u8>(modrm - 4) == 0xc4) return (load<u8>(modrm - 3) & 31) == 3 || hasByteImmediate(opcode) ? 1 : 0;
  if (load<u8>(modrm - 5) == 0x62) return (load<u8>(modrm - 4) & 3) == 3 || hasByteImmediate(opcode) ? 1 : 0;
  const listed = load<u8>(IMMEDIATE + <usize>opcode);
  if (listed == 0) return -1;
  let size = <i32>listed - 1;
  // TEST r/m, imm shares F6 and F7 with operations that have no immediate.
  if ((opcode & 0xfe) == 0xf6 && (load<u8>(modrm) & 0x30) == 0) size = opcode == 0xf6 ? 1 : 4;
  // Operand size prefix: immediates of four bytes shrink to two.
  const prefix = (before & 0xf0) == 0x40 ? <u32>load<u8>(modrm - 3) : before;
  if (size == 4 && prefix == 0x66 && (before & 0xf8) != 0x48) size = 2;
  return size;
}

/** Operand size, REPNE, REP or REX. */
function isVectorPrefix(byte: u32): bool {
  return byte == 0x66 || (byte & 0xfe) == 0xf2 || (byte & 0xf0) == 0x40;
}

/** Opcodes of the 0F map with an immediate of one byte. */
function hasByteImmediate(opcode: u32): bool {
  return (
    (opcode >= 0x70 && opcode <= 0x73) ||
    opcode == 0xa4 ||
    opcode == 0xac ||
    opcode == 0xba ||
    opcode == 0xc2 ||
    (opcode >= 0xc4 && opcode <= 0xc6)
  );
}
