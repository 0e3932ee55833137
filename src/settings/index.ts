import '../base/process/need-node.ts';

export type { SettingsOptions } from './settings.ts';
export { settings } from './settings.ts';
export { SettingsError, type WrongSetting } from './settings-error.ts';
