/** Bytes of a base64 text, in every runtime that has `atob`; Node's own way is taken where it is, since the first call is the only one. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === 'function') return Uint8Array.from(Buffer.from(text, 'base64'));
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
