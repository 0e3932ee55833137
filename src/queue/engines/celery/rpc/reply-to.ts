import type { Signature } from '../../../contract/signature.ts';
import { decodeSignature, decodeSignatures, withOptions } from '../wire/signature.ts';

const composed = ['celery.chain', 'celery.group'];

/** The signature, and all that it is made of or leads to, with the queue that results go to. */
export function withReplyTo(signature: Signature, replyTo: string): Signature {
  const { kwargs, options } = signature;
  const parts = composed.includes(signature.task) ? { tasks: all(kwargs['tasks'], replyTo) } : {};
  const links = ['link', 'link_error'].filter((name) => options[name] !== undefined);
  const followed = Object.fromEntries(links.map((name) => [name, all(options[name], replyTo)]));
  return withOptions({ ...signature, kwargs: { ...kwargs, ...parts } }, { ...followed, reply_to: replyTo });
}

function all(value: unknown, replyTo: string): Signature[] {
  const single = decodeSignature(value);
  return (single === undefined ? decodeSignatures(value) : [single]).map((part) => withReplyTo(part, replyTo));
}
