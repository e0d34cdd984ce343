// x86-64 code: the 32-bit distances of branches and of operands relative to the instruction pointer, mapped.
//
// The search goes through old byte by byte (x86-operands.ts) and jumps behind each distance that it accepts. Its
// place is carried from block to block of a span, so it does not depend on the slices; a new span starts LOOK_BACK
// bytes early, for an opcode that stands just before it.

import { oldBase } from './bases';
import { isExecutable, isMapped } from './image-facts';
import { CALL, CONDITIONAL, JUMP, RIP_OPERAND } from './kinds';
import { mapAddress, mappedHow } from './map-address';
import { NO_FIELD } from './moved-fields';
import { branchHow, mapBranch, mapCall } from './near-targets';
import { addReference, DISTANCE } from './reference-list';
import { oldAddressDelta, originOf, regionStart, spanDelta, spanEnd, spanStart } from './span';
import { operandAt, operandIsBranch, operandPrefix, operandReach } from './x86-operands';

const LOOK_BACK: u32 = 2;

/** Old offset of the next byte to look at. */
let nextByte: u32 = 0;

/** Starts a span at old offset `at`. */
export function startX86(at: u32): void {
  nextByte = at - regionStart > LOOK_BACK ? at - LOOK_BACK : regionStart;
}

export function predictX86(newStart: u32, newEnd: u32): void {
  const end = newEnd - spanDelta;
  let at = nextByte;
  while (at < end) {
    const operand = operandAt(at);
    if (operand == 0) {
      at++;
      continue;
    }
    const place = operand + spanDelta;
    // The next block looks at this opcode again when the distance starts there.
    if (operand >= end) break;
    if (place - spanStart < spanEnd - spanStart && place + 4 <= spanEnd && addOperand(newStart, place, at)) {
      at = operand + 4;
    } else at++;
  }
  nextByte = at;
}

/** Predicts the distance at `place` whose instruction was recognised at old offset `at`; false: no such target. */
function addOperand(newStart: u32, place: u32, at: u32): bool {
  const old = place - spanDelta;
  const behind = old + operandReach + oldAddressDelta;
  const target = behind + load<u32>(oldBase + <usize>old);
  let kind = RIP_OPERAND;
  if (operandIsBranch) {
    if (!isExecutable(target)) return false;
    const opcode = load<u8>(oldBase + <usize>at);
    kind = opcode == 0xe8 ? CALL : opcode == 0xe9 ? JUMP : CONDITIONAL;
  } else if (!isMapped(target)) return false;
  const origin = originOf(place + operandReach);
  let mapped: u32;
  if (kind == RIP_OPERAND) mapped = mapAddress(target);
  else if (kind == CALL) mapped = mapCall(target, behind, origin);
  else mapped = mapBranch(target, behind, origin);
  const how = kind == RIP_OPERAND ? mappedHow : branchHow;
  const predicted = <u64>(mapped - origin);
  const prefix = operandPrefix;
  addReference(newStart, place, 4, kind, how, DISTANCE, NO_FIELD, target, mapped, origin, prefix, predicted);
  return true;
}
