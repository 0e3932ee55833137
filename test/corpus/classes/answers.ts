import { atoms } from '../atoms.ts';
import { ask, type BadInput, raw } from '../bad-input.ts';

/** Texts of clients that a handler passes on in a header, a cookie, a redirect, an event; and clients that misbehave while streams come. */
export function streams(): BadInput[] {
  const kind = 'streams';
  const own = { own: [500] };
  const get = (path: string, head = ''): string => `GET ${path} HTTP/1.1\r\nhost: corpus\r\n${head}\r\n`;
  const slow = { own: [504] };
  return [
    ...Object.entries(atoms).flatMap(([what, text]) => {
      const value = encodeURIComponent(text);
      return [
        ask(kind, `a header that is ${what}`, `/header?value=${value}`, {}, own),
        ask(kind, `a cookie named ${what}`, `/cookie?name=${value}&value=1`, {}, own),
        ask(kind, `a cookie that is ${what}`, `/cookie?name=a&value=${value}`, {}, own),
        ask(kind, `a redirect to ${what}`, `/moved?to=${value}`, {}, own),
        ask(kind, `an event with the id ${what}`, `/ticks?id=${value}`, {}, own),
        ask(kind, `an event named ${what}`, `/ticks?event=${value}`, {}, own),
        ask(kind, `an event of ${what}`, `/ticks?data=${value}`, {}),
        ask(kind, `a text of ${what}`, `/page?text=${value}`, {}),
      ];
    }),
    ...[
      '/export',
      '/lines?count=20000',
      '/lines?count=3',
      '/ticks',
      '/slow',
      '/openapi.json',
      '/docs',
      '/tasks/none/events',
    ].flatMap((path) => [
      raw(kind, `${path}, left at once`, get(path), { manner: 'leaves' }),
      raw(kind, `${path}, not read`, get(path), { manner: 'ignores' }),
      raw(kind, `${path} of HTTP/1.0`, `GET ${path} HTTP/1.0\r\n\r\n`, slow),
      raw(kind, `the head of ${path}`, `HEAD ${path} HTTP/1.1\r\nhost: corpus\r\n\r\n`, slow),
      raw(kind, `${path} for an upgrade`, get(path, 'upgrade: websocket\r\nconnection: upgrade\r\n'), {
        manner: 'stalls',
        ...slow,
      }),
      raw(kind, `${path} with trailers`, get(path, 'te: trailers, deflate;q=0.5\r\nconnection: te\r\n'), slow),
      raw(kind, `a part of ${path}`, get(path, 'range: bytes=5-3\r\n'), slow),
      raw(kind, `${path} ten times, left`, get(path).repeat(10), { manner: 'leaves' }),
      raw(kind, `${path} ten times, not read`, get(path).repeat(10), { manner: 'ignores' }),
      raw(kind, `${path} with a body that does not come`, get(path, 'content-length: 10\r\n'), {
        manner: 'stalls',
        ...slow,
      }),
    ]),
  ];
}
