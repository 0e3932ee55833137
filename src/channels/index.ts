import '../base/process/need-node.ts';

export type { Json } from '../base/json/json.ts';
export type { DatabaseLike } from '../db/database-like.ts';
export type { Feed, FeedEvent, FeedItem, FeedReset, Follower, Following } from '../declare/feed.ts';
export type { ChannelEvent, ChannelMember, PresenceChange, SubscribeOptions } from './channel.ts';
export { Channel } from './channel.ts';
export { Channels } from './channels.ts';
export type {
  ChannelEngine,
  ChannelHost,
  EventRetention,
  NewEvent,
  NewMember,
  OpenChannels,
  StoredEvent,
  StreamHead,
  StreamPage,
} from './contract/engine.ts';
export type { ChannelDeclaration, ChannelKey, ChannelOptions, ChannelParams } from './declare/channel-options.ts';
export type { ChannelEngineChoice, ChannelsOptions, ChannelsUse } from './declare/channels-options.ts';
