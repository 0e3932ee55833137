/** One input that no app should have to fear, and what its client does. */
export interface BadInput {
  readonly kind: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly manner: 'reads' | 'stalls' | 'leaves' | 'ignores';
  /** Statuses from 500 on that the handler itself asks for. */
  readonly own: readonly number[];
}

const input = (name: string, text: string, manner: BadInput['manner'] = 'reads'): BadInput => ({
  kind: 'framing',
  name,
  bytes: Buffer.from(text, 'latin1'),
  manner,
  own: [],
});

/** A handful of bad inputs. */
export function corpus(_seed: number): readonly BadInput[] {
  return [
    input('no request', 'nonsense\r\n\r\n'),
    input('two lengths', 'POST /users HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}'),
    input('half a head', 'GET /items/1 HTTP/1.1\r\nho', 'stalls'),
    input('half a body', 'POST /users HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"name":', 'leaves'),
    input('bad JSON', 'POST /users HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1\r\n\r\n{'),
  ];
}
