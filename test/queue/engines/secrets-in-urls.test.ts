import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { shownUrl } from '../../../src/base/show/shown-url.ts';
import { hideSecrets } from '../../../src/cli/terminal/hide-secrets.ts';
import { database } from '../../../src/db/index.ts';
import { httpClient } from '../../../src/http-client/index.ts';
import { celery } from '../../../src/queue/celery/index.ts';
import { bullmq } from '../../../src/queue/engines/bullmq/index.ts';
import { rabbitUnreachable } from '../../../src/queue/engines/celery/brokers/amqp-connection.ts';
import { Queue } from '../../../src/queue/index.ts';
import { redisError } from '../../../src/redis/redis-connection.ts';
import { coded } from '../../support/coded.ts';

/** What stands after the scheme of a URL. */
const forms = [
  '//user:SECRET@host:1/0',
  '//:SECRET@host/0',
  '//user:SECRET@host',
  '//user:a/SECRET@host/0',
  '//user:1/SECRET@host/0',
  '//user:a@SECRET@host/0',
  '//user:a?SECRET@host/0',
  '//user:1?SECRET@host/0',
  '//user:1#SECRET@host/0',
  '//user:SECRET@host:port/0',
  '//user:x@host;amqp://user:SECRET@other/0',
  '//user:x@host;redis://:SECRET@other/0',
  '//:x@host,:SECRET@other/0',
  '//host/0?password=SECRET',
  '//host/0?backend=redis://:SECRET@other/0',
  '//host/0?backend=redis%3A%2F%2F%3ASECRET%40other%2F0',
  '//host/0?backend=redis://:x@host;redis://:SECRET@host/0',
];

const away = new Error('connect ECONNREFUSED 127.0.0.1:1');

/** What is said of a URL: a label, or the message of an error, with whatever hangs on it. */
const doors: Readonly<Record<string, (rest: string) => unknown>> = {
  'celery+redis': (rest) => celery({ url: `celery+redis:${rest}` }).label,
  'celery+amqp': (rest) => celery({ url: `celery+amqp:${rest}`, backend: 'redis://host/0' }).label,
  'celery+amqp with a backend': (rest) => celery({ url: 'celery+amqp://host', backend: `redis:${rest}` }).label,
  'celery+amqp, rpc': (rest) => celery({ url: `celery+amqp:${rest}`, backend: 'rpc://' }).label,
  'celery of no scheme': (rest) => celery({ url: `celery+x:${rest}` }).label,
  bullmq: (rest) => bullmq({ url: `redis:${rest}` }).label,
  queue: (rest) => new Queue({ engine: `odd:${rest}` }),
  postgres: (rest) => database({ url: `postgres:${rest}` })['~location'],
  sqlite: (rest) => database({ url: `sqlite:${rest}` })['~location'],
  'database of no scheme': (rest) => database({ url: `odd:${rest}` })['~location'],
  'httpClient, baseUrl': (rest) => httpClient({ baseUrl: `odd:${rest}` }),
  'Redis that is away': (rest) => redisError('QUEUE', `redis:${rest}`, away),
  'RabbitMQ that is away': (rest) => rabbitUnreachable(shownUrl(`amqp:${rest}`), away),
  'an error of somebody else': (rest) => hideSecrets(`cannot connect to amqp:${rest}`.replace(/\?.*/, ''), {}),
};

describe('no message about a URL tells its password', () => {
  for (const [door, say] of Object.entries(doors)) {
    test(door, () => {
      for (const rest of forms) {
        let said: unknown;
        try {
          said = say(rest);
        } catch (error) {
          said = error;
        }
        // The URL itself stands in a location, for whoever connects.
        if (typeof said === 'object' && said !== null && 'label' in said) said = said.label;
        const text = said instanceof Error ? `${said.message} ${inspect({ ...said })}` : String(said);
        assert.doesNotMatch(text, /SECRET/, `${door}: ${rest}`);
      }
    });
  }

  for (const url of ['celery+redis://:a@one;redis://:b@two/0', 'celery+amqp://a:b@one;amqp://c:d@two'])
    test(`${url.slice(0, 13)}: several servers are refused, with what to do`, () => {
      assert.throws(() => celery({ url, backend: 'redis://one/0' }), { code: 'CORTADO_QUEUE_URL' });
    });
  test('a password with a slash is refused, with what to do', () => {
    for (const [open, code] of [
      [() => celery({ url: 'celery+redis://u:1/2@host/0' }), 'CORTADO_QUEUE_URL'],
      [() => bullmq({ url: 'redis://u:1/2@host/0' }), 'CORTADO_QUEUE_URL'],
      [() => database({ url: 'postgres://u:1/2@host/0' }), 'CORTADO_DB_URL'],
    ] as const)
      assert.throws(open, coded(code, 'percent-encoded'));
  });
  test('a Redis URL that names no number of a database is refused', () => {
    assert.throws(() => celery({ url: 'celery+redis://host/web' }), coded('CORTADO_QUEUE_URL'));
  });
  test('host, port and path are shown', () => {
    assert.equal(celery({ url: 'celery+redis://u:p@host:7/3?queue=web' }).label, 'celery+redis://host:7/3');
    assert.equal(bullmq({ url: 'rediss://u:p@host' }).label, 'rediss://host');
  });
});
