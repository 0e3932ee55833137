// What is said to PostgreSQL, as bytes (https://www.postgresql.org/docs/current/protocol-message-formats.html): all that one statement
// takes goes out in one write.

import { DatabaseError } from '../db-error.ts';

/** A statement to be sent. */
export interface Sending {
  /** A BEGIN that goes ahead of it: when that fails, PostgreSQL skips the statement. */
  readonly begin: string | undefined;
  readonly text: string;
  /** The name that it is prepared under, or `undefined`. */
  readonly name: string | undefined;
  /** Its values, as texts or bytes. */
  readonly values: readonly (string | Buffer | null)[];
  /** Whether PostgreSQL must still learn its text. */
  readonly parse: boolean;
  /** Whether PostgreSQL must tell what its rows look like. */
  readonly describe: boolean;
}

/** A statement without values, or several, whose text is all there is. */
export function simple(text: string): Buffer {
  end = 0;
  checkText(text);
  message('Q');
  addText(text);
  endMessage();
  return taken();
}

/** A statement with everything that PostgreSQL needs to run it once. */
export function extended({ begin, text, name = '', values, parse, describe }: Sending): Buffer {
  end = 0;
  if (begin !== undefined) {
    addParse('', begin);
    addBind('', []);
    addExecute();
  }
  if (parse) {
    checkText(text);
    addParse(name, text);
  }
  addBind(name, values);
  if (describe) {
    message('D');
    addBytes(portal);
    endMessage();
  }
  addExecute();
  message('S');
  endMessage();
  return taken();
}

const portal = Buffer.from('P\0');
const unlimited = Buffer.alloc(5);
// Bytes; a longer statement makes it longer, until that has been sent.
const usualLength = 16_384;
let buffer = Buffer.allocUnsafeSlow(usualLength);
let end = 0;
let start = 0;

function addParse(name: string, text: string): void {
  message('P');
  addText(name);
  addText(text);
  addShort(0);
  endMessage();
}

function addBind(name: string, values: Sending['values']): void {
  message('B');
  addText('');
  addText(name);
  addShort(values.length);
  for (const value of values) addShort(value instanceof Buffer ? 1 : 0);
  addShort(values.length);
  for (const value of values) addValue(value);
  addShort(0);
  endMessage();
}

function addExecute(): void {
  message('E');
  addBytes(unlimited);
  endMessage();
}

function addValue(value: string | Buffer | null): void {
  const at = end;
  addLong(value === null ? -1 : 0);
  if (value === null) return;
  if (typeof value === 'string') addString(value);
  else addBytes(value);
  buffer.writeInt32BE(end - at - 4, at);
}

function message(kind: string): void {
  room(5);
  buffer[end] = kind.charCodeAt(0);
  start = end + 1;
  end += 5;
}

// The length stands behind the kind, and counts itself.
function endMessage(): void {
  buffer.writeInt32BE(end - start, start);
}

// What stands behind a NUL would be taken for another part of the message.
function checkText(text: string): void {
  if (text.includes('\0'))
    throw new DatabaseError('CORTADO_DB_QUERY', 'A statement cannot hold a NUL character; values can be bound to it.');
}

function addText(text: string): void {
  addString(text);
  room(1);
  buffer[end++] = 0;
}

function addString(text: string): void {
  room(text.length < 1_000 ? text.length * 3 : Buffer.byteLength(text));
  end += buffer.write(text, end);
}

function addBytes(bytes: Buffer): void {
  room(bytes.length);
  buffer.set(bytes, end);
  end += bytes.length;
}

function addShort(value: number): void {
  room(2);
  buffer.writeUInt16BE(value, end);
  end += 2;
}

function addLong(value: number): void {
  room(4);
  buffer.writeInt32BE(value, end);
  end += 4;
}

function room(length: number): void {
  if (end + length <= buffer.length) return;
  const longer = Buffer.allocUnsafeSlow(Math.max(end + length, buffer.length * 2));
  buffer.copy(longer, 0, 0, end);
  buffer = longer;
}

function taken(): Buffer {
  const bytes = Buffer.from(buffer.subarray(0, end));
  if (buffer.length > usualLength) buffer = Buffer.allocUnsafeSlow(usualLength);
  return bytes;
}
