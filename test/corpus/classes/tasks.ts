import { encodedAtoms } from '../atoms.ts';
import { ask, type BadInput, json } from '../bad-input.ts';

const kind = 'tasks';

const jobs: readonly string[] = [
  '{}',
  '{"n":"1"}',
  '{"n":1e400}',
  '{"n":1,"delay":-1}',
  '{"n":1,"delay":1e300}',
  '{"n":1,"delay":1e9}',
  '{"n":1,"delay":0.5}',
  '{"n":1,"priority":5000}',
  '{"n":1,"priority":1.5}',
  '{"n":1,"priority":-100}',
  '{"n":1,"unique":""}',
  '{"n":1,"unique":"\\u0000"}',
  '{"n":1,"unique":"\\ud800"}',
  '{"n":1,"unique":"a"}',
  '{"n":1,"unique":"a;b"}',
  '{"n":1,"secret":"\\u0000"}',
  '{"n":1,"secret":"\\ud800"}',
  '{"n":1,"secret":{"\\u0000":1}}',
  '{"n":1,"secret":{"toJSON":1}}',
  '{"n":1,"secret":{"__proto__":1}}',
  '{"n":1,"secret":9007199254740993}',
  '{"n":1,"secret":99999999999999999999999}',
  '{"n":1,"secret":-0}',
  `{"n":1,"secret":${'['.repeat(500)}${']'.repeat(500)}}`,
  `{"n":1,"secret":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  `{"n":1,"secret":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}`,
];

/** What is asked of the routes of tasks, and what tasks are made of. */
export function taskRoutes(): BadInput[] {
  return [
    ...encodedAtoms.flatMap(([what, text]) => [
      ask(kind, `the task ${what}`, `/tasks/${text}`, {}),
      ask(kind, `events of the task ${what}`, `/tasks/${text}/events`, {}),
      ask(kind, `cancelling the task ${what}`, `/tasks/${text}/cancel`, { method: 'POST' }),
      ask(kind, `another try of the task ${what}`, `/tasks/${text}/retry`, { method: 'POST' }),
      ask(kind, `tasks named ${what}`, `/tasks?name=${text}`, {}),
      ask(kind, `tasks of the queue ${what}`, `/tasks?queue=${text}`, {}),
      ask(kind, `tasks with the status ${what}`, `/tasks?status=${text}`, {}),
      ask(kind, `tasks up to ${what}`, `/tasks?limit=${text}`, {}),
    ]),
    ...jobs.map((text, at) => ask(kind, `a job ${at}`, '/work', { headers: [json], body: text })),
    ask(kind, 'a job with a secret of half a megabyte', '/work', {
      headers: [json],
      body: () => `{"n":1,"secret":"${'x'.repeat(500_000)}"}`,
    }),
    ask(kind, 'a job with a secret of many values', '/work', {
      headers: [json],
      body: () => `{"n":1,"secret":[${'1,'.repeat(200_000)}1]}`,
    }),
    ask(kind, 'many statuses', `/tasks?${'status=failed&'.repeat(900)}`, {}),
    ask(kind, 'a list by POST', '/tasks', { method: 'POST' }),
    ask(kind, 'the place of events that is none', '/tasks/a/events', { headers: [['last-event-id', '\x80']] }),
  ];
}
