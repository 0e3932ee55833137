import { type Channel, channel } from 'node:diagnostics_channel';

/** Hears the path of each file that an app reads as its settings, so that `cortado dev` starts again for it. */
export const readFiles: Channel<unknown, unknown> = channel('cortado.settings.file');
