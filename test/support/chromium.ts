import { type Browser, chromium } from 'playwright-core';
import { findCommand, needDebian } from './debian.ts';

const find = (): string | undefined =>
  findCommand('chromium') ?? findCommand('chromium-browser') ?? findCommand('google-chrome');

/** Makes sure that there is a Chromium; returns why not, and throws so in CI. */
export function needChromium(): string | undefined {
  return needDebian(['chromium'], () => find() !== undefined);
}

/** Starts a headless Chromium that talks to nobody but the pages it is sent to. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: find()!,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
