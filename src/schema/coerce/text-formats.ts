import { isIPv4, isIPv6 } from 'node:net';
import { type Format, type Formatted, refusal } from './format.ts';
import { type Words, wrongType } from './words.ts';

function readEmail(text: string): Formatted {
  const reason = emailFault(text);
  if (reason === undefined) return { text };
  return { type: 'value_error', msg: `value is not a valid email address: ${reason}`, ctx: { reason } };
}

function emailFault(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  if (at < 0) return 'An email address must have an @-sign.';
  if (at === 0) return 'There must be something before the @-sign.';
  if (at === text.length - 1) return 'There must be something after the @-sign.';
  if (!text.slice(at + 1).includes('.')) return 'The part after the @-sign is not valid. It should have a period.';
  return undefined;
}

function readUrl(text: string): Formatted {
  if (URL.canParse(text)) return { text };
  const error =
    text === ''
      ? 'input is empty'
      : /^[a-z][a-z\d+.-]*:/i.test(text)
        ? 'invalid international domain name'
        : 'relative URL without a base';
  return refusal('url_parsing', 'Input should be a valid URL', error);
}

const base64 = /^[\dA-Za-z+/]*={0,2}$/;
const base64Url = /^[\w-]*={0,2}$/;

// As Python's decoder sees it, for which all else is padding that is wrong.
function readBase64(text: string, alphabet: RegExp): Formatted {
  let digits = text.length;
  while (digits > 0 && text[digits - 1] === '=') digits--;
  const wrong = (error: string): Words => ({
    type: 'base64_decode',
    msg: `Base64 decoding error: '${error}'`,
    ctx: { error },
  });
  if (alphabet.test(text) && digits % 4 === 1)
    return wrong(
      `Invalid base64-encoded string: number of data characters (${digits}) cannot be 1 more than a multiple of 4`,
    );
  const isPadded = text.length % 4 === 0 || (alphabet === base64Url && text.length === digits);
  return alphabet.test(text) && isPadded ? { text } : wrong('Incorrect padding');
}

function ipFormat(type: string, what: string, isFine: (text: string) => boolean): Format {
  const wrong: Words = { type, msg: `Input is not a valid ${what}` };
  return { wrongType: wrong, read: (text) => (isFine(text) ? { text } : wrong) };
}

/** Whether a text is an address with the length of its network; `/32` may be left out. */
function isNetwork(isAddress: (text: string) => boolean, bits: number): (text: string) => boolean {
  return (text) => {
    const [address = '', length = '0', more] = text.split('/');
    return more === undefined && isAddress(address) && /^\d{1,3}$/.test(length) && Number(length) <= bits;
  };
}

/** Formats of addresses and of encoded bytes. */
export const textFormats: Readonly<Record<string, Format>> = {
  email: { wrongType: wrongType.string, read: readEmail },
  uri: { wrongType: { type: 'url_type', msg: 'URL input should be a string or URL' }, read: readUrl },
  ipv4: ipFormat('ip_v4_address', 'IPv4 address', isIPv4),
  ipv6: ipFormat('ip_v6_address', 'IPv6 address', isIPv6),
  cidrv4: ipFormat('ip_v4_network', 'IPv4 network', isNetwork(isIPv4, 32)),
  cidrv6: ipFormat('ip_v6_network', 'IPv6 network', isNetwork(isIPv6, 128)),
  base64: { wrongType: wrongType.string, read: (text) => readBase64(text, base64) },
  base64url: { wrongType: wrongType.string, read: (text) => readBase64(text, base64Url) },
};
