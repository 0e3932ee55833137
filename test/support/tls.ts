import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (name: string): string => fileURLToPath(new URL(`tls/${name}`, import.meta.url));

/** A key and its certificate for localhost and 127.0.0.1, which nobody but these tests trusts. */
export const keyFile: string = file('key.pem');
export const certFile: string = file('cert.pem');

/** The same as options of a server. */
export const certificate = { key: readFileSync(keyFile), cert: readFileSync(certFile) };

/** Options of a client that trusts it. */
export const trusting = { ca: certificate.cert };
