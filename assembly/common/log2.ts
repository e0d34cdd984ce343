/** log2(value) in 1/16, rounded down, for value >= 1: the mantissa is squared once per binary digit. */
export function log2Sixteenths(value: u32): u32 {
  const bits = 31 - <u32>clz<u32>(value);
  let mantissa: u64 = ((<u64>value) << 31) >>> bits;
  let result = bits;
  for (let i = 0; i < 4; i++) {
    mantissa = (mantissa * mantissa) >>> 31;
    const digit = <u32>(mantissa >>> 32);
    mantissa >>>= digit;
    result = (result << 1) | digit;
  }
  return result;
}
