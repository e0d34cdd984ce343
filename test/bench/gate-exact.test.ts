import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  compareFigures,
  describeDifference,
  readBaseline,
  writeBaseline,
} from '../../bench/gate/exact-gate.js';

const all = () => true;

describe('exact figures against the baseline', () => {
  it('pass when equal', () => {
    expect(compareFigures({ a: 1, b: 2 }, { b: 2, a: 1 }, all)).toEqual([]);
  });

  it('fail by a single byte, more or less, and tell by how much', () => {
    const differences = compareFigures({ a: 1000, b: 50 }, { a: 1001, b: 49 }, all);
    expect(differences.map(describeDifference)).toEqual([
      'a: expected 1000, found 1001, 1 more (0.10 %)',
      'b: expected 50, found 49, 1 less (-2.00 %)',
    ]);
  });

  it('fail when a figure comes or goes', () => {
    expect(compareFigures({ a: 1 }, { b: 2 }, all).map(describeDifference)).toEqual([
      'a: expected 1, but it is no longer measured',
      'b: 2, not in the baseline',
    ]);
  });

  it('leave alone what was not measured in this run', () => {
    expect(
      compareFigures({ 'far, fast': 1, 'near, fast': 2 }, { 'near, fast': 2 }, (name) =>
        name.startsWith('near'),
      ),
    ).toEqual([]);
  });
});

describe('the baseline file', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deltakit-baseline-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is written sorted, and keeps what was not measured', () => {
    const file = join(folder, 'baseline.json');
    writeBaseline({ 'far, fast': 9, 'near, max': 1 }, all, file);
    writeBaseline({ 'near, fast': 3 }, (name) => name.startsWith('near'), file);
    expect(readBaseline(file)).toEqual({ 'far, fast': 9, 'near, fast': 3 });
    expect(Object.keys(readBaseline(file))).toEqual(['far, fast', 'near, fast']);
    expect(readFileSync(file, 'utf8').endsWith('}\n')).toBe(true);
  });

  it('of another schema is refused with advice', () => {
    const file = join(folder, 'baseline.json');
    writeFileSync(file, '{"schema":"other","schemaVersion":3,"figures":{}}');
    expect(() => readBaseline(file)).toThrow('expected deltakit-baseline 1, found other 3');
  });

  it('of this repository holds figures of every vector', () => {
    const names = Object.keys(readBaseline());
    expect(names.filter((name) => name.endsWith('default: patch bytes')).length).toBeGreaterThanOrEqual(8);
    expect(names.filter((name) => name.endsWith('.wasm: bytes'))).toHaveLength(4);
  });
});
