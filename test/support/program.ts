import type { SeededRandom } from './seeded-random.js';

/** What a function does, the same on every machine. */
export type Instruction =
  /** Three to `count` instructions without a reference, told apart by `seed`. */
  | { readonly op: 'plain'; readonly seed: number; readonly count: number }
  | { readonly op: 'call' | 'address' | 'load'; readonly symbol: string }
  /** Conditional branch back to the function's first instruction. */
  | { readonly op: 'loop' };

export interface FunctionSpec {
  readonly name: string;
  readonly body: readonly Instruction[];
}

/** A word of data: a pointer to a symbol, perhaps signed, an import, or a number. */
export type DataWord =
  | { readonly pointer: string; readonly signed?: boolean }
  | { readonly import: number }
  | { readonly value: number };

export interface DataSpec {
  readonly name: string;
  readonly words: readonly DataWord[];
}

/** A program from which images of every format and machine can be made. The first functions are exported. */
export interface ProgramSpec {
  readonly functions: readonly FunctionSpec[];
  readonly data: readonly DataSpec[];
  readonly strings: readonly string[];
  readonly exportCount: number;
}

/** A program whose functions call each other and read data, whose data points at functions, data and nothing. */
export function randomProgram(random: SeededRandom, functionCount: number, dataCount: number): ProgramSpec {
  const functionNames = Array.from(
    { length: functionCount },
    (_, i) => `_fn_${i.toString(36)}_${random.below(999)}`,
  );
  const dataNames = Array.from({ length: dataCount }, (_, i) => `_data_${i}`);
  const pick = (names: readonly string[]): string => names[random.below(names.length)]!;
  const functions = functionNames.map((name): FunctionSpec => {
    const body: Instruction[] = [];
    for (let i = 2 + random.below(8); i > 0; i--) {
      body.push({ op: 'plain', seed: random.u32(), count: 1 + random.below(6) });
      const op = (['call', 'address', 'load', 'loop'] as const)[random.below(4)]!;
      if (op === 'loop') body.push({ op });
      else body.push({ op, symbol: pick(op === 'call' ? functionNames : dataNames) });
    }
    return { name, body };
  });
  const data = dataNames.map((name): DataSpec => {
    const words: DataWord[] = [];
    for (let i = 1 + random.below(6); i > 0; i--) {
      if (random.oneIn(4)) words.push({ value: random.below(1000) });
      else if (random.oneIn(6)) words.push({ import: random.below(3) });
      else
        words.push({ pointer: pick(random.oneIn(2) ? functionNames : dataNames), signed: random.oneIn(2) });
    }
    return { name, words };
  });
  const strings = Array.from({ length: functionCount }, (_, i) => `message ${i} of ${random.u32()}`);
  return { functions, data, strings, exportCount: Math.ceil(functionCount / 2) };
}

/** The program with another function in the middle, which the one before it calls: everything behind moves. */
export function withInsertedFunction(program: ProgramSpec, random: SeededRandom): ProgramSpec {
  const at = Math.floor(program.functions.length / 2);
  const inserted: FunctionSpec = {
    name: '_fn_inserted',
    body: [
      { op: 'plain', seed: random.u32(), count: 5 + random.below(20) },
      { op: 'call', symbol: program.functions[0]!.name },
      { op: 'address', symbol: program.data[0]!.name },
    ],
  };
  const before = program.functions[at - 1]!;
  const caller = { ...before, body: [...before.body, { op: 'call', symbol: inserted.name } as const] };
  const functions = [...program.functions.slice(0, at - 1), caller, inserted, ...program.functions.slice(at)];
  const strings = [
    ...program.strings.slice(0, at),
    'message of the inserted function',
    ...program.strings.slice(at),
  ];
  return { ...program, functions, strings };
}
