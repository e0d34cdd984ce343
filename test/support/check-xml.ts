const ENTITY = /&(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);/gi;
const TOKEN = /<\/([\w:-]+)\s*>|<([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|[^<]+|</g;

/**
 * Throws when a text is not well-formed XML: elements nest, attributes are quoted and unique, special characters are
 * escaped, there is one root. Comments, CDATA and declarations are refused too: the texts checked here have none.
 */
export function checkXml(text: string): void {
  const open: string[] = [];
  let roots = 0;
  for (const [token, closed, opened, attributes, slash] of text.matchAll(TOKEN)) {
    if (token === '<') throw new Error('a < that opens no element');
    if (closed !== undefined) {
      const expected = open.pop();
      if (expected !== closed) throw new Error(`</${closed}> closes <${expected}>`);
    } else if (opened !== undefined) {
      if (open.length === 0) roots++;
      checkAttributes(opened, attributes ?? '');
      if (slash !== '/') open.push(opened);
    } else {
      if (open.length === 0 && token.trim() !== '') throw new Error(`text outside the root: ${token}`);
      checkText(token);
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
  if (roots !== 1) throw new Error(`${roots} roots`);
}

function checkAttributes(element: string, attributes: string): void {
  const names = [...attributes.matchAll(/([\w:-]+)="/g)].map(([, name]) => name);
  if (new Set(names).size !== names.length) throw new Error(`<${element}> repeats an attribute`);
  checkText(attributes);
}

function checkText(text: string): void {
  if (text.replaceAll(ENTITY, '').includes('&')) throw new Error(`an & that is not escaped: ${text}`);
}
