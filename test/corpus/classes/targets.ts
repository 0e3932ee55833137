import type { Random } from '../../support/random.ts';
import { encodedAtoms } from '../atoms.ts';
import { ask, type BadInput, raw } from '../bad-input.ts';

const kind = 'targets';

const targets: readonly string[] = [
  '*',
  '//',
  '///',
  '/\\',
  '/\\evil.example/',
  '//evil.example/items/1/',
  '/%2f%2fevil.example/',
  'items/1',
  'http://corpus/items/1',
  'http://other/items/1',
  'http://user:pass@corpus/items/1',
  'https://corpus:99999/bearer',
  'http://[/items/1',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '/items/1#fragment',
  '/items/1?',
  '/items/1??',
  '/items/1?#',
  '/items//1',
  '/items/1/',
  '/items/1//',
  '/items/./1',
  '/items/../bearer',
  '/items/%2e%2e/bearer',
  '/items/..%2fbearer',
  '/items/..;/bearer',
  '/items/1;a=b',
  '/ITEMS/1',
  '/%69tems/1',
  '/item%73/1',
  '/items%2f1',
  '/items/1%00',
  '/items/1%0d%0ax-injected:%201',
  '/bearer/',
  '/Bearer',
  '/%62earer',
  '/bearer%20',
  '/bearer%00',
  '/bearer?x',
  '/bearer;x',
  '/./bearer',
  '//bearer',
  '/docs/../bearer',
  '/docs/%2e%2e/%2e%2e/package.json',
  '/docs/..%5c..%5cpackage.json',
  '/docs/swagger-ui.css/../../../package.json',
  '/docs/.git/config',
  '/docs/%00',
  '/openapi.json/',
  '/openapi.json?a=%ff',
  '/tasks/',
  '/tasks//events',
  '/files/',
  '/files//',
  '/files/../../../etc/passwd',
  '/files/%2e%2e%2f%2e%2e%2fetc/passwd',
  '/files/..%c0%afetc',
  '/files/a%0d%0ax-injected:%201',
  '/files/\xff',
  '/items/\xff',
  '/items/"<>',
  '/items/{id}',
  '/items/:id',
  '/__proto__',
  '/constructor/prototype',
  '/items/__proto__',
  '/dates/1-2-3.json',
  '/dates/1-2-3',
  '/dates/---.',
  '/dates/1-2-3-4-5.6.7',
  '/dates/-.-.-.',
];

/** Where a request goes, and what stands in its path. */
export function requestTargets(random: Random): BadInput[] {
  const long = (text: string, length: number): string => text.repeat(Math.ceil(length / text.length)).slice(0, length);
  return [
    ...targets.flatMap((target, at) =>
      ['GET', 'POST'].map((method) =>
        raw(
          kind,
          `target ${at} by ${method}`,
          `${method} ${target} HTTP/1.1\r\nhost: corpus\r\nconnection: close\r\n\r\n`,
        ),
      ),
    ),
    ...['/dates/', '/items/', '/files/', '/', '/tasks/'].flatMap((start) =>
      ['-', '.', '-.', 'a', '/', '%2f', '%', '1-', '%41', '..', '{'].flatMap((text) =>
        [150, 2000, 12_000].map((length) =>
          ask(kind, `${length} of ${text} behind ${start}`, `${start}${long(text, length)}`, {}),
        ),
      ),
    ),
    ...encodedAtoms.flatMap(([name, text]) =>
      ['/items/', '/files/a/', '/dates/2024-', '/uuids/'].map((start) =>
        ask(kind, `${name} behind ${start}`, `${start}${text}`, {}),
      ),
    ),
    ...Array.from({ length: 40 }, (_, at) => {
      const parts = Array.from({ length: 1 + random.below(30) }, () =>
        random.pick([
          '/',
          '..',
          '%2e',
          '%2f',
          ';',
          '-',
          '.',
          'items',
          'bearer',
          'dates',
          '\\',
          '%00',
          '?',
          '&',
          '=',
          '%',
          '1',
        ]),
      );
      return ask(kind, `parts at random ${at}`, `/${parts.join('')}`, {});
    }),
  ];
}
