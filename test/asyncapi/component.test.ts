import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type Component, component } from '../../src/index.ts';
import { assertValid } from '../support/valid-async-api.ts';

const mail: Component<void> = {
  [component]: () => ({
    name: 'mail',
    channels: () => [
      {
        kind: 'mail',
        name: 'outbox',
        address: 'outbox/{tenant}',
        parameters: { tenant: 'Whose mail it is.' },
        sends: [{ name: 'mail', summary: 'A mail leaves', payload: { type: 'object', required: ['to'] } }],
        receives: [],
      },
    ],
  }),
};

test('a component of an app tells of channels of its own', async () => {
  const app = new App({ logger: false });
  app.use(mail);
  const document = app.asyncapi();
  await assertValid(document);
  assert.deepEqual(document.channels['mail_outbox'], {
    address: 'outbox/{tenant}',
    title: 'outbox',
    parameters: { tenant: { description: 'Whose mail it is.' } },
    messages: {
      mail: {
        name: 'mail',
        contentType: 'application/json',
        payload: { type: 'object', required: ['to'] },
        summary: 'A mail leaves',
      },
    },
    servers: [{ $ref: '#/servers/mail' }],
  });
  assert.deepEqual(Object.keys(document.operations), ['mail_outbox_send']);
});
