import { checkOptions } from '../../base/check-options.ts';
import { choice, flag, object, objects, type Rules, string } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { ApiInfo, TagInfo } from '../../declare/route/api-info.ts';
import { checkExternal, checkServer } from './check-documented.ts';
import { checkExtras, documentMembers } from './check-extras.ts';

/** Of what an app says of its API as a whole. */
export const infoRules: Rules<ApiInfo> = {
  title: string,
  version: string,
  summary: string,
  description: string,
  termsOfService: string,
  contact: object,
  license: object,
  servers: objects,
  tags: objects,
  externalDocs: object,
  openapiVersion: choice('3.1.0', '3.2.0'),
  separateInputOutputSchemas: flag,
  openapi: object,
};

const contactRules = { name: string, url: string, email: string };
const licenseRules = { name: string, url: string, identifier: string };
const tagRules: Rules<TagInfo> = {
  name: string,
  description: string,
  externalDocs: object,
  summary: string,
  parent: string,
  kind: string,
};
const newTagMembers = ['summary', 'parent', 'kind'] as const;

/** Checks what an app says of its API as a whole, inside of each option. */
export function checkInfo(owner: string, info: ApiInfo): void {
  const { contact, license, servers = [], tags = [], externalDocs, openapiVersion = '3.1.0' } = info;
  if (contact !== undefined) checkOptions(`${owner}: contact`, contact, contactRules);
  if (license !== undefined) {
    checkOptions(`${owner}: license`, license, licenseRules);
    if (license.name === undefined) throw invalidOption(`${owner}: license needs its name.`);
    if (license.url !== undefined && license.identifier !== undefined)
      throw invalidOption(`${owner}: license has a url or an identifier, not both.`);
  }
  for (const server of servers) checkServer(owner, server);
  for (const tag of tags) {
    checkOptions(`${owner}: tags`, tag, tagRules);
    if (tag.name === undefined) throw invalidOption(`${owner}: each of tags needs its name.`);
    if (tag.externalDocs !== undefined) checkExternal(`${owner}: the tag "${tag.name}"`, tag.externalDocs);
    const unknown = newTagMembers.find((name) => tag[name] !== undefined);
    if (unknown !== undefined && openapiVersion === '3.1.0')
      throw invalidOption(`${owner}: the tag "${tag.name}" has ${unknown}, which needs openapiVersion: '3.2.0'.`);
  }
  if (externalDocs !== undefined) checkExternal(owner, externalDocs);
  checkExtras(owner, info.openapi, documentMembers);
}
