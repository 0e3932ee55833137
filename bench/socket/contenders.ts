import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peerVersion } from '../harness/peers.ts';
import type { ServerOptions } from '../harness/server-process.ts';
import type { Greeting } from './load-clients.ts';

/** How a server is spoken to. */
export interface Wire {
  readonly path: string;
  readonly greeting?: Greeting;
  /** What a message is wrapped in. */
  readonly wrap: (text: string) => string;
}

/** A server of the benchmark. */
export interface Contender {
  readonly name: string;
  readonly label: string;
  /** Whether it refuses a wrong message, which is then checked. */
  readonly validates: boolean;
  readonly isNode: boolean;
  readonly wire: Wire;
  readonly server: ServerOptions;
}

const servers = join(import.meta.dirname, 'servers');
const venv = join(import.meta.dirname, '../node_modules/.fastapi/sockets');
const plain: Wire = { path: '/ws', wrap: (text) => text };

// The packets of Engine.IO for a ping (2), a pong (3) and a message (4), of Socket.IO for a connection (0) and an event (2).
const socketIo: Wire = {
  path: '/ws/?EIO=4&transport=websocket',
  greeting: { text: '40', answer: '40', beat: { ping: '2', pong: '3' } },
  wrap: (text) => `42["said",${text}]`,
};

function onNode(name: string, label: string, more: { file?: string; wire?: Wire } = {}): Contender {
  const { file = name, wire = plain } = more;
  const args = ['--expose-gc', '--import', join(import.meta.dirname, 'tell-memory.ts'), join(servers, `${file}.ts`)];
  const validates = file !== 'bare';
  return { name, label, validates, isNode: true, wire, server: { name, program: process.execPath, args } };
}

/** All contenders that this machine can run; the first is the base of the ratios, and comes twice for the noise. */
export function contenders(): readonly Contender[] {
  const zod = `Zod ${peerVersion('zod')}`;
  const ws = `ws ${peerVersion('ws')}`;
  return [
    onNode('bare', `bare ${ws}, validates nothing`),
    onNode('bare-again', 'the same, again', { file: 'bare' }),
    onNode('cortado', `Cortado, ${zod}`),
    onNode('elysia', `Elysia ${peerVersion('elysia')} on Node (crossws ${peerVersion('crossws')})`),
    onNode('hono', `Hono ${peerVersion('hono')} on Node (node-server ${peerVersion('@hono/node-server')}), ${zod}`),
    onNode('socket-io', `Socket.IO ${peerVersion('socket.io')}, ${zod}`, { wire: socketIo }),
    ...fastApis(),
  ];
}

const packages = ['fastapi==0.142.2', 'uvicorn[standard]', 'websockets', 'wsproto'];

// Debian's own is years old: this one is installed beside the other peers, where the machine has Python with venv.
function fastApis(): readonly Contender[] {
  const python = join(venv, 'bin/python3');
  const ask =
    'import fastapi,uvicorn,websockets,wsproto;print(fastapi.__version__,uvicorn.__version__,websockets.__version__,wsproto.__version__)';
  const versions = () => spawnSync(python, ['-c', ask], { encoding: 'utf8' });
  if (!existsSync(python) || versions().status !== 0) {
    spawnSync('python3', ['-m', 'venv', venv], { stdio: 'ignore' });
    spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'ignore' });
  }
  const { status, stdout } = versions();
  if (status !== 0) {
    console.error('FastAPI cannot be installed here, and is left out.');
    return [];
  }
  const [fastapi, uvicorn, websockets, wsproto] = stdout.trim().split(' ');
  const more = [
    '--no-access-log',
    '--log-level',
    'warning',
    '--ws-ping-interval',
    '30',
    '--ws-per-message-deflate',
    'false',
  ];
  const served = (name: string, implementation: string, label: string): Contender => ({
    name,
    label: `FastAPI ${fastapi}, uvicorn ${uvicorn}, ${label}`,
    validates: true,
    isNode: false,
    wire: plain,
    server: {
      name,
      program: python,
      args: [
        '-m',
        'uvicorn',
        'fastapi_app:app',
        '--app-dir',
        servers,
        '--port',
        '$PORT',
        '--ws',
        implementation,
        ...more,
      ],
    },
  });
  return [
    served('fastapi', 'websockets-sansio', `websockets ${websockets}`),
    served('fastapi-wsproto', 'wsproto', `wsproto ${wsproto}`),
  ];
}
