import { isUint8Array } from 'node:util/types';
import { shown } from '../../../base/check-values.ts';
import { CortadoError } from '../../../base/error.ts';
import { jsonText } from '../../../base/json/plain-json.ts';
import type { PlannedMessages } from '../../../declare/socket/socket.ts';
import { checkedValue } from '../../../schema/checked-value.ts';
import { refused } from '../../../schema/library/zod-compiler.ts';
import { outputShortcut, outputValidator } from '../../../schema/output-validator.ts';
import { isSchema } from '../../../schema/standard.ts';
import { stringify } from '../../respond/json.ts';
import type { Leaving } from './frame.ts';

/** Makes what is sent of a message; a promise only where its schema validates asynchronously. */
export type MessageWriter = (message: unknown) => Leaving | Promise<Leaving>;

const what = 'the message';

/** @param owner For messages, `SOCKET /rooms/{room}`. */
export function messageWriter(owner: string, { frames: { text, bytes } }: PlannedMessages): MessageWriter {
  const wrong = (message: unknown): never => {
    const wanted = [text === 'text' && 'a text', bytes && 'bytes'].filter(Boolean).join(' or ');
    throw new CortadoError(
      'CORTADO_RESPONSE_INVALID',
      `${owner}: a message must be ${wanted}, not ${shown(message)}.${wanted === 'bytes' ? '' : " Declare what it sends, outgoing: 'json' or a schema."}`,
    );
  };
  if (text === undefined) return (message) => (isUint8Array(message) ? message : wrong(message));
  if (text === 'text')
    return (message) => (typeof message === 'string' || (bytes && isUint8Array(message)) ? message : wrong(message));
  const write = isSchema(text) ? checkedWriter(owner, text) : (message: unknown) => textOf(owner, message, message);
  return bytes ? (message) => (isUint8Array(message) ? message : write(message)) : write;
}

function checkedWriter(owner: string, schema: Parameters<typeof outputValidator>[0]): MessageWriter {
  // Made for the first message, so that an app of many sockets starts no later for it.
  let write: MessageWriter = (message) => {
    const validate = outputValidator(schema);
    const shortcut = outputShortcut(schema);
    write = (value) => {
      if (shortcut?.isWhole) {
        const fine = shortcut.parser(value);
        if (fine !== refused && shortcut.isWhole) return textOf(owner, fine, value);
      }
      const result = validate(value);
      return result instanceof Promise
        ? result.then((late) => textOf(owner, checkedValue(owner, what, late, value), value))
        : textOf(owner, checkedValue(owner, what, result, value), value);
    };
    return write(message);
  };
  return (message) => write(message);
}

function textOf(owner: string, value: unknown, given: unknown): string {
  return jsonText(`${owner}: ${what}`, value, given, stringify);
}
