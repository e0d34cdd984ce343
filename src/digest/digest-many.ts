import { assertBytes } from '../errors/assert.js';
import { chooseEngine, createWith, type DigestOptions } from './digest.js';
import { hashManyWithKernel } from './kernel-digest-many.js';

/** SHA-256 of each message, in their order; where the kernels do it, four at a time. */
export function sha256Many(
  messages: readonly Uint8Array[],
  options: DigestOptions = {},
): Uint8Array<ArrayBuffer>[] {
  messages.forEach((message, i) => {
    assertBytes(message, `messages[${i}]`);
  });
  const size = messages.reduce((sum, message) => sum + message.length, 0);
  const engine = chooseEngine(options, size);
  if (engine.source === 'kernel') return hashManyWithKernel(engine.kernel, messages);
  return messages.map((message) => createWith(engine).update(message).digest());
}
