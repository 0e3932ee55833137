// The thread of a part: answers each message as Cortado's does, after a transaction or after nothing.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

const { path } = workerData as { readonly path: string | undefined };
const row = [1, 'Ada Lovelace', 36];

function opened(file: string): () => unknown[] {
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = wal; pragma synchronous = normal');
  database.exec('create table users (id integer primary key, name text not null, age integer not null)');
  const insert = database.prepare('insert into users (name, age) values (?, ?) returning id, name, age');
  insert.setReturnArrays(true);
  return () => {
    database.exec('begin immediate');
    const made = insert.all('Ada Lovelace', 36)[0] as unknown as unknown[];
    database.exec('commit');
    return made;
  };
}

const work = path === undefined ? () => row : opened(path);
parentPort!.on('message', () =>
  parentPort!.postMessage({ kind: 'results', results: [{ kind: 'rows', values: work() }] }),
);
