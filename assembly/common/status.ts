// The status numbers that kernels return: twins of src/errors/status.ts (a test compares them).
export const OK: i32 = 0;
export const TRUNCATED: i32 = 4;
export const BAD_STREAM: i32 = 7;
export const BAD_CONTROL: i32 = 8;
export const BAD_CODER: i32 = 9;
