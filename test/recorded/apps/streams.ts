import { z } from 'zod';
import { content, eventStream, redirect, ServerSentEvent } from '../../../src/index.ts';
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
};
