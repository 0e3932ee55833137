import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { content, eventStream, file, html, redirect, ServerSentEvent } from '../../../src/index.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type Chapter, text, tutorial } from './models.ts';

const Item = z.object({ name: text, description: text.nullable() });
const items = [
  { name: 'Plumbus', description: 'A multi-purpose household device.' },
  { name: 'Portal Gun', description: 'A portal opening device.' },
  { name: 'Meeseeks Box', description: 'A box that summons a Meeseeks.' },
];

export const serverSentEvents: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.get('/items/stream', { response: eventStream(Item) }, async function* () {
      yield* items;
    });
    app.get('/items/stream-no-async', { response: eventStream(Item) }, function* () {
      yield* items;
    });
    app.get('/items/stream-no-annotation', { response: eventStream() }, async function* () {
      yield* items;
    });
    app.get('/items/stream-no-async-no-annotation', { response: eventStream() }, () => items);
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    const logs = [
      '2025-01-01 INFO  Application started',
      '2025-01-01 DEBUG Connected to database',
      '2025-01-01 WARN  High memory usage detected',
    ];
    app.get('/logs/stream', { response: eventStream() }, async function* () {
      for (const rawData of logs) yield new ServerSentEvent({ rawData });
    });
    return app;
  },
  tutorial005: () => {
    const app = tutorial();
    const params = { prompt: z.object({ text }) };
    app.post('/chat/stream', { params, response: eventStream() }, async function* ({ prompt }) {
      for (const data of prompt.text.split(' ')) yield new ServerSentEvent({ data, event: 'token' });
      yield new ServerSentEvent({ rawData: '[DONE]', event: 'done' });
    });
    return app;
  },
};

const page = `
    <html>
        <head>
            <title>Some HTML in here</title>
        </head>
        <body>
            <h1>Look ma! HTML!</h1>
        </body>
    </html>
    `;

function foo(): ReturnType<Chapter[string]> {
  const app = tutorial();
  app.get('/items/', () => [{ item_id: 'Foo' }]);
  return app;
}

export const customResponse: Chapter = {
  tutorial001: foo,
  tutorial001b: foo,
  tutorial002: () => {
    const app = tutorial();
    app.get('/items/', { response: content('text/html') }, () => page);
    return app;
  },
  tutorial004: () => {
    const app = tutorial();
    app.get('/items/', () => new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } }));
    return app;
  },
  tutorial005: () => {
    const app = tutorial();
    app.get('/', { response: content('text/plain') }, () => 'Hello World');
    return app;
  },
  tutorial006c: () => {
    const app = tutorial();
    app.get('/pydantic', { status: 302 }, () => redirect('https://docs.pydantic.dev/', 302));
    return app;
  },
  tutorial008: () => {
    const app = tutorial();
    app.get('/', { response: content('video/mp4') }, async function* () {
      yield 'Fake ';
      yield Buffer.from('video bytes');
    });
    return app;
  },
  tutorial009b: () => {
    const app = tutorial();
    const folder = temporaryFolder('recorded');
    writeFileSync(join(folder, 'large-video-file.mp4'), 'Fake video bytes');
    app.get('/', () => file(join(folder, 'large-video-file.mp4')));
    return app;
  },
};

export const staticFiles: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const folder = temporaryFolder('recorded');
    writeFileSync(join(folder, 'sample.txt'), 'This is a sample static file.');
    app.static('/static', folder);
    return app;
  },
};

/** What an application's first request was answered with. */
function firstText(name: string): string {
  const cases = JSON.parse(readFileSync(new URL('../cases.json', import.meta.url), 'utf8')) as Record<
    string,
    readonly { readonly response: { readonly text: string } }[]
  >;
  return cases[name]![0]!.response.text;
}

/** The image as far as the recording shows it: what is no UTF-8 stands there as U+FFFD, and here as a byte that is none. */
function imageLines(): Buffer[] {
  const pieces = firstText('stream_data.tutorial002').split('\ufffd');
  const bytes = Buffer.concat(
    pieces.flatMap((piece, at) => (at === 0 ? [Buffer.from(piece)] : [Buffer.of(0xff), Buffer.from(piece)])),
  );
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf('\n', from);
    const to = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(from, to));
    from = to;
  }
  return lines;
}

export const streamData: Chapter = {
  tutorial002: () => {
    const app = tutorial();
    const lines = imageLines();
    const response = content('image/png');
    app.get('/image/stream', { response }, async function* () {
      yield* lines;
    });
    app.get('/image/stream-no-async', { response }, function* () {
      yield* lines;
    });
    app.get('/image/stream-no-async-yield-from', { response }, () => lines);
    app.get('/image/stream-no-annotation', { response }, async function* () {
      for (const line of lines) yield line;
    });
    app.get('/image/stream-no-async-no-annotation', { response }, () => Readable.from(lines));
    return app;
  },
};

// The pages from which a browser opens its socket. They are recorded whole.
export const websockets: Chapter = {
  tutorial002: () => {
    const app = tutorial();
    app.get('/', () => html(firstText('websockets_.tutorial002')));
    return app;
  },
  tutorial003: () => {
    const app = tutorial();
    app.get('/', () => html(firstText('websockets_.tutorial003')));
    return app;
  },
};
