import { describe, expect, test } from 'vitest';
import { drawSizeChart } from '../../bench/size-chart.js';
import { drawSpeedChart } from '../../bench/speed-chart.js';
import { LogAxis } from '../../bench/svg.js';
import { makePairResult, makeRun } from '../support/bench-run.js';
import { checkXml } from '../support/check-xml.js';

const pairs = makeRun().pairs;
const charts = [
  ['sizes', drawSizeChart],
  ['speed', drawSpeedChart],
] as const;

describe.each(charts)('the chart of %s', (_, draw) => {
  test('is well-formed, whatever the names are', () => {
    checkXml(draw(pairs));
    checkXml(draw([makePairResult('a <b> & "c"')]));
    checkXml(draw([]));
  });

  test('is the same each time', () => {
    expect(draw(pairs)).toBe(draw([...pairs]));
  });

  test('follows the scheme of the reader and can be read out', () => {
    expect(draw(pairs)).toContain('@media(prefers-color-scheme:dark)');
    expect(draw(pairs)).toMatch(/role="img">\n<title>[^<]+<\/title>/);
  });

  test('has no coordinate that is not a number', () => {
    expect(draw(pairs)).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test('the chart of sizes shows every tool, listed ones as such', () => {
  const chart = drawSizeChart(pairs);
  expect(chart).toContain('deltakit default: 40,000 bytes, 0.40 of bsdiff');
  expect(chart).toContain('hdiffz -m-1 (listed): 4,371 bytes');
  expect(chart).toContain('× 0.40');
});

test('the chart of speed shows both operations', () => {
  const chart = drawSpeedChart(pairs.slice(0, 1), 'Updates & more');
  expect(chart).toContain('Geometric means over 1 pair:');
  expect(chart).toContain('Updates &amp; more: bytes against time');
  expect(chart).toContain('deltakit default: 0.40 of the bytes, 0.13 of the time');
  expect(chart).toContain('deltakit default: 0.40 of the bytes, 0.50 of the time');
});

describe('the logarithmic axis', () => {
  test('encloses its values between round ticks', () => {
    const axis = new LogAxis([0.3, 7], 100, 300);
    expect(axis.ticks).toEqual([0.2, 0.5, 1, 2, 5, 10]);
    expect([axis.place(0.2), axis.place(10)]).toEqual([100, 300]);
    expect(axis.place(1) - axis.place(0.5)).toBeCloseTo(axis.place(4) - axis.place(2));
  });

  test('shows powers of ten alone over many decades', () => {
    expect(new LogAxis([0.001, 900], 0, 1).ticks).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
  });
});

describe('the checker of XML itself', () => {
  test.each([
    ['<a><b></a></b>', '</a> closes <b>'],
    ['<a>', '<a> is not closed'],
    ['<a/><b/>', '2 roots'],
    ['<a>1 & 2</a>', 'not escaped'],
    ['<a b="1" b="2"/>', 'repeats an attribute'],
    ['<a b=1/>', 'opens no element'],
  ])('%s is refused', (text, message) => {
    expect(() => checkXml(text)).toThrow(message);
  });
});
