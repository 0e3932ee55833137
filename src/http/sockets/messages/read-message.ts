import type { PlannedMessages } from '../../../declare/socket/socket.ts';
import type { Issue } from '../../../schema/issues/issue.ts';
import { parseText } from '../../read/parse-json.ts';
import { HttpError } from '../../request/http-error.ts';

/** A message as it came: a text, or bytes. */
export type Arrived = string | Buffer;

/** Says that a message is none that the socket takes, and why. */
export class NotTaken {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

/** How messages are read. */
export interface MessageReader {
  /** Makes the value of a message. What is wrong with it is pushed to `issues`; a promise only where its schema validates asynchronously. */
  readonly read: (arrived: Arrived, issues: Issue[]) => unknown;
  /** Whether no function of the app runs for a message that is right. */
  readonly isPlain: () => boolean;
}

const loc = ['message'];

export function messageReader(messages: PlannedMessages): MessageReader {
  const read = readerOf(messages);
  const { field } = messages;
  if (field === undefined) return { read, isPlain: () => true };
  let isKnown = false;
  return {
    read: (arrived, issues) => {
      isKnown = true;
      return read(arrived, issues);
    },
    isPlain: () => isKnown && field.isPlain(),
  };
}

function readerOf({ frames, field }: PlannedMessages): MessageReader['read'] {
  const { text, bytes } = frames;
  const noBytes = new NotTaken(1003, 'Binary messages are not taken');
  const noText = new NotTaken(1003, 'Text messages are not taken');
  if (text === undefined) return (arrived) => (typeof arrived === 'string' ? noText : arrived);
  const ofBytes = (arrived: Buffer): unknown => (bytes ? arrived : noBytes);
  if (text === 'text') return (arrived) => (typeof arrived === 'string' ? arrived : ofBytes(arrived));
  const needs = { exactly: field?.hasBigints === true, shallow: field?.isRecursive === true };
  return (arrived, issues) => {
    if (typeof arrived !== 'string') return ofBytes(arrived);
    const parsed = parsedOf(arrived, needs);
    if ('issue' in parsed) {
      const { issue } = parsed;
      issues.push({ ...issue, loc: [...loc, ...issue.loc.slice(1)] });
      return undefined;
    }
    return field === undefined ? parsed.value : field.check(parsed.value, loc, issues, parsed.exact);
  };
}

function parsedOf(text: string, needs: Parameters<typeof parseText>[1]): ReturnType<typeof parseText> {
  try {
    return parseText(text, needs);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const reason = String(error.detail).replace(/^.*?: /, '');
    return {
      issue: { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {}, ctx: { error: reason } },
    };
  }
}
