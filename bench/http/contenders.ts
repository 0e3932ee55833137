import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { peerVersion } from '../harness/peers.ts';
import type { ServerOptions } from '../harness/server-process.ts';

/** A server of the benchmark. */
export interface Contender {
  readonly name: string;
  readonly label: string;
  /** Whether it refuses invalid input, which is then checked. */
  readonly validates: boolean;
  readonly server: ServerOptions;
}

const servers = join(import.meta.dirname, 'servers');

function onNode(name: string, label: string, validates = true): Contender {
  return {
    name,
    label,
    validates,
    server: { name, program: process.execPath, args: [join(servers, `${name}.ts`)], probe: '/items/1' },
  };
}

/** All contenders that this machine can run; the first is the base of the ratios. */
export function contenders(): readonly Contender[] {
  const all = [
    onNode('bare', 'bare node:http', false),
    onNode('cortado', 'Cortado'),
    onNode('fastify-ajv', `Fastify ${peerVersion('fastify')}, Ajv`),
    onNode('fastify-zod', `Fastify ${peerVersion('fastify')}, Zod`),
    onNode('elysia', `Elysia ${peerVersion('elysia')} on Node`),
    onNode('hono', `Hono ${peerVersion('hono')}, Zod`),
    onNode('h3', `h3 ${peerVersion('h3')}, Zod`),
    onNode('express', `Express ${peerVersion('express')}, Zod`),
  ];
  const python = fastApi();
  return python === undefined ? all : [...all, python];
}

const versions =
  'import sys,fastapi,uvicorn,pydantic;print(fastapi.__version__,uvicorn.__version__,getattr(pydantic,"VERSION",""),".".join(map(str,sys.version_info[:2])))';

// Debian's python3-fastapi belongs to the system's Python, whatever `python3` means on the path.
function fastApi(): Contender | undefined {
  for (const program of ['/usr/bin/python3', 'python3']) {
    const { status, stdout } = spawnSync(program, ['-c', versions], { encoding: 'utf8' });
    if (status !== 0) continue;
    const [fastapi, uvicorn, , python] = stdout.trim().split(' ');
    const args = ['-m', 'uvicorn', 'fastapi_app:app', '--app-dir', servers, '--port', '$PORT', '--no-access-log'];
    return {
      name: 'fastapi',
      label: `FastAPI ${fastapi}, uvicorn ${uvicorn}, Python ${python}`,
      validates: true,
      server: { name: 'fastapi', program, args: [...args, '--log-level', 'warning'], probe: '/items/1' },
    };
  }
  return undefined;
}
