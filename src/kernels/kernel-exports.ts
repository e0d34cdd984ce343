/**
 * What the wasm modules export, one interface per kernel file in `assembly/`; a test checks that each
 * interface and its module name the same exports.
 */

export interface CommonExports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
}

export interface ApplyExports extends CommonExports {}

export interface DiffExports extends CommonExports {}
