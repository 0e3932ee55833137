import type { ReceivedEvent } from '../declare/route/media.ts';

/** The events of a stream that has ended, as the HTML standard reads it; data that is JSON as its value. */
export function readEvents(text: string): ReceivedEvent<unknown>[] {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const fields: Record<string, string[]> = {};
    for (const line of block.split(/\r?\n/)) {
      const [, name = '', value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name !== '') (fields[name] ??= []).push(value);
    }
    const { data, event, id, retry } = fields;
    if (data === undefined) return [];
    return {
      data: parsed(data.join('\n')),
      ...(event && { event: event.at(-1)! }),
      ...(id && { id: id.at(-1)! }),
      ...(retry && { retry: Number(retry.at(-1)) }),
    };
  });
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
