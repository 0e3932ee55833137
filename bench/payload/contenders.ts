import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peerVersion } from '../harness/peers.ts';
import type { ServerOptions } from '../harness/server-process.ts';

/** A server of the benchmark. */
export interface Contender {
  readonly name: string;
  readonly label: string;
  /** Whether it refuses invalid input, which is then checked. */
  readonly validates: boolean;
  /** Whether its answers have to be those of `bare` byte by byte, and not only in what they say. */
  readonly isExact: boolean;
  readonly server: ServerOptions;
}

const servers = join(import.meta.dirname, 'servers');
const venvs = join(import.meta.dirname, '../node_modules/.fastapi');

function onNode(name: string, label: string, more: { file?: string; env?: Record<string, string> } = {}): Contender {
  const { file = name, env } = more;
  const args = ['--import', join(import.meta.dirname, 'tell-loop-delay.ts'), join(servers, `${file}.ts`)];
  const server = { name, program: process.execPath, args, probe: '/rows', ...(env && { env }) };
  return { name, label, validates: name !== 'bare', isExact: true, server };
}

/** All contenders that this machine can run; the first is the base of the ratios. `before` is an earlier checkout. */
export function contenders(before: string | undefined): readonly Contender[] {
  const zod = `Zod ${peerVersion('zod')}`;
  const fastify = `Fastify ${peerVersion('fastify')}`;
  return [
    onNode('bare', 'bare node:http, validates nothing'),
    onNode('cortado', `Cortado, ${zod}`),
    ...(before === undefined
      ? []
      : [onNode('before', 'Cortado, an earlier build', { file: 'cortado', env: { CHECKOUT: before } })]),
    onNode('cortado-arktype', 'Cortado, ArkType'),
    onNode('cortado-valibot', 'Cortado, Valibot'),
    onNode('fastify-ajv', `${fastify}, Ajv`),
    onNode('fastify-zod', `${fastify}, ${zod} with zod/compile`),
    onNode('h3', `h3 ${peerVersion('h3')}, ${zod}`),
    onNode('hono', `Hono ${peerVersion('hono')}, ${zod}`),
    onNode('elysia', `Elysia ${peerVersion('elysia')} on Node, ${zod}`),
    ...fastApis(),
  ];
}

// Debian's own is years old: these are installed beside the other peers, where the machine has Python with venv.
function fastApis(): readonly Contender[] {
  return ['0.142.2', ''].flatMap((wanted) => {
    const folder = join(venvs, wanted === '' ? 'newest' : wanted);
    const python = join(folder, 'bin/python3');
    const versions = 'import fastapi,pydantic,uvicorn;print(fastapi.__version__,pydantic.VERSION,uvicorn.__version__)';
    const ask = () => spawnSync(python, ['-c', versions], { encoding: 'utf8' });
    if (!existsSync(python) || ask().status !== 0) {
      const packages = [wanted === '' ? 'fastapi' : `fastapi==${wanted}`, 'uvicorn[standard]'];
      spawnSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' });
      spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'ignore' });
    }
    const { status, stdout } = ask();
    if (status !== 0) {
      console.error(`FastAPI ${wanted} cannot be installed here, and is left out.`);
      return [];
    }
    const [fastapi, pydantic, uvicorn] = stdout.trim().split(' ');
    const name = wanted === '' ? 'fastapi' : 'fastapi-recorded';
    const args = ['-m', 'uvicorn', 'fastapi_app:app', '--app-dir', servers, '--port', '$PORT', '--no-access-log'];
    return {
      name,
      label: `FastAPI ${fastapi}, Pydantic ${pydantic}, uvicorn ${uvicorn}`,
      validates: true,
      isExact: false,
      server: { name, program: python, args: [...args, '--log-level', 'warning'], probe: '/rows' },
    };
  });
}
