// The building blocks of bit models, exported from the diff module so that tests can hold each against its twin.
export { codeAdaptiveBit, probabilityOf, resetBits } from './adaptive-bit';
export { codeBit, coderOverran, restoreCoder, saveCoder } from './binary-coder';
export { codeNumber, numberCost } from './exp-golomb';
export {
  hashContext,
  hashedSlot,
  mixBit,
  resetWeights,
  setInput,
  squash,
  stretch,
} from './mixer';
export { refineSize, resetRefine } from './refine';
export { codeUniform } from './uniform-number';
